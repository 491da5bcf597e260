//! The room of checks: real processes in real working trees, judged by what they leave.

mod commits;
mod limits;
mod notes;
mod pool;
mod program;
mod said;

use std::fs::{self, File, OpenOptions};
use std::io::Read;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use serde_json::{Value, json};

use crate::support::wait::until;
use crate::support::{Agent, Invocation, Outcome, Running, Sandbox, Shell};

/// What a runner is asked to do, and what is to be seen of it.
struct Check {
    ask: Value,
    shell: Shell,
}

/// Alice in a repository of her own.
fn alice(sandbox: &Sandbox) -> Agent {
    sandbox.repo("project").agent("alice")
}

impl Check {
    /// A check of what is checked out here, by these commands.
    #[track_caller]
    fn of(shell: &Shell, commands: &[&str]) -> Self {
        let head = shell.ask_git(["rev-parse", "HEAD"]);
        Self::at(shell, &head, commands)
    }

    /// A check of a commit.
    fn at(shell: &Shell, commit: &str, commands: &[&str]) -> Self {
        Self {
            ask: json!({"commit": commit, "tip": commit, "given": commands}),
            shell: shell.clone(),
        }
    }

    /// The commit that the target branch has, which says what is run.
    fn for_target(mut self, tip: &str) -> Self {
        self.ask["tip"] = tip.into();
        self
    }

    /// Given up as soon as this file is there.
    fn until(mut self, stop: &Path) -> Self {
        self.ask["stop"] = stop.to_str().into();
        self
    }

    /// The program that runs it.
    fn prepared(&self) -> Invocation {
        program::prepared(&self.shell, &self.ask)
    }

    /// Starts it in the background.
    fn spawn(&self) -> Running {
        self.prepared().spawn()
    }

    /// Runs it to its end.
    #[track_caller]
    fn run(&self) -> Value {
        told(&self.prepared().run())
    }

    /// Runs it, and asserts how it ended.
    #[track_caller]
    fn ends(&self, outcome: &str) -> Value {
        let told = self.run();
        assert_eq!(told["outcome"], outcome, "{told:#}");
        told
    }

    /// Runs it, and asserts that it was not run at all, for a reason with this text.
    #[track_caller]
    fn refused(&self, text: &str) {
        let told = self.run();
        let trouble = told["trouble"].as_str().unwrap_or_default();
        assert!(trouble.contains(text), "{told:#}");
    }
}

/// What the program said of its run.
#[track_caller]
fn told(outcome: &Outcome) -> Value {
    let line = outcome
        .stdout
        .lines()
        .find_map(|line| line.strip_prefix(program::SAID));
    match line {
        Some(line) => serde_json::from_str(line).unwrap(),
        None => panic!("the runner said nothing:\n{outcome}"),
    }
}

/// What the log of a run has.
fn log_of(told: &Value) -> String {
    fs::read_to_string(told["log"].as_str().unwrap()).unwrap()
}

/// A pipe with a name. Who lives shows by holding it open, and says so by writing into it.
struct Pulse {
    path: PathBuf,
    file: File,
    heard: String,
}

impl Pulse {
    #[track_caller]
    fn new(shell: &Shell, name: &str) -> Self {
        let path = shell.sandbox().join(name);
        shell.command("mkfifo", [&path]).run().ok();
        let nonblock = rustix::fs::OFlags::NONBLOCK.bits() as i32;
        let file = OpenOptions::new()
            .read(true)
            .custom_flags(nonblock)
            .open(&path)
            .unwrap();
        Self {
            path,
            file,
            heard: String::new(),
        }
    }

    fn path(&self) -> &str {
        self.path.to_str().unwrap()
    }

    /// Waits until somebody has written this.
    #[track_caller]
    fn hears(&mut self, text: &str) {
        until(&format!("{text:?} in {}", self.path()), || {
            self.read();
            self.heard.contains(text).then_some(())
        });
    }

    /// Whether nobody holds it open.
    fn is_dead(&mut self) -> bool {
        self.read()
    }

    /// Waits until nobody holds it open.
    #[track_caller]
    fn dies(&mut self) {
        until(&format!("nobody has {}", self.path()), || {
            self.read().then_some(())
        });
    }

    fn read(&mut self) -> bool {
        let mut bytes = Vec::new();
        let end = self.file.read_to_end(&mut bytes);
        self.heard.push_str(&String::from_utf8(bytes).unwrap());
        end.is_ok()
    }
}
