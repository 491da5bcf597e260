//! Timing whole processes against each other, in turn, so that a drifting machine hits both.

use std::process::Command;
use std::time::{Duration, Instant};

/// Times of one command, sorted.
pub struct Times(Vec<Duration>);

impl Times {
    pub fn of(mut times: Vec<Duration>) -> Self {
        times.sort();
        Self(times)
    }

    pub fn median(&self) -> Duration {
        self.0[self.0.len() / 2]
    }

    pub fn p95(&self) -> Duration {
        self.0[(self.0.len() - 1) * 95 / 100]
    }

    pub fn spread(&self) -> String {
        format!("{}–{}", ms(self.0[0]), ms(self.0[self.0.len() - 1]))
    }

    pub fn worst(&self) -> Duration {
        self.0[self.0.len() - 1]
    }
}

/// Milliseconds with as many digits as mean something.
pub fn ms(time: Duration) -> String {
    let ms = time.as_secs_f64() * 1e3;
    if ms < 10.0 {
        format!("{ms:.2}")
    } else {
        format!("{ms:.0}")
    }
}

/// Runs two commands in turn, `rounds` times after a warm-up of each.
///
/// # Panics
/// When one of them fails: a measurement of failures means nothing.
pub fn in_turn(
    rounds: usize,
    mut one: impl FnMut(usize) -> Command,
    mut other: impl FnMut(usize) -> Command,
) -> (Times, Times) {
    let mut times = (Vec::new(), Vec::new());
    for round in 0..=rounds {
        let first = once(&mut one(round));
        let second = once(&mut other(round));
        if round > 0 {
            times.0.push(first);
            times.1.push(second);
        }
    }
    (Times::of(times.0), Times::of(times.1))
}

/// The time of one run, from before its start until it is reaped.
pub fn once(command: &mut Command) -> Duration {
    command
        .stdin(std::process::Stdio::null())
        .stdout(std::process::Stdio::null());
    command.stderr(std::process::Stdio::piped());
    let start = Instant::now();
    let output = command.output().expect("the command starts");
    let time = start.elapsed();
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{command:?}: {said}");
    time
}

/// One line of the result.
pub struct Row {
    pub case: String,
    pub ours: String,
    pub theirs: String,
    pub figure: String,
    pub aim: String,
    pub is_reached: Option<bool>,
}

impl Row {
    /// Ours against theirs, with the ratio of the medians.
    pub fn ratio(case: &str, ours: &Times, theirs: &Times, most: f64) -> Self {
        let ratio = ours.median().as_secs_f64() / theirs.median().as_secs_f64();
        let shown = |times: &Times| format!("{} ({})", ms(times.median()), times.spread());
        Self {
            case: case.into(),
            ours: shown(ours),
            theirs: shown(theirs),
            figure: format!("{ratio:.2}x"),
            aim: format!("≤ {most:.2}x"),
            is_reached: Some(ratio <= most),
        }
    }

    /// A figure that stands for itself.
    pub fn figure(case: &str, figure: String, aim: &str, is_reached: Option<bool>) -> Self {
        Self {
            case: case.into(),
            ours: String::new(),
            theirs: String::new(),
            figure,
            aim: aim.into(),
            is_reached,
        }
    }

    pub fn print(&self) {
        let mark = match self.is_reached {
            Some(true) => "yes",
            Some(false) => "**no**",
            None => "",
        };
        let Self {
            case,
            ours,
            theirs,
            figure,
            aim,
            ..
        } = self;
        println!("| {case} | {ours} | {theirs} | {figure} | {aim} | {mark} |");
    }
}
