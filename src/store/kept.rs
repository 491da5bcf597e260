//! A git child that is kept open and spoken to over pipes.

use std::fs::File;
use std::io::{BufReader, Read};
use std::process::{Child, ChildStderr, ChildStdin, ChildStdout, Command, Stdio};
use std::sync::{PoisonError, RwLock};
use std::thread::JoinHandle;

use super::stderr::{STDERR_BYTES_MAX, clean};

/// Held for reading while any child is started, and for writing while a locked file may be
/// inherited: else a child that another thread starts at that moment would carry the lock too.
pub(super) static SPAWNING: RwLock<()> = RwLock::new(());

/// Starts a child that may run for long. It does not take the lock of the clone along, whatever
/// other threads are at.
///
/// # Errors
/// When it cannot be started.
pub fn spawn(command: &mut Command) -> std::io::Result<Child> {
    let _spawning = SPAWNING.read().unwrap_or_else(PoisonError::into_inner);
    command.spawn()
}

/// Runs `spawn` so that the child, and what it starts, keeps the file's lock alive as long as it
/// lives.
#[cfg(unix)]
pub(super) fn inherited<T>(file: &File, spawn: impl FnOnce() -> T) -> T {
    use rustix::io::{FdFlags, fcntl_setfd};
    let _spawning = SPAWNING.write().unwrap_or_else(PoisonError::into_inner);
    // If the flag cannot be changed the child merely does not carry the lock.
    let _ = fcntl_setfd(file, FdFlags::empty());
    let spawned = spawn();
    let _ = fcntl_setfd(file, FdFlags::CLOEXEC);
    spawned
}

/// Runs `spawn`; here files are not inherited by being open.
#[cfg(not(unix))]
pub(super) fn inherited<T>(_: &File, spawn: impl FnOnce() -> T) -> T {
    let _spawning = SPAWNING.write().unwrap_or_else(PoisonError::into_inner);
    spawn()
}

/// The child with its pipes.
pub(super) struct Kept {
    pub(super) stdin: ChildStdin,
    pub(super) stdout: BufReader<ChildStdout>,
    pub(super) child: Child,
    words: JoinHandle<Vec<u8>>,
}

impl Kept {
    pub(super) fn start(command: &mut Command) -> std::io::Result<Self> {
        let mut child = command
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()?;
        let no_pipe = || std::io::Error::other("it has no pipes");
        let stderr = child.stderr.take().ok_or_else(no_pipe)?;
        Ok(Self {
            stdin: child.stdin.take().ok_or_else(no_pipe)?,
            stdout: BufReader::new(child.stdout.take().ok_or_else(no_pipe)?),
            child,
            // Read all the time: a child that cannot get its warnings out stops for ever.
            words: std::thread::spawn(move || last_bytes(stderr)),
        })
    }

    /// Ends the child by the end of its input. Returns what it had to say, and whether it was killed
    /// before it could end by itself.
    pub(super) fn last_words(self) -> (String, bool) {
        let Self {
            stdin,
            stdout,
            mut child,
            words,
        } = self;
        drop((stdin, stdout));
        let status = child.wait();
        let is_killed = status.is_ok_and(|status| status.code().is_none());
        (clean(&words.join().unwrap_or_default()), is_killed)
    }
}

fn last_bytes(mut stderr: ChildStderr) -> Vec<u8> {
    let mut kept = Vec::new();
    let mut block = [0; 4096];
    while let Ok(count @ 1..) = stderr.read(&mut block) {
        kept.extend_from_slice(&block[..count]);
        kept.drain(..kept.len().saturating_sub(STDERR_BYTES_MAX));
    }
    kept
}
