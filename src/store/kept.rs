//! A git child that is kept open and spoken to over pipes.

use std::io::{BufReader, Read};
use std::process::{Child, ChildStderr, ChildStdin, ChildStdout, Command, Stdio};
use std::sync::{PoisonError, RwLock};
use std::thread::JoinHandle;

use super::stderr::{STDERR_BYTES_MAX, clean};

/// Held for reading while any child is started, and for writing while the guard's file may be
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
