//! A small world at one moment, copied as often as a test wants to try something in it.

use std::collections::BTreeSet;
use std::fs;
use std::ops::Deref;
use std::path::{Path, PathBuf};
use std::process::Command;

use super::{Agent, Hub};

/// An agent's repository, and the hub that it goes with.
pub struct Moment<'w> {
    agent: &'w Agent,
    hub: Option<&'w Hub>,
    copies: PathBuf,
}

/// The agent in a copy, which is removed when this is dropped.
pub struct Copy {
    agent: Agent,
    hub: Option<PathBuf>,
    dir: PathBuf,
}

impl<'w> Moment<'w> {
    /// The world as it stands now. A hub is reached by a URL that ends in its name.
    pub fn of(agent: &'w Agent, hub: Option<&'w Hub>) -> Self {
        let copies = agent.sandbox().join("copies");
        fs::create_dir_all(&copies).unwrap();
        let dirs = [
            Some(agent.path().join(".git")),
            hub.map(|hub| hub.path().into()),
        ];
        for dir in dirs.into_iter().flatten() {
            // Samples, which only take time to copy.
            let _ = fs::remove_dir_all(dir.join("hooks"));
        }
        Self { agent, hub, copies }
    }

    /// A copy of the world, whose name no other one has.
    #[track_caller]
    pub fn copy(&self, name: &str) -> Copy {
        let dir = self.copies.join(name);
        fs::create_dir(&dir).unwrap();
        let hub = self.hub.map(|hub| hub.path());
        let mut copying = Command::new("cp");
        copying.arg("-r").arg(self.agent.path()).args(hub).arg(&dir);
        assert!(copying.status().unwrap().success());
        let agent = dir.join(self.agent.path().file_name().unwrap());
        if let Some(hub) = self.hub {
            let old = format!("/{}", hub.name());
            let config = agent.join(".git/config");
            let text = fs::read_to_string(&config).unwrap();
            assert!(text.contains(&old), "{text}");
            fs::write(&config, text.replace(&old, &format!("/copies/{name}{old}"))).unwrap();
        }
        Copy {
            agent: self.agent.moved(agent),
            hub: self.hub.map(|hub| dir.join(hub.name())),
            dir,
        }
    }
}

impl Copy {
    /// Every file and directory of the repositories, by its path in the copy.
    pub fn files(&self) -> BTreeSet<PathBuf> {
        let all = below(&self.dir).into_iter();
        all.map(|file| file.strip_prefix(&self.dir).unwrap().to_owned())
            .collect()
    }

    /// The hub in it.
    pub fn hub(&self) -> Option<PathBuf> {
        self.hub.clone()
    }

    /// The repository that decides.
    pub fn authority(&self) -> PathBuf {
        self.hub().unwrap_or_else(|| self.path().into())
    }
}

impl Drop for Copy {
    fn drop(&mut self) {
        // What a failed test leaves goes with its sandbox.
        let _ = fs::remove_dir_all(&self.dir);
    }
}

impl Deref for Copy {
    type Target = Agent;

    fn deref(&self) -> &Agent {
        &self.agent
    }
}

fn below(dir: &Path) -> BTreeSet<PathBuf> {
    let mut found = BTreeSet::new();
    for entry in fs::read_dir(dir).into_iter().flatten().flatten() {
        if entry.file_type().is_ok_and(|kind| kind.is_dir()) {
            found.extend(below(&entry.path()));
        }
        found.insert(entry.path());
    }
    found
}
