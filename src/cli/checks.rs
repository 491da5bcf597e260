//! Checks that run: on a terminal a bar for each, elsewhere a line when one begins and ends.

use std::collections::BTreeMap;
use std::io::IsTerminal;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use crate::env;
use crate::model::queue::Outcome;
use crate::model::text::shown;
use crate::model::time::span;
use crate::runner::{Ended, Event, Step, Watch};

use super::page::{Ink, Page};

/// Blocks of a whole bar.
const BAR: usize = 16;
/// Columns of a terminal that does not say how many it has.
const COLUMNS: usize = 80;
/// A run that takes longer than expected fills its bar to here, in percent: it is not over.
const LATE: u128 = 99;

/// Shows checks on the page.
pub(super) struct Checks<'p> {
    page: &'p Page,
    /// Whether lines are written over.
    is_live: bool,
    live: Mutex<Live>,
}

/// What stands below everything else on the terminal.
#[derive(Default)]
struct Live {
    rows: BTreeMap<usize, Row>,
    /// How many lines of it are on the terminal now.
    drawn: usize,
}

/// One run.
#[derive(Clone, Default)]
struct Row {
    what: String,
    doing: String,
    elapsed: Duration,
    expected: Option<Duration>,
}

impl<'p> Checks<'p> {
    pub(super) fn on(page: &'p Page) -> Self {
        let is_dumb = env::var("TERM").is_none_or(|term| term == "dumb");
        Self {
            page,
            is_live: std::io::stderr().is_terminal() && !is_dumb,
            live: Mutex::default(),
        }
    }

    /// Prints something else, above what is live.
    pub(super) fn over<T>(&self, print: impl FnOnce() -> T) -> T {
        let mut live = self.lock();
        self.erase(&mut live);
        let done = print();
        self.draw(&mut live);
        done
    }

    fn lock(&self) -> MutexGuard<'_, Live> {
        self.live.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn erase(&self, live: &mut Live) {
        if live.drawn > 0 {
            // Up to the first of them, and nothing from there on.
            self.page.live(&format!("\x1b[{}A\r\x1b[J", live.drawn));
            live.drawn = 0;
        }
    }

    fn draw(&self, live: &mut Live) {
        if !self.is_live || live.rows.is_empty() {
            return;
        }
        let columns = columns();
        let lines: Vec<String> = live
            .rows
            .values()
            .map(|row| line_of(row, columns))
            .collect();
        self.page.live(&lines.concat());
        live.drawn = lines.len();
    }

    /// A line that stays; programs that read JSON want none.
    fn say(&self, line: &str) {
        if !self.page.is_json {
            self.page.note(line);
        }
    }
}

impl Watch for Checks<'_> {
    fn told(&self, event: &Event<'_>) {
        let mut live = self.lock();
        self.erase(&mut live);
        let job = event.job;
        let row = live.rows.entry(event.slot).or_insert_with(|| Row {
            what: shown(&job.what),
            expected: job.expected,
            ..Row::default()
        });
        match event.step {
            Step::Preparing => row.doing = "checking out".into(),
            Step::Command {
                command,
                number,
                of,
            } => {
                let command = shown(command.lines().next().unwrap_or_default());
                let count = if of > 1 {
                    format!("{number}/{of} ")
                } else {
                    String::new()
                };
                row.doing = format!("{count}{command}");
                if !self.is_live {
                    let line = format!("{}: {}", row.what, row.doing);
                    self.say(&line);
                }
            }
            Step::Running { elapsed } => row.elapsed = elapsed,
            Step::Ended(ended) => {
                let line = end_of(self.page, &row.what, ended);
                live.rows.remove(&event.slot);
                if !self.page.is_json {
                    self.page.painted_note(&line);
                }
            }
            Step::GivenUp => {
                let line = format!("{}: given up", row.what);
                live.rows.remove(&event.slot);
                self.say(&line);
            }
        }
        self.draw(&mut live);
    }
}

