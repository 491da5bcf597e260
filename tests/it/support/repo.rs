//! Repositories and the people in them.
//!
//! All three types are shells in their directory (`Deref`), so `agent.git([...])` and
//! `hub.git([...])` read the same. The types differ in what makes sense to ask of them.

use std::ops::Deref;
use std::path::PathBuf;

use super::Shell;

/// The first commit of every repository, with a fixed date so that its id never changes.
const FIRST_COMMIT: &str = "\
commit refs/heads/main
committer Rig <rig@example.invalid> 1700000000 +0000
data <<.
A first commit
.
M 100644 inline README.md
data <<.
# Project
.
M 100644 inline docs/guide.md
data <<.
A guide.
.
M 100644 inline src/a.rs
data <<.
fn a() {}
.
M 100644 inline src/auth.rs
data <<.
fn auth() {}
.
M 100644 inline src/b.rs
data <<.
fn b() {}
.
";

/// A repository with a work tree, used by nobody in particular.
#[derive(Clone, Debug)]
pub struct Repo(Shell);

/// A bare repository that clones share, as on a git host.
#[derive(Clone, Debug)]
pub struct Hub(Shell);

/// An agent in one session at one work tree.
#[derive(Clone, Debug)]
pub struct Agent {
    shell: Shell,
    name: String,
}

impl Repo {
    /// Makes `name` below the sandbox's root; `Sandbox::repo` is the short way.
    #[track_caller]
    pub fn init(shell: &Shell, name: &str, options: &[&str]) -> Self {
        let shell = first_commit(shell, name, options);
        shell.git(["reset", "--quiet", "--hard"]).ok();
        Self(shell)
    }

    /// Seats an agent in this work tree, in session `s1`.
    pub fn agent(&self, name: &str) -> Agent {
        Agent::at(self.0.clone(), name)
    }
}

impl Hub {
    /// Makes `name.git` below the sandbox's root; `Sandbox::bare` is the short way.
    #[track_caller]
    pub fn init(shell: &Shell, name: &str, options: &[&str]) -> Self {
        let options = [&["--bare"], options].concat();
        Self(first_commit(shell, &format!("{name}.git"), &options))
    }

    /// The directory's name below the sandbox's root, which servers serve it under.
    pub fn name(&self) -> &str {
        self.path().file_name().unwrap().to_str().unwrap()
    }

    /// Clones by path. A server's `clone_as` goes through that server.
    #[track_caller]
    pub fn clone_as(&self, agent: &str) -> Agent {
        Agent::cloned(self, agent, self.path().to_str().unwrap(), &[])
    }
}

impl Agent {
    /// Seats `name` in a shell's directory.
    fn at(shell: Shell, name: &str) -> Self {
        let shell = shell.with("COORD_AGENT", name).with("COORD_SESSION", "s1");
        Self {
            shell,
            name: name.to_owned(),
        }
    }

    /// Clones `url` into a directory named after the agent, keeping `config` in the clone.
    #[track_caller]
    pub fn cloned(hub: &Hub, name: &str, url: &str, config: &[String]) -> Self {
        let root = hub.0.clone().at(hub.sandbox());
        let mut args = vec!["clone", "--quiet"];
        for setting in config {
            args.extend(["--config", setting]);
        }
        args.extend(["--", url, name]);
        root.git(args).ok();
        let dir = root.path().join(name);
        Self::at(root.at(dir), name)
    }

    /// The same agent in the same work tree, in another session.
    pub fn session(&self, session: &str) -> Self {
        Self {
            shell: self.shell.clone().with("COORD_SESSION", session),
            name: self.name.clone(),
        }
    }

    /// Another agent in the same work tree.
    pub fn beside(&self, name: &str) -> Self {
        Self::at(self.shell.clone(), name)
    }

    /// The same agent and session in a new work tree of this clone, on a new branch `branch`.
    #[track_caller]
    pub fn worktree(&self, branch: &str) -> Self {
        let dir = self.sandbox().join(format!("{}-{branch}", self.name));
        let place = dir.to_str().unwrap();
        self.git(["worktree", "add", "--quiet", "-b", branch, place])
            .ok();
        Self {
            shell: self.shell.clone().at(dir),
            name: self.name.clone(),
        }
    }

    /// The same agent and session in another directory, such as a copy of this one.
    pub fn moved(&self, dir: PathBuf) -> Self {
        Self {
            shell: self.shell.clone().at(dir),
            name: self.name.clone(),
        }
    }

    /// The same agent with one more variable.
    pub fn with_var(&self, name: &str, value: &str) -> Self {
        Self {
            shell: self.shell.clone().with(name, value),
            name: self.name.clone(),
        }
    }

    /// The same agent, who finds programs of this directory first.
    pub fn finding_programs(&self, dir: &std::path::Path) -> Self {
        Self {
            shell: self.shell.finding(dir),
            name: self.name.clone(),
        }
    }

    /// What the agent is called.
    pub fn name(&self) -> &str {
        &self.name
    }
}

/// Makes a repository whose `main` is the first commit.
///
/// It is imported and not committed, so that a bare repository is made in the same way.
#[track_caller]
fn first_commit(shell: &Shell, name: &str, options: &[&str]) -> Shell {
    let init = [&["init", "--quiet"], options, &["--", name]].concat();
    shell.git(init).ok();
    let made = shell.clone().at(shell.sandbox().join(name));
    made.command("git", ["fast-import", "--quiet"])
        .input(FIRST_COMMIT)
        .run()
        .ok();
    made
}

impl Deref for Repo {
    type Target = Shell;

    fn deref(&self) -> &Shell {
        &self.0
    }
}

impl Deref for Hub {
    type Target = Shell;

    fn deref(&self) -> &Shell {
        &self.0
    }
}

impl Deref for Agent {
    type Target = Shell;

    fn deref(&self) -> &Shell {
        &self.shell
    }
}
