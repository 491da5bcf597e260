//! The one lock that all local writers of a clone take, and the note that a writer leaves in it
//! while it moves a ref.
//!
//! The file is never deleted and the kernel frees the lock when its holder dies, so nothing can
//! stay stuck. The child that moves refs inherits the open file: the lock is free only when that
//! child is gone as well. A note found by the next holder therefore says that a writer died in the
//! middle of a ref update, and nobody is left who is still at it.

use std::cell::RefCell;
use std::fs::{File, OpenOptions};
use std::io::{Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};
use std::sync::{Arc, mpsc};
use std::time::{Duration, SystemTime};

use super::error::{Error, Result};
use super::kept::inherited;

/// The file's name in the clone's coordination directory.
const FILE: &str = "lock";
/// Most of a note that is read, in bytes: it has a line for each ref of one move.
const NOTE_BYTES_MAX: u64 = 256 * 1024;
/// The empty line that ends a note.
const END: &str = "\n";

/// The lock file of a clone, opened but not yet locked.
#[derive(Debug)]
pub(super) struct GuardFile {
    file: RefCell<Arc<File>>,
    path: PathBuf,
}

/// What a writer that died had begun.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Intent {
    /// When the note was written.
    pub at: SystemTime,
    /// The note: the ref and its new value.
    pub note: String,
}

/// The held lock; dropping it frees it.
#[derive(Debug)]
#[must_use = "dropping the guard frees the lock"]
pub struct Guard {
    file: Option<Arc<File>>,
}

impl GuardFile {
    pub(super) fn open(dir: &Path) -> Result<Self> {
        let path = dir.join(FILE);
        let file = match open_file(&path) {
            Err(why) if why.kind() == std::io::ErrorKind::NotFound => {
                std::fs::create_dir_all(dir).map_err(Error::io("creating", dir))?;
                open_file(&path)
            }
            other => other,
        };
        let file = Arc::new(file.map_err(Error::io("opening", &path))?);
        Ok(Self {
            file: RefCell::new(file),
            path,
        })
    }

    /// The open file as it is now: a wait that was given up leaves its own to its thread.
    pub(super) fn file(&self) -> Arc<File> {
        Arc::clone(&self.file.borrow())
    }

    /// Whether this handle holds the lock.
    pub(super) fn is_held(&self) -> bool {
        Arc::strong_count(&self.file.borrow()) > 1
    }

    /// Takes the lock at once or not at all.
    pub(super) fn try_lock(&self) -> Result<Option<Guard>> {
        let file = self.file();
        // The kernel would grant it again to the same open file; a guard of ours has the third
        // reference.
        if Arc::strong_count(&file) > 2 {
            return Ok(None);
        }
        match file.try_lock() {
            Ok(()) => Ok(Some(Guard { file: Some(file) })),
            Err(std::fs::TryLockError::WouldBlock) => Ok(None),
            Err(std::fs::TryLockError::Error(why)) => Err(Error::io("locking", &self.path)(why)),
        }
    }

    /// Takes the lock, waiting at most `wait` for its holder.
    ///
    /// # Errors
    /// When the wait is over, which a live holder does not let happen: every step under the lock
    /// has a deadline of its own.
    pub(super) fn lock(&self, wait: Duration) -> Result<Guard> {
        if let Some(guard) = self.try_lock()? {
            return Ok(guard);
        }
        let file = self.file();
        if Arc::strong_count(&file) > 2 {
            let why = std::io::Error::other("this command holds it already");
            return Err(Error::io("locking", &self.path)(why));
        }
        // A blocking lock keeps the kernel's order of arrival but knows no deadline, so it waits
        // in a thread. Should that thread win after the deadline, it frees the lock again.
        let (sender, receiver) = mpsc::channel();
        std::thread::spawn(move || {
            let locked = file.lock().map(|()| Guard { file: Some(file) });
            let _ = sender.send(locked);
        });
        match receiver.recv_timeout(wait) {
            Ok(locked) => locked.map_err(Error::io("locking", &self.path)),
            Err(_) => {
                // From here on the thread has that open file for itself: what it frees later
                // must not be a lock that this handle took meanwhile.
                let fresh = open_file(&self.path).map_err(Error::io("opening", &self.path))?;
                *self.file.borrow_mut() = Arc::new(fresh);
                let secs = wait.as_secs();
                let why = format!("another git-coord command has held it for {secs} s");
                Err(Error::io("waiting for", &self.path)(std::io::Error::other(
                    why,
                )))
            }
        }
    }

    /// Notes that a ref is about to move, a line for each. The lock is held.
    pub(super) fn begin(&self, note: &str) -> Result<()> {
        self.write_first(&format!("{note}{END}"))
    }

    /// Forgets the note: the move was seen to its end. The lock is held.
    pub(super) fn end(&self) -> Result<()> {
        self.write_first(END)
    }

    /// Writes over what is there: cutting the file short would make the file system free a block
    /// and find it again with every operation.
    fn write_first(&self, text: &str) -> Result<()> {
        let file = self.file();
        (&*file)
            .seek(SeekFrom::Start(0))
            .and_then(|_| (&*file).write_all(text.as_bytes()))
            .map_err(Error::io("writing", &self.path))
    }

    /// The note of a writer that died before its end. The lock is held.
    pub(super) fn interrupted(&self) -> Result<Option<Intent>> {
        let read = || -> std::io::Result<Option<Intent>> {
            let file = self.file();
            let mut lines = Vec::new();
            (&*file).seek(SeekFrom::Start(0))?;
            (&*file).take(NOTE_BYTES_MAX).read_to_end(&mut lines)?;
            let text = String::from_utf8_lossy(&lines);
            // What follows the empty line is left from longer notes.
            let note: String = text
                .split_inclusive('\n')
                .take_while(|line| *line != END)
                .collect();
            if note.is_empty() {
                return Ok(None);
            }
            Ok(Some(Intent {
                at: file.metadata()?.modified()?,
                note,
            }))
        };
        read().map_err(Error::io("reading", &self.path))
    }

    /// Runs `spawn` so that the child keeps the lock alive as long as it lives.
    pub(super) fn inherited<T>(&self, spawn: impl FnOnce() -> T) -> T {
        inherited(&self.file(), spawn)
    }
}

fn open_file(path: &Path) -> std::io::Result<File> {
    OpenOptions::new()
        .read(true)
        .write(true)
        .create(true)
        .truncate(false)
        .open(path)
}

impl Guard {
    /// A guard over nothing, for a backend that only one thread can see.
    pub(super) fn none() -> Self {
        Self { file: None }
    }
}

impl Drop for Guard {
    fn drop(&mut self) {
        if let Some(file) = &self.file {
            // Closing the last descriptor frees it as well; a child may still have one.
            let _ = file.unlock();
        }
    }
}