/// How a run ended, as a line of its own.
fn end_of(page: &Page, what: &str, ended: &Ended) -> String {
    let took = took(Duration::from_millis(ended.millis));
    let log = shown(&ended.log.to_string_lossy());
    match ended.outcome {
        Outcome::Passed => format!("{what}: {} after {took}", page.err_ink(Ink::Good, "passed")),
        Outcome::Failed => {
            let code = match ended.exit {
                Some(code) => format!(" with exit code {code}"),
                None => " by a signal".into(),
            };
            let failed = page.err_ink(Ink::Bad, "failed");
            format!("{what}: {failed}{code} after {took}, see {log}")
        }
        Outcome::TimedOut => {
            let ended = page.err_ink(Ink::Bad, "took too long");
            format!("{what}: {ended}, ended after {took}, see {log}")
        }
    }
}

/// A run that goes on, as one line that does not wrap.
fn line_of(row: &Row, columns: usize) -> String {
    let (bar, time) = match row.expected.filter(|expected| !expected.is_zero()) {
        Some(expected) => {
            let percent = (row.elapsed.as_millis() * 100 / expected.as_millis().max(1)).min(LATE);
            let full = BAR * usize::try_from(percent).unwrap_or_default() / 100;
            let bar = format!("{}{}", "█".repeat(full), "░".repeat(BAR - full));
            (
                bar,
                format!("{} of about {}", took(row.elapsed), took(expected)),
            )
        }
        None => ("░".repeat(BAR), took(row.elapsed)),
    };
    let text = format!("{time}  {}: {}", row.what, row.doing);
    // The last column stays free: some terminals wrap when it is written.
    let mut left = columns.saturating_sub(BAR + 2);
    let fits = |c: &char| {
        // Whatever is not ASCII may be two columns wide.
        let width = if c.is_ascii() { 1 } else { 2 };
        let is_fitting = width <= left;
        left = left.saturating_sub(width);
        is_fitting
    };
    let text: String = text.chars().take_while(fits).collect();
    format!("{bar} {text}\n")
}

/// A length of time to the second: unlike an age, it is looked at while it grows.
fn took(time: Duration) -> String {
    match time.as_secs() {
        0 => format!("{}ms", time.as_millis()),
        secs @ 60..3600 => format!("{}m {:02}s", secs / 60, secs % 60),
        secs => span(secs),
    }
}

#[cfg(unix)]
fn columns() -> usize {
    let size = rustix::termios::tcgetwinsize(std::io::stderr());
    let columns = size.map_or(0, |size| usize::from(size.ws_col));
    if columns == 0 { COLUMNS } else { columns }
}

#[cfg(not(unix))]
fn columns() -> usize {
    COLUMNS
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::{Row, line_of};

    #[test]
    fn a_bar_fills_and_never_wraps() {
        let line = |elapsed, expected: Option<u64>, columns| {
            let row = Row {
                what: "one and two".into(),
                doing: "make test".into(),
                elapsed: Duration::from_millis(elapsed),
                expected: expected.map(Duration::from_secs),
            };
            line_of(&row, columns)
        };
        for (elapsed, expected, columns, wanted) in [
            (
                0,
                Some(120),
                80,
                "░░░░░░░░░░░░░░░░ 0ms of about 2m 00s  one and two: make test\n",
            ),
            (
                61_000,
                Some(120),
                80,
                "████████░░░░░░░░ 1m 01s of about 2m 00s  one and two: make test\n",
            ),
            (
                999_000,
                Some(2),
                80,
                "███████████████░ 16m 39s of about 2s  one and two: make test\n",
            ),
            (
                5_000,
                None,
                80,
                "░░░░░░░░░░░░░░░░ 5s  one and two: make test\n",
            ),
            (5_000, Some(0), 20, "░░░░░░░░░░░░░░░░ 5s\n"),
            (5_000, None, 0, "░░░░░░░░░░░░░░░░ \n"),
        ] {
            assert_eq!(line(elapsed, expected, columns), wanted);
        }
    }
}
