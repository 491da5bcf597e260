//! A temporary directory that is a whole small world: a home, repositories, nothing else.

use std::fs;
use std::ops::Deref;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use tempfile::TempDir;

use super::{Hub, Repo, Shell};

/// The user's git configuration in every sandbox.
///
/// Git's housekeeping stays on, as it is for every user, but in the foreground: a background
/// process would race with the removal of the sandbox.
const GITCONFIG: &str = "\
[user]
\tname = Rig
\temail = rig@example.invalid
[init]
\tdefaultBranch = main
[gc]
\tautoDetach = false
[maintenance]
\tautoDetach = false
";

/// A new home and a place for repositories.
pub struct Sandbox(Shell);

/// The directory of a sandbox. It is removed when nothing that runs in it is left: neither the
/// `Sandbox` nor any shell, repository, agent or running program.
#[derive(Debug)]
pub struct World {
    root: PathBuf,
    _dir: TempDir,
}

impl Sandbox {
    /// Makes an empty world.
    pub fn new() -> Self {
        // The name is short because a Unix socket's path ends at about 100 bytes.
        let dir = tempfile::Builder::new().prefix("rig-").tempdir().unwrap();
        // The real path, so that what git prints can be recognised and replaced.
        let root = dir.path().canonicalize().unwrap();
        for below in ["home", "tmp"] {
            fs::create_dir(root.join(below)).unwrap();
        }
        fs::write(root.join("home/gitconfig"), GITCONFIG).unwrap();
        Self(Shell::pinned(Arc::new(World { root, _dir: dir })))
    }

    /// The same world, whose people find programs of this directory first.
    pub fn finding(self, dir: &Path) -> Self {
        Self(self.0.finding(dir))
    }

    /// Makes a repository with a work tree and a first commit, and no remote.
    #[track_caller]
    pub fn repo(&self, name: &str) -> Repo {
        self.repo_with(name, &[])
    }

    /// As `repo`, with options of `git init` such as `--ref-format=reftable`.
    #[track_caller]
    pub fn repo_with(&self, name: &str, init: &[&str]) -> Repo {
        Repo::init(&self.0, name, init)
    }

    /// Makes a bare repository with a first commit, for clones to share.
    #[track_caller]
    pub fn bare(&self, name: &str) -> Hub {
        self.bare_with(name, &[])
    }

    /// As `bare`, with options of `git init` such as `--object-format=sha256`.
    #[track_caller]
    pub fn bare_with(&self, name: &str, init: &[&str]) -> Hub {
        Hub::init(&self.0, name, init)
    }
}

impl World {
    /// The directory itself.
    pub fn root(&self) -> &Path {
        &self.root
    }
}

/// A sandbox is also a shell at its root.
impl Deref for Sandbox {
    type Target = Shell;

    fn deref(&self) -> &Shell {
        &self.0
    }
}
