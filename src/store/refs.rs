//! Moving local refs, through git's own transactions.
//!
//! libgit2 1.9 and gitoxide lose updates beside `git pack-refs` (measured), so a child
//! `git update-ref --stdin` does it. The child is started early, so that its start-up overlaps
//! with the decision, and kept for the next move.

use std::cell::RefCell;
use std::io::{BufRead, BufReader, Read, Write};
use std::path::{Path, PathBuf};
use std::process::{ChildStdin, ChildStdout};
use std::time::{Duration, Instant, SystemTime};

use super::backend::{RefSwap, Swapped};
use super::durable;
use super::error::{Error, Result};
use super::git::{Git, Program, clean};
use super::guard::GuardFile;
use crate::model::object_id::ObjectId;

/// How long a lock file that a dead writer may have left is watched before it is moved aside.
/// Git itself holds one for less than a millisecond; it retries for 100 ms.
const STALE_AFTER: Duration = Duration::from_millis(250);
const POLL: Duration = Duration::from_millis(10);

pub(super) struct RefWriter {
    git: Git,
    common_dir: PathBuf,
    is_reftable: bool,
    fsync: bool,
    child: RefCell<Option<Transactions>>,
}

struct Transactions {
    child: Program,
    stdin: ChildStdin,
    stdout: BufReader<ChildStdout>,
}

/// Why a transaction came to nothing.
struct Broken {
    why: Error,
    /// Whether git was killed in the middle of it, which may leave its lock files behind.
    is_killed: bool,
}

impl RefWriter {
    pub(super) fn new(git: Git, common_dir: PathBuf, is_reftable: bool, fsync: bool) -> Self {
        Self {
            git,
            common_dir,
            is_reftable,
            fsync,
            child: RefCell::new(None),
        }
    }

    /// Starts the child ahead of its first use.
    pub(super) fn warm(&self, guard: &GuardFile) -> Result<()> {
        let mut slot = self.child.borrow_mut();
        if slot.is_none() {
            *slot = Some(self.start(guard)?);
        }
        Ok(())
    }

    fn start(&self, guard: &GuardFile) -> Result<Transactions> {
        // With the files format the ref and its directory are flushed below, in one go; a
        // reftable is git's own file, so git flushes it.
        let fsync = if self.fsync && self.is_reftable {
            "core.fsync=reference"
        } else {
            "core.fsync=none"
        };
        let args = ["-c", fsync, "update-ref", "--stdin"];
        let mut child = guard.inherited(|| self.git.open(&args))?;
        match (child.stdin.take(), child.stdout.take()) {
            (Some(stdin), Some(stdout)) => Ok(Transactions {
                child,
                stdin,
                stdout: BufReader::new(stdout),
            }),
            _ => Err(Error::Git {
                command: "update-ref".into(),
                why: "it has no pipes".into(),
            }),
        }
    }

    /// Moves refs, all or none. The guard is held, so only git itself can be in the way.
    ///
    /// `tip` reads a ref as it stands now: a refused move is judged by the values, never by words.
    pub(super) fn swap(
        &self,
        guard: &GuardFile,
        swaps: &[RefSwap],
        tip: &dyn Fn(&str) -> Result<Option<ObjectId>>,
    ) -> Result<Swapped> {
        self.tidy(guard)?;
        let note: Vec<String> = swaps
            .iter()
            .map(|swap| format!("{} {}\n", swap.name, swap.new))
            .collect();
        guard.begin(&note.concat())?;
        let mut moved = self.attempt(guard, swaps);
        if moved.as_ref().is_err_and(|broken| broken.is_killed) {
            // Somebody killed git alone. What it left is ours to clear, and the move to do again.
            let noted = guard.interrupted()?.map(|intent| intent.at);
            for swap in swaps {
                self.clear_stale(&swap.name, noted.unwrap_or(SystemTime::UNIX_EPOCH))?;
            }
            moved = self.attempt(guard, swaps);
        }
        let judged = match moved {
            Ok(()) => Swapped::Moved,
            // Killed again: the note stays, for the next command to clear up after it.
            Err(Broken {
                why,
                is_killed: true,
            }) => return Err(why),
            Err(Broken { why, .. }) => {
                let mut is_done = true;
                let mut is_lost = false;
                for swap in swaps {
                    let now = tip(&swap.name)?;
                    is_done &= now == Some(swap.new);
                    is_lost |= now != swap.old;
                }
                guard.end()?;
                match (is_done, is_lost) {
                    (true, _) => Swapped::Moved,
                    (false, true) => return Ok(Swapped::Lost),
                    (false, false) => return Err(why),
                }
            }
        };
        if self.fsync && !self.is_reftable {
            let files: Vec<PathBuf> = swaps
                .iter()
                .map(|s| self.common_dir.join(&s.name))
                .collect();
            durable::flush(&files)?;
        }
        guard.end()?;
        Ok(judged)
    }

    /// Runs something else that moves the ref `name`, with the same care as a swap. Whatever ends
    /// it before its time, the next writer clears up.
    pub(super) fn noted<T>(
        &self,
        guard: &GuardFile,
        name: &str,
        moving: impl FnOnce() -> Result<T>,
    ) -> Result<T> {
        self.tidy(guard)?;
        guard.begin(&format!("{name}\n"))?;
        let moved = moving()?;
        guard.end()?;
        Ok(moved)
    }

    /// Clears up after a writer that died. The guard is held.
    fn tidy(&self, guard: &GuardFile) -> Result<()> {
        let Some(intent) = guard.interrupted()? else {
            return Ok(());
        };
        // Each line of the note begins with a ref.
        let names = intent
            .note
            .lines()
            .filter_map(|line| line.split(' ').next());
        for name in names.filter(|name| name.starts_with("refs/coord/") && !name.contains("..")) {
            self.clear_stale(name, intent.at)?;
        }
        guard.end()
    }

