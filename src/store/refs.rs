//! Moving local refs, through git's own transactions.
//!
//! libgit2 1.9 and gitoxide lose updates beside `git pack-refs` (measured), so a child
//! `git update-ref --stdin` does it. The child is started early, so that its start-up overlaps
//! with the decision, and kept for the next move.

use std::cell::RefCell;
use std::fs::File;
use std::io::{BufRead, ErrorKind, Write};
use std::path::{Path, PathBuf};
use std::sync::Weak;
use std::time::SystemTime;

use super::backend::{RefSwap, Swapped};
use super::durable;
use super::error::{Error, Result};
use super::git::Git;
use super::guard::GuardFile;
use super::kept::Kept;
use super::ref_file::Stamp;
use super::ref_locks::{self, Begun};
use crate::model::object_id::ObjectId;

pub(super) struct RefWriter {
    git: Git,
    common_dir: PathBuf,
    is_reftable: bool,
    fsync: bool,
    child: RefCell<Option<Transactions>>,
}

struct Transactions {
    kept: Kept,
    /// The guard's open file that it carries.
    carries: Weak<File>,
    /// `packed-refs` when it started; it would not see for sure that another took its place.
    packed: Option<Stamp>,
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
        let is_current = |open: &Transactions| {
            std::ptr::eq(open.carries.as_ptr(), &*guard.file()) && open.packed == self.packed()
        };
        if !slot.as_ref().is_some_and(is_current) {
            slot.take().map(Transactions::last_words);
            *slot = Some(self.start(guard)?);
        }
        Ok(())
    }

    fn packed(&self) -> Option<Stamp> {
        // Reftables keep the list of tables open, so that a new one is always told from it.
        let files = (!self.is_reftable).then(|| self.common_dir.join("packed-refs"));
        files.and_then(|path| Stamp::of(&path))
    }

    /// Kills the idle child but keeps its handle.
    #[cfg(test)]
    pub(super) fn end_child(&self) {
        if let Some(open) = self.child.borrow_mut().as_mut() {
            open.kept.child.kill().expect("a running child");
            open.kept.child.wait().expect("its end");
        }
    }

    fn start(&self, guard: &GuardFile) -> Result<Transactions> {
        // With the files format the ref and its directory are flushed below, in one go; a
        // reftable is git's own file, so git flushes it.
        let fsync = if self.fsync && self.is_reftable {
            "core.fsync=reference"
        } else {
            "core.fsync=none"
        };
        // Else git looks for refs that are called like each id, in some fifteen places.
        let plain = "core.warnAmbiguousRefs=false";
        let args = ["-c", fsync, "-c", plain, "update-ref", "--stdin"];
        let packed = self.packed();
        let kept = guard.inherited(|| self.git.open_unguarded(&args))?;
        Ok(Transactions {
            kept,
            carries: std::sync::Arc::downgrade(&guard.file()),
            packed,
        })
    }

    /// Moves refs, all or none. The guard is held, so only git itself can be in the way.
    ///
    /// `unflushed` are directories whose names count from now on.
    /// `tip` reads a ref as it stands now: a refused move is judged by the values, never by words.
    pub(super) fn swap(
        &self,
        guard: &GuardFile,
        swaps: &[RefSwap],
        unflushed: Vec<PathBuf>,
        tip: &dyn Fn(&str) -> Result<Option<ObjectId>>,
    ) -> Result<Swapped> {
        self.settle(guard)?;
        let line = |swap: &RefSwap| Begun::line(&swap.name, &swap.new);
        let note: String = swaps.iter().map(line).collect();
        guard.begin(&note)?;
        let mut attempt = self.attempt(guard, swaps);
        if matches!(&attempt, Err(failed) if failed.is_killed) {
            // Somebody killed git alone. What it left is ours to clear, and the move to do again.
            let again = self.clear_noted(guard, &note);
            again.map_err(Error::unsettled)?;
            attempt = self.attempt(guard, swaps);
        }
        let ended = match attempt {
            Ok(()) => Ok(Swapped::Moved),
            // Killed again: the note stays, for the next command to clear up after it.
            Err(Failed {
                why,
                is_killed: true,
                ..
            }) => return judge(swaps, tip, why),
            Err(Failed { why, .. }) => judge(swaps, tip, why),
        };
        // The child has answered or is gone: whatever follows, this move is no longer under way,
        // and a note that stayed would make the next writer look for what a dead one left. That is
        // all that it would do, so a failure here takes nothing back.
        let _ = guard.end();
        if matches!(ended, Ok(Swapped::Moved)) && self.fsync {
            self.flush(swaps, unflushed).map_err(Error::unkept)?;
        }
        ended
    }

    /// Flushes loose refs, and what they make count; a ref that housekeeping has packed meanwhile
    /// is in the packed ones. A reftable is git's own to flush.
    fn flush(&self, swaps: &[RefSwap], unflushed: Vec<PathBuf>) -> Result<()> {
        let mut paths = unflushed;
        if !self.is_reftable {
            let loose = swaps.iter().map(|swap| self.common_dir.join(&swap.name));
            let files: Vec<PathBuf> = loose.collect();
            if !files.iter().all(|file| file.exists()) {
                paths.push(self.common_dir.join("packed-refs"));
            }
            // The second directory up, since the first may have been made for this ref.
            let all = files.iter().flat_map(|file| file.ancestors().take(3));
            paths.extend(all.map(Path::to_owned));
        }
        durable::flush(&paths)
    }

    /// Runs something else that moves the refs of `note`, with the same care as a swap where the guard
    /// is held: whatever ends it before its time, the next writer clears up. Where git itself was
    /// ended, as `is_whole` does not say, that is done here.
    pub(super) fn noted<T>(
        &self,
        guard: &GuardFile,
        note: &str,
        is_whole: impl FnOnce(&T) -> bool,
        moving: impl FnOnce() -> Result<T>,
    ) -> Result<T> {
        if !guard.is_held() {
            return moving();
        }
        self.settle(guard)?;
        let note = format!("{note}\n");
        guard.begin(&note)?;
        let moved = moving();
        if !moved.as_ref().is_ok_and(is_whole)
            && let Some(intent) = guard.interrupted()?
        {
            // A git that was ended, for its deadline or by anybody, has not always cleared up after
            // itself.
            self.clear_stale(&note, intent.at)?;
        }
        guard.end()?;
        moved
    }

    /// Ends what a killed writer had begun: its lock files are moved aside and its note forgotten.
    /// Returns the note. The caller holds the guard.
    pub(super) fn settle(&self, guard: &GuardFile) -> Result<Option<String>> {
        let Some(intent) = guard.interrupted()? else {
            return Ok(None);
        };
        self.clear_stale(&intent.note, intent.at)?;
        guard.end()?;
        Ok(Some(intent.note))
    }

    /// Clears what a git left that was killed in the move which is noted.
    fn clear_noted(&self, guard: &GuardFile, note: &str) -> Result<()> {
        let noted = guard.interrupted()?.map(|intent| intent.at);
        self.clear_stale(note, noted.unwrap_or(SystemTime::UNIX_EPOCH))
    }

    fn clear_stale(&self, note: &str, noted: SystemTime) -> Result<()> {
        let begun = Begun::all_in(note);
        ref_locks::clear_stale(&self.common_dir, self.is_reftable, &begun, noted)
    }

    fn attempt(&self, guard: &GuardFile, swaps: &[RefSwap]) -> Result<(), Failed> {
        let was_idle = self.child.borrow().is_some();
        match self.attempt_once(guard, swaps) {
            // It never took up the order: something ended it while it was idle.
            Err(Failed {
                has_begun: false, ..
            }) if was_idle => self.attempt_once(guard, swaps),
            other => other,
        }
    }

    fn attempt_once(&self, guard: &GuardFile, swaps: &[RefSwap]) -> Result<(), Failed> {
        let not_started = |why| Failed {
            has_begun: true,
            is_killed: false,
            why,
        };
        self.warm(guard).map_err(not_started)?;
        let Some(mut transactions) = self.child.take() else {
            return Err(not_started(refused("it did not start")));
        };
        match transactions.run(swaps) {
            Ok(()) => {
                self.child.replace(Some(transactions));
                Ok(())
            }
            // A failed transaction ends the child; what it printed says why.
            Err(Stopped { steps, unsent }) => {
                let (words, is_killed) = transactions.last_words();
                let words = unsent.map_or(words, |why| format!("it could not be told: {why}"));
                Err(Failed {
                    has_begun: steps > 0,
                    is_killed,
                    why: refused(&words),
                })
            }
        }
    }
}

