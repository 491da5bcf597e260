//! The working trees of this machine in which checks run.
//!
//! They are outside of the repository's own tree, where a build tool would find the settings of the
//! one around it, and stay: what a check builds and git ignores is there for the next one. Each is
//! guarded by a lock that its holder keeps and the kernel frees, so two runners never share one.

use std::fs::{File, OpenOptions, TryLockError};
use std::path::{Path, PathBuf};

use sha2::{Digest, Sha256};

use crate::coord::Coord;
use crate::env;
use crate::store::Git;

use super::Trouble;
use super::checkout::Checkout;
use super::log;
use super::slot::Slot;

/// Most slots of one repository on one machine.
const SLOTS_MAX: usize = 64;
/// What the name of a slot's directory begins with; git names its worktree after it.
const NAME: &str = "check-";

/// The slots of one repository on this machine.
#[derive(Clone, Debug)]
pub struct Pool {
    dir: PathBuf,
    common_dir: PathBuf,
    log_dir: PathBuf,
    git: Git,
    common_git: Git,
    has_lfs_filter: bool,
}

/// What clearing a pool came to.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Cleared {
    /// Removed working trees.
    pub removed: Vec<PathBuf>,
    /// Those that are in use by a runner.
    pub in_use: Vec<PathBuf>,
}

impl Pool {
    /// The pool of a repository: below `coord.pool`, or else below the user's directory for what can
    /// be made again. Nothing is made yet.
    ///
    /// # Errors
    /// When there is no such place, or it is inside of the repository.
    pub fn of(coord: &Coord) -> Result<Self, Trouble> {
        let repo = coord.repo();
        let layout = repo.layout();
        let common_dir = layout.common_dir.as_path();
        let common_dir = common_dir
            .canonicalize()
            .map_err(Trouble::io("finding", common_dir))?;
        let base = base(repo.config().get("coord.pool"))?;
        let dir = base.join(name_of(&common_dir, &env::host()));
        let work_dir = layout
            .work_dir
            .as_deref()
            .and_then(|dir| dir.canonicalize().ok());
        let real = real(&dir);
        if [Some(common_dir.clone()), work_dir]
            .into_iter()
            .flatten()
            .any(|own| real.starts_with(own))
        {
            return Err(Trouble::refused(
                format!(
                    "`coord.pool` would put working trees into this one: {}",
                    dir.display()
                ),
                "set it to a directory outside of the repository",
            ));
        }
        Ok(Self {
            dir,
            log_dir: repo.coord_dir().join(log::DIR),
            git: repo.git().clone(),
            common_git: repo.git_in(&common_dir),
            common_dir,
            has_lfs_filter: ["filter.lfs.process", "filter.lfs.smudge"]
                .iter()
                .any(|key| repo.config().get(key).is_some()),
        })
    }

    /// Where the slots are.
    pub fn dir(&self) -> &Path {
        &self.dir
    }

    /// The first slot that nobody has. It is given back by dropping it.
    ///
    /// # Errors
    /// When its lock cannot be used, or all are taken.
    pub fn take(&self) -> Result<Slot, Trouble> {
        std::fs::create_dir_all(&self.dir).map_err(Trouble::io("creating", &self.dir))?;
        for number in 1..=SLOTS_MAX {
            if let Some(lock) = self.lock(number)? {
                let dir = self.slot_dir(number);
                return Ok(Slot {
                    number,
                    git: self.git.elsewhere_in(&dir),
                    dir,
                    pool: self.clone(),
                    _lock: lock,
                });
            }
        }
        Err(Trouble::refused(
            format!("all {SLOTS_MAX} working trees for checks are in use"),
            "run fewer checks at once: `--jobs N`",
        ))
    }

    /// Removes every slot that nobody has, with all that was built there.
    ///
    /// # Errors
    /// When one cannot be removed.
    pub fn clear(&self) -> Result<Cleared, Trouble> {
        let mut cleared = Cleared::default();
        for number in 1..=SLOTS_MAX {
            let dir = self.slot_dir(number);
            if std::fs::symlink_metadata(&dir).is_err() {
                continue;
            }
            match self.lock(number)? {
                None => cleared.in_use.push(dir),
                Some(_lock) => {
                    self.checkout(&dir, &self.git.elsewhere_in(&dir)).remove()?;
                    cleared.removed.push(dir);
                }
            }
        }
        Ok(cleared)
    }