    fn attempt(&self, guard: &GuardFile, swaps: &[RefSwap]) -> std::result::Result<(), Broken> {
        let not_started = |why| Broken {
            why,
            is_killed: false,
        };
        self.warm(guard).map_err(not_started)?;
        let mut slot = self.child.borrow_mut();
        let Some(transactions) = slot.as_mut() else {
            return Err(not_started(Error::Git {
                command: "update-ref".into(),
                why: "it did not start".into(),
            }));
        };
        let done = transactions.run(swaps);
        if done.is_err() {
            // A failed transaction ends the child; what it printed says why.
            let (why, is_killed) = slot
                .take()
                .map(Transactions::last_words)
                .unwrap_or_default();
            let why = Error::Git {
                command: "update-ref".into(),
                why,
            };
            return Err(Broken { why, is_killed });
        }
        Ok(())
    }

    /// Moves a lock file aside that a killed writer left on one of our refs.
    ///
    /// The caller holds the guard and found a dead writer's note, so no git-coord process is at
    /// it; the lock file is younger than the note; and it stands unchanged for [`STALE_AFTER`],
    /// so it is not a `git pack-refs` passing by.
    fn clear_stale(&self, name: &str, noted: SystemTime) -> Result<()> {
        let is_suspect = |seen: &Stamp| {
            // Some file systems keep times to the second or two only.
            seen.changed + Duration::from_secs(2) >= noted
        };
        let stamp = |path: PathBuf| {
            let stamp = Stamp::of(&path).filter(is_suspect)?;
            Some((path, stamp))
        };
        let paths = lock_paths(&self.common_dir, self.is_reftable, name);
        let mut suspects: Vec<(PathBuf, Stamp)> = paths.into_iter().filter_map(stamp).collect();
        let start = Instant::now();
        while !suspects.is_empty() && start.elapsed() < STALE_AFTER {
            std::thread::sleep(POLL);
            suspects.retain(|(path, first)| Stamp::of(path).as_ref() == Some(first));
        }
        suspects
            .iter()
            .try_for_each(|(path, _)| move_aside(path, &self.common_dir))
    }
}

/// Where git keeps the locks that a change of a ref takes.
pub(super) fn lock_paths(common_dir: &Path, is_reftable: bool, name: &str) -> Vec<PathBuf> {
    if !is_reftable {
        return vec![common_dir.join(format!("{name}.lock"))];
    }
    // One on the list of tables and, while git merges tables after a change, one on each of them.
    let entries = std::fs::read_dir(common_dir.join("reftable"));
    let files = entries.into_iter().flatten().flatten();
    files
        .map(|entry| entry.path())
        .filter(|path| path.extension().is_some_and(|end| end == "lock"))
        .collect()
}

/// Keeps a stale lock file for a person to look at, out of git's way.
pub(super) fn move_aside(path: &Path, common_dir: &Path) -> Result<()> {
    let kept = common_dir
        .join("coord")
        .join(format!("stale-{}.lock", ulid::Ulid::generate()));
    match std::fs::rename(path, kept) {
        Err(why) if why.kind() == std::io::ErrorKind::NotFound => Ok(()),
        other => other.map_err(Error::io("moving aside", path)),
    }
}

/// Tells one lock file from the next of the same name.
#[derive(PartialEq)]
struct Stamp {
    changed: SystemTime,
    inode: u64,
}

impl Stamp {
    fn of(path: &Path) -> Option<Self> {
        let meta = std::fs::symlink_metadata(path).ok()?;
        #[cfg(unix)]
        let inode = std::os::unix::fs::MetadataExt::ino(&meta);
        #[cfg(not(unix))]
        let inode = meta.len();
        Some(Self {
            changed: meta.modified().ok()?,
            inode,
        })
    }
}

impl Transactions {
    fn run(&mut self, swaps: &[RefSwap]) -> std::io::Result<()> {
        let mut text = String::from("start\n");
        for RefSwap { name, old, new } in swaps {
            match old {
                Some(old) => text.push_str(&format!("update {name} {new} {old}\n")),
                None => text.push_str(&format!("create {name} {new}\n")),
            }
        }
        text.push_str("prepare\ncommit\n");
        self.stdin.write_all(text.as_bytes())?;
        self.stdin.flush()?;
        for expected in ["start: ok\n", "prepare: ok\n", "commit: ok\n"] {
            let mut line = String::new();
            self.stdout.read_line(&mut line)?;
            if line != expected {
                return Err(std::io::ErrorKind::UnexpectedEof.into());
            }
        }
        Ok(())
    }

    /// What it says at its end, and whether it was killed before it could end by itself.
    fn last_words(mut self) -> (String, bool) {
        drop(self.stdin);
        let mut words = Vec::new();
        if let Some(stderr) = self.child.stderr.take() {
            // Bounded by `clean`; the child is at its end.
            let _ = stderr.take(64 * 1024).read_to_end(&mut words);
        }
        let status = self.child.wait();
        let is_killed = status.is_ok_and(|status| status.code().is_none());
        (clean(&words), is_killed)
    }
}

impl Drop for RefWriter {
    fn drop(&mut self) {
        if let Some(mut open) = self.child.borrow_mut().take() {
            // End of input is the child's order to leave; waiting avoids a zombie in long-lived
            // processes and costs nothing in short ones.
            drop(open.stdin);
            let _ = open.child.wait();
        }
    }
}
