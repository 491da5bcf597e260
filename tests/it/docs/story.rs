//! Documents as stories: people type commands at their prompts, and what is shown is what comes.
//!
//! A block ` ```console ` has lines such as `alice$ git coord lock src/` and below each its output.
//! Everybody has one shell that stays open; one that dies is a new one at the next prompt. A block
//! such as ` ```markdown alice/plan.md ` is a file, written below the root of the sandbox when the
//! story comes to it. Ids, times and lengths of time differ from run to run: they are compared as
//! placeholders, and so is the chart of a report, whose steps begin with the minute; an id that was shown may be typed later, as the one that stands for it.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use regex::{Captures, Regex};

use crate::support::placeholders::placeholders;
use crate::support::{Agent, Running, Sandbox};

/// An id as documents show it, and as the placeholders know it.
static ID: LazyLock<Regex> = LazyLock::new(|| Regex::new(r"\b[0-9a-f]{7,64}\b").unwrap());

/// Blanks that fill a column whose length of time is shorter or longer in another run.
static PADDING: LazyLock<Regex> = LazyLock::new(|| Regex::new(r" +\[duration\]").unwrap());

/// The bars of a report.
static BARS: LazyLock<Regex> =
    LazyLock::new(|| Regex::new(r"(?m)(^\d\d-\d\d \d\d:\d\d[^\n]*(\n|$))+").unwrap());

/// A story on its way.
pub struct Story<'s> {
    sandbox: &'s Sandbox,
    /// Seats somebody whose name is seen for the first time.
    seat: Box<dyn Fn(&str) -> Agent + 's>,
    shells: BTreeMap<String, Terminal>,
    /// The ids of this run, by those that the document shows.
    ids: BTreeMap<String, String>,
    /// How many commands were run.
    pub count: usize,
}

/// Somebody's shell.
struct Terminal {
    running: Running,
    /// How much of what it printed was seen.
    seen: usize,
    commands: usize,
    /// The exit code of the last command, for `$?`.
    last: i32,
}

impl<'s> Story<'s> {
    /// Prepares a story in a sandbox.
    pub fn new(sandbox: &'s Sandbox, seat: impl Fn(&str) -> Agent + 's) -> Self {
        Self {
            sandbox,
            seat: Box::new(seat),
            shells: BTreeMap::new(),
            ids: BTreeMap::new(),
            count: 0,
        }
    }

    /// Lives through a document and returns it as it happened: it is the same where nothing but ids
    /// and times differ.
    pub fn live(&mut self, text: &str) -> String {
        let mut told = String::new();
        let mut lines = text.lines().peekable();
        while let Some(line) = lines.next() {
            told.push_str(line);
            told.push('\n');
            let Some(kind) = line.strip_prefix("```").filter(|kind| !kind.is_empty()) else {
                continue;
            };
            let mut block = Vec::new();
            while let Some(line) = lines.next_if(|line| *line != "```") {
                block.push(line);
            }
            match kind.split_once(' ') {
                _ if kind == "console" => told.push_str(&self.block(&block)),
                Some((_, file)) if file.contains('/') => {
                    self.sandbox.write(file, &whole(&block));
                    told.push_str(&whole(&block));
                }
                _ => told.push_str(&whole(&block)),
            }
            // The end of the block.
            told.extend(lines.next());
            told.push('\n');
        }
        told
    }

    /// A text without what differs from run to run.
    fn plain(&self, text: &str) -> String {
        let text = placeholders(text, self.sandbox.path());
        let text = PADDING.replace_all(&text, " [duration]");
        BARS.replace_all(&text, "[bars]\n").into_owned()
    }

    fn block(&mut self, block: &[&str]) -> String {
        let mut told = String::new();
        let mut rest = block;
        while let Some((first, after)) = rest.split_first() {
            let (who, line) = prompt(first).expect("a block begins with a prompt");
            let end = after.iter().position(|line| prompt(line).is_some());
            let (shown, others) = after.split_at(end.unwrap_or(after.len()));
            rest = others;
            let (shown, came) = (whole(shown), self.run(who, line));
            told.push_str(first);
            told.push('\n');
            told.push_str(&self.compared(shown, came));
        }
        told
    }

    /// What a document shows, where nothing else came; else what came, with ids as it shows them.
    fn compared(&mut self, shown: String, came: String) -> String {
        let is_same = self.plain(&shown) == self.plain(&came);
        let pairs = ID.find_iter(&shown).zip(ID.find_iter(&came));
        let pairs: Vec<_> = pairs.map(|(a, b)| (a.as_str(), b.as_str())).collect();
        // The same id is shown for the same thing all along.
        let knows = |(shown, came): &(&str, &str)| {
            let found = self.ids.iter().find(|(a, b)| a == shown || b == came);
            found.is_none_or(|(a, b)| a == shown && b == came)
        };
        if is_same && pairs.iter().all(knows) {
            let pairs = pairs.iter().map(|(a, b)| ((*a).into(), (*b).into()));
            self.ids.extend(pairs);
            return shown;
        }
        let back = |found: &Captures<'_>| {
            let known = self.ids.iter().find(|(_, came)| **came == found[0]);
            known.map_or(found[0].to_owned(), |(shown, _)| shown.clone())
        };
        ID.replace_all(&came, back).into_owned()
    }

    /// What a command of somebody prints.
    fn run(&mut self, who: &str, line: &str) -> String {
        self.count += 1;
        let line = ID.replace_all(line, |found: &Captures<'_>| {
            let id = &found[0];
            self.ids.get(id).map_or(id, |id| id).to_owned()
        });
        // A program that goes on reading what is typed at this prompt.
        let shell = line.ends_with(" run -- sh").then_some(&*line);
        if shell.is_some() || !self.shells.contains_key(who) {
            let opened = Terminal::open(&(self.seat)(who), shell.unwrap_or("sh"));
            self.shells.insert(who.to_owned(), opened);
        }
        let terminal = self.shells.get_mut(who).unwrap();
        let command = if shell.is_some() { ":" } else { &*line };
        let (printed, is_open) = terminal.run(command);
        if !is_open {
            self.shells.remove(who);
        }
        printed
    }
}

impl Terminal {
    fn open(agent: &Agent, program: &str) -> Self {
        let script = format!("exec 2>&1; exec {program}");
        Self {
            running: agent.command("sh", ["-c", &script]).open_input().spawn(),
            seen: 0,
            commands: 0,
            last: 0,
        }
    }

    /// Returns what a command prints, and whether the shell is still there afterwards.
    fn run(&mut self, line: &str) -> (String, bool) {
        self.commands += 1;
        let end = format!(" was the end of {}]\n", self.commands);
        let typed = format!("(exit {})\n{line}\necho \"[$?{end}", self.last);
        self.running.tell(&format!("{}\"\n", typed.trim_end()));
        let is_open = self.running.prints(&end);
        let printed = self.running.stdout()[self.seen..].to_owned();
        self.seen += printed.len();
        let Some(before) = printed.strip_suffix(&end).filter(|_| is_open) else {
            return (printed, false);
        };
        let (printed, code) = before.rsplit_once('[').unwrap();
        self.last = code.parse().unwrap();
        (printed.to_owned(), true)
    }
}

/// Who types what in a line, if it is a prompt.
fn prompt(line: &str) -> Option<(&str, &str)> {
    let (who, line) = line.split_once("$ ")?;
    (!who.is_empty() && who.bytes().all(|byte| byte.is_ascii_lowercase())).then_some((who, line))
}

fn whole(lines: &[&str]) -> String {
    lines.iter().map(|line| format!("{line}\n")).collect()
}