    pub(super) fn checkout<'c>(&'c self, dir: &'c Path, git: &'c Git) -> Checkout<'c> {
        Checkout {
            dir,
            git,
            common_git: &self.common_git,
            common_dir: &self.common_dir,
            has_lfs_filter: self.has_lfs_filter,
        }
    }

    pub(super) fn log_dir(&self) -> &Path {
        &self.log_dir
    }

    fn slot_dir(&self, number: usize) -> PathBuf {
        self.dir.join(format!("{NAME}{number}"))
    }

    /// The lock of a slot, if nobody has it. Its file is beside the working tree and stays.
    fn lock(&self, number: usize) -> Result<Option<File>, Trouble> {
        let path = self.dir.join(format!("{NAME}{number}.lock"));
        let mut options = OpenOptions::new();
        options.read(true).write(true).create(true).truncate(false);
        let file = options.open(&path).map_err(Trouble::io("opening", &path))?;
        match file.try_lock() {
            Ok(()) => Ok(Some(file)),
            Err(TryLockError::WouldBlock) => Ok(None),
            Err(TryLockError::Error(why)) => Err(Trouble::io("locking", &path)(why)),
        }
    }
}

/// Where the pools of all repositories are.
fn base(set: Option<&str>) -> Result<PathBuf, Trouble> {
    const HINT: &str = "set one: git config coord.pool /some/directory";
    let Some(set) = set.filter(|set| !set.is_empty()) else {
        let cache = env::user_cache_dir().map(|dir| dir.join("git-coord"));
        return cache.ok_or_else(|| {
            Trouble::refused(
                "neither HOME nor XDG_CACHE_HOME says where checks could run",
                HINT,
            )
        });
    };
    let home = env::var("HOME").map(PathBuf::from);
    let dir = match (set.strip_prefix("~/"), home) {
        (Some(below), Some(home)) => home.join(below),
        _ => PathBuf::from(set),
    };
    if dir.is_absolute() {
        return Ok(dir);
    }
    let what = format!(
        "`coord.pool` is `{}`, which is no absolute path",
        set.escape_debug()
    );
    Err(Trouble::refused(what, HINT))
}

/// A name that people recognise and that no other repository has, nor the same one as another
/// machine or container sees it: each has its own files there.
fn name_of(common_dir: &Path, host: &str) -> String {
    let own = common_dir.file_name().unwrap_or_default();
    let named = if own == ".git" {
        common_dir.parent().and_then(Path::file_name).unwrap_or(own)
    } else {
        own
    };
    let is_plain = |c: &char| c.is_ascii_alphanumeric() || "._-".contains(*c);
    let named = named.to_string_lossy();
    let plain: String = named
        .trim_end_matches(".git")
        .chars()
        .filter(is_plain)
        .take(40)
        .collect();
    let mut hash = Sha256::new();
    hash.update(common_dir.as_os_str().as_encoded_bytes());
    hash.update([0]);
    hash.update(host);
    let digits: String = hash.finalize()[..6]
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect();
    format!("{plain}-{digits}")
}

/// A path with the links of its existing part followed.
fn real(path: &Path) -> PathBuf {
    let mut rest = PathBuf::new();
    for above in path.ancestors() {
        if let Ok(found) = above.canonicalize() {
            return found.join(rest);
        }
        let name = above.file_name().map(PathBuf::from).unwrap_or_default();
        rest = if rest.as_os_str().is_empty() {
            name
        } else {
            name.join(rest)
        };
    }
    path.to_owned()
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::name_of;

    #[test]
    fn pools_are_named_after_their_repository_and_never_shared() {
        let name = |path: &str, host: &str| name_of(Path::new(path), host);
        let own = name("/home/a/my project/.git", "one");
        assert!(own.starts_with("myproject-"), "{own}");
        assert!(name("/srv/hub.git", "one").starts_with("hub-"));
        assert!(name("/srv/-\n\u{1b}.git", "one").starts_with("--"));
        for (path, host) in [
            ("/home/b/my project/.git", "one"),
            ("/home/a/my project/.git", "two"),
        ] {
            assert_ne!(own, name(path, host));
        }
        assert_eq!(own, name("/home/a/my project/.git", "one"));
    }
}
