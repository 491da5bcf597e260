//! Which git the tests run with, and worlds that have another one.
//!
//! Everything runs with the git on the search path. For hooks that are settings `COORD_TEST_GIT`
//! may name the directory of a newer one. What it cannot do is not run, and a line on the terminal
//! says so, past the runner's capture: a test that skips itself in silence is not seen.

use std::env;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::thread;

use super::{Sandbox, Shell};

/// A version of git, such as `(2, 54)`.
pub type Version = (u32, u32);

/// The first git that runs hooks which are settings.
pub const CONFIG_HOOKS: Version = (2, 54);
/// The first git in which a setting switches all hooks of an event off.
pub const EVENT_SWITCHES: Version = (2, 55);
/// The first git that knows reftables.
const REFTABLE: Version = (2, 45);

impl Sandbox {
    /// A world whose git is that new: the one on the search path, or that of `COORD_TEST_GIT`.
    /// `None`, and said, when there is neither.
    pub fn with_git(since: Version) -> Option<Self> {
        if here() >= since {
            return Some(Self::new());
        }
        let named = env::var_os("COORD_TEST_GIT").map(PathBuf::from);
        let named = named.filter(|dir| version_of(&dir.join("git")) >= since);
        if named.is_none() {
            not_run(since);
        }
        Some(Self::new().finding(&named?))
    }

    /// A world whose git has no hooks that are settings, or at least says so.
    pub fn with_script_hooks() -> Self {
        let sandbox = Self::new();
        if here() < CONFIG_HOOKS {
            return sandbox;
        }
        let dir = pretending(&sandbox, "2.53.0");
        sandbox.finding(&dir)
    }
}

/// Whether the git on the search path knows these options of `git init`; if not, it is said that
/// something was not run.
pub fn knows(init: &[&str]) -> bool {
    let is_known = here() >= REFTABLE || !init.contains(&"--ref-format=reftable");
    if !is_known {
        not_run(REFTABLE);
    }
    is_known
}

/// The shell with a git that answers `version` as told, and is the real one otherwise.
pub fn as_git(shell: &Shell, version: &str) -> Shell {
    shell.finding(&pretending(shell, version))
}

/// Writes such a git and returns its directory.
fn pretending(shell: &Shell, version: &str) -> PathBuf {
    // The first that is none of these itself.
    let mut dirs = shell.path_dirs();
    let real = dirs.find(|dir| !dir.starts_with(shell.sandbox()) && dir.join("git").is_file());
    // A real git has its programs find itself before any other, so it must not start ours.
    let script = format!(
        "#!/bin/sh\nif [ \"$1\" = coord ]; then shift; exec git-coord \"$@\"; fi\nfor word; do\n  case $word in\n    version) echo 'git version {version}'; exit ;;\n    \
         -*|*=*) ;;\n    *) break ;;\n  esac\ndone\nexec {} \"$@\"\n",
        real.unwrap().join("git").display()
    );
    let dir = shell.sandbox().join(format!("git-{version}"));
    shell.clone().at(&dir).write_program("git", &script);
    dir
}

/// The version of the git on the search path.
fn here() -> Version {
    version_of(Path::new("git"))
}

fn version_of(program: &Path) -> Version {
    let answer = Command::new(program).arg("version").output();
    let text = answer.map(|answer| String::from_utf8(answer.stdout).unwrap());
    let text = text.unwrap_or_default();
    let mut numbers = text.trim_start_matches("git version ").split('.');
    let mut next = || numbers.next().and_then(|number| number.parse().ok());
    (next().unwrap_or_default(), next().unwrap_or_default())
}

fn not_run((major, minor): Version) {
    let test = thread::current();
    let test = test.name().unwrap_or("a test");
    let line = format!(
        "NOT RUN: {test} or a part of it, which needs git {major}.{minor}; this is {}.{}\n",
        here().0,
        here().1
    );
    // The runner captures what `eprint` prints, and shows it for failed tests only.
    let _ = std::io::stderr().write_all(line.as_bytes());
}
