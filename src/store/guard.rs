//! The one lock that all local writers of a clone take, and the note that a writer leaves in it
//! while it moves a ref.
//!
//! The file is never deleted and the kernel frees the lock when its holder dies, so nothing can
//! stay stuck. The child that moves refs inherits the open file: the lock is free only when that
//! child is gone as well. A note found by the next holder therefore says that a writer died in the
//! middle of a ref update, and nobody is left who is still at it.

use std::fs::{File, OpenOptions};
use std::io::{Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};
use std::sync::{Arc, mpsc};
use std::time::{Duration, SystemTime};

use super::error::{Error, Result};

/// The file's name in the clone's coordination directory.
const FILE: &str = "lock";

/// The lock file of a clone, opened but not yet locked.
#[derive(Debug)]
pub(super) struct GuardFile {
    file: Arc<File>,
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
        let open = || {
            OpenOptions::new()
                .read(true)
                .write(true)
                .create(true)
                .truncate(false)
                .open(&path)
        };
        let file = match open() {
            Err(why) if why.kind() == std::io::ErrorKind::NotFound => {
                std::fs::create_dir_all(dir).map_err(Error::io("creating", dir))?;
                open()
            }
            other => other,
        };
        Ok(Self {
            file: Arc::new(file.map_err(Error::io("opening", &path))?),
            path,
        })
    }

    /// Takes the lock at once or not at all.
    pub(super) fn try_lock(&self) -> Result<Option<Guard>> {
        match self.file.try_lock() {
            Ok(()) => Ok(Some(Guard {
                file: Some(Arc::clone(&self.file)),
            })),
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
        // A blocking lock keeps the kernel's order of arrival but knows no deadline, so it waits
        // in a thread. Should that thread win after the deadline, it frees the lock again.
        let (sender, receiver) = mpsc::channel();
        let file = Arc::clone(&self.file);
        std::thread::spawn(move || {
            let locked = file.lock().map(|()| Guard { file: Some(file) });
            let _ = sender.send(locked);
        });
        match receiver.recv_timeout(wait) {
            Ok(locked) => locked.map_err(Error::io("locking", &self.path)),
            Err(_) => Err(Error::io("waiting for", &self.path)(std::io::Error::other(
                format!(
                    "another git-coord command has held it for {} s",
                    wait.as_secs()
                ),
            ))),
        }
    }

    /// Notes that a ref is about to move. The lock is held.
    pub(super) fn begin(&self, note: &str) -> Result<()> {
        let mut file = &*self.file;
        file.seek(SeekFrom::Start(0))
            .and_then(|_| file.write_all(note.as_bytes()))
            .map_err(Error::io("writing", &self.path))
    }

    /// Forgets the note: the move was seen to its end. The lock is held.
    pub(super) fn end(&self) -> Result<()> {
        self.file
            .set_len(0)
            .map_err(Error::io("writing", &self.path))
    }

    /// The note of a writer that died before its end. The lock is held.
    pub(super) fn interrupted(&self) -> Result<Option<Intent>> {
        let read = || -> std::io::Result<Option<Intent>> {
            let meta = self.file.metadata()?;
            if meta.len() == 0 {
                return Ok(None);
            }
            let mut note = String::new();
            let mut file = &*self.file;
            file.seek(SeekFrom::Start(0))?;
            file.take(1024).read_to_string(&mut note)?;
            Ok(Some(Intent {
                at: meta.modified()?,
                note,
            }))
        };
        read().map_err(Error::io("reading", &self.path))
    }

    /// Runs `spawn` so that the child keeps the lock alive as long as it lives.
    #[cfg(unix)]
    pub(super) fn inherited<T>(&self, spawn: impl FnOnce() -> T) -> T {
        use rustix::io::{FdFlags, fcntl_setfd};
        // If the flag cannot be changed the child merely does not carry the lock.
        let _ = fcntl_setfd(&*self.file, FdFlags::empty());
        let spawned = spawn();
        let _ = fcntl_setfd(&*self.file, FdFlags::CLOEXEC);
        spawned
    }

    #[cfg(not(unix))]
    pub(super) fn inherited<T>(&self, spawn: impl FnOnce() -> T) -> T {
        spawn()
    }
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