/// An attempt that git did not confirm.
struct Failed {
    /// Whether git took up the order at all.
    has_begun: bool,
    /// Whether it was killed in the middle of it, which may leave its lock files behind.
    is_killed: bool,
    why: Error,
}

fn refused(why: &str) -> Error {
    Error::Git {
        command: "update-ref".into(),
        why: why.to_owned(),
    }
}

/// What a move that git did not confirm came to, by the values that stand there now.
fn judge(
    swaps: &[RefSwap],
    tip: &dyn Fn(&str) -> Result<Option<ObjectId>>,
    why: Error,
) -> Result<Swapped> {
    let mut is_done = true;
    let mut is_lost = false;
    for swap in swaps {
        let now = tip(&swap.name).map_err(Error::unsettled)?;
        is_done &= now == Some(swap.new);
        is_lost |= now != swap.old;
    }
    match (is_done, is_lost) {
        (true, _) => Ok(Swapped::Moved),
        (false, true) => Ok(Swapped::Lost),
        (false, false) => Err(why),
    }
}

/// How far a transaction came.
struct Stopped {
    /// How many of git's confirmations came.
    steps: usize,
    /// Why the order did not get to a child that waits for it.
    unsent: Option<std::io::Error>,
}

impl Transactions {
    /// Runs one transaction.
    fn run(&mut self, swaps: &[RefSwap]) -> Result<(), Stopped> {
        let mut text = String::from("start\n");
        for RefSwap { name, old, new } in swaps {
            match old {
                #[cfg(feature = "planted")]
                _ if crate::planted::has(crate::planted::Bug::SwapsAnything) => {
                    text.push_str(&format!("update {name} {new}\n"));
                }
                Some(old) => text.push_str(&format!("update {name} {new} {old}\n")),
                None => text.push_str(&format!("create {name} {new}\n")),
            }
        }
        text.push_str("prepare\ncommit\n");
        // A child that has ended closes the pipe; what it confirmed before that is read below. One that
        // waits for the rest would wait for ever.
        let told = self.kept.stdin.write_all(text.as_bytes());
        let unsent = told.err().filter(|why| why.kind() != ErrorKind::BrokenPipe);
        if unsent.is_some() {
            return Err(Stopped { steps: 0, unsent });
        }
        let expected = ["start: ok\n", "prepare: ok\n", "commit: ok\n"];
        for (step, expected) in expected.into_iter().enumerate() {
            let mut line = String::new();
            match self.kept.stdout.read_line(&mut line) {
                Ok(_) if line == expected => {}
                _ => {
                    return Err(Stopped {
                        steps: step,
                        unsent: None,
                    });
                }
            }
        }
        Ok(())
    }

    fn last_words(self) -> (String, bool) {
        self.kept.last_words()
    }
}

impl Drop for RefWriter {
    fn drop(&mut self) {
        // End of input is the child's order to leave; waiting avoids a zombie in long-lived
        // processes and costs nothing in short ones.
        self.child.take().map(Transactions::last_words);
    }
}
