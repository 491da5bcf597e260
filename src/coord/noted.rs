//! Which process of this machine is which session of a coding agent: its hooks note it, for all
//! that the agent starts and that is told nothing, such as an MCP server or a command of its shell.
//!
//! A note is a small file named after the process. It binds nobody: who is named by a variable, or
//! on the command line, is who is named there.

use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use crate::env::{self, Process};
use crate::model::id::Actor;

use super::local;

/// The directory of what the hooks of coding agents note.
pub(super) const DIR: &str = "agents";

/// Programs that stand between an agent and what it starts, by the beginnings of their names that
/// the kernel keeps.
const BETWEEN: &[&str] = &[
    "sh",
    "bash",
    "dash",
    "zsh",
    "fish",
    "ksh",
    "mksh",
    "ash",
    "busybox",
    "git",
    "git-coord",
    "env",
    "timeout",
    "nice",
    "nohup",
    "setsid",
    "stdbuf",
    "xargs",
    "sudo",
];

/// Who a process is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Noted {
    /// The agent and its session.
    pub actor: Actor,
    /// Which coding agent it is.
    pub program: String,
}

fn dir(coord_dir: &Path) -> PathBuf {
    coord_dir.join(DIR)
}

fn is_between(process: &Process) -> bool {
    // A login shell has a hyphen before its name.
    BETWEEN.contains(&process.name.trim_start_matches('-'))
}

/// The nearest process above this one of which something was noted, and what.
pub(super) fn above(coord_dir: &Path) -> Option<Noted> {
    let dir = dir(coord_dir);
    // Most clones have no such directory, and then nothing is looked for.
    if !dir.is_dir() {
        return None;
    }
    env::above().find_map(|process| read(&dir.join(process.mark())))
}

/// What was noted of the very agent that started this process.
pub(super) fn of_starter(coord_dir: &Path) -> Option<Noted> {
    let dir = dir(coord_dir);
    if !dir.is_dir() {
        return None;
    }
    read(&dir.join(starter()?.mark()))
}

/// The nearest process above this one that only an agent can be.
fn starter() -> Option<Process> {
    env::above().find(|process| !is_between(process))
}

fn read(file: &Path) -> Option<Noted> {
    local::load::<Option<Noted>>(file)
}

/// Notes that the agent which started this hook is this session. The latest note counts. Notes of
/// processes that are gone are removed on the way.
pub fn note(coord_dir: &Path, noted: &Noted) {
    let Some(agent) = starter() else {
        return;
    };
    let dir = dir(coord_dir);
    let file = dir.join(agent.mark());
    if read(&file).as_ref() == Some(noted) {
        return;
    }
    for old in marks(&dir) {
        if !is_running(&old) {
            let _ = std::fs::remove_file(&old);
        }
    }
    local::store(&file, &Some(noted));
}

/// Removes what was noted of a session that is over.
pub fn forget(coord_dir: &Path, actor: &Actor) {
    for file in marks(&dir(coord_dir)) {
        if read(&file).is_some_and(|noted| noted.actor == *actor) {
            let _ = std::fs::remove_file(&file);
        }
    }
}

/// The notes themselves, among what else is in the directory.
fn marks(dir: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(dir).into_iter().flatten().flatten();
    let files = entries.map(|entry| entry.path());
    files.filter(|file| mark_of(file).is_some()).collect()
}

fn mark_of(file: &Path) -> Option<(u32, u64)> {
    let (id, started) = file.file_name()?.to_str()?.split_once('-')?;
    Some((id.parse().ok()?, started.parse().ok()?))
}

fn is_running(file: &Path) -> bool {
    mark_of(file).is_some_and(|(id, started)| {
        env::process(id).is_some_and(|process| process.started == started)
    })
}
