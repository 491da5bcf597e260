//! Making written files survive a power cut.
//!
//! Git leaves loose objects and loose refs to the kernel; measured on ext4, every grant that was
//! acknowledged just before a power cut was lost. The files of one operation are flushed side by
//! side, so that a journalling file system commits them together: one flush for the objects, one
//! for the ref.

use std::collections::BTreeSet;
use std::fs::File;
use std::path::{Path, PathBuf};

use super::error::{Error, Result};

/// Most flushes in flight; an operation writes about six objects.
const THREADS_MAX: usize = 16;

/// Flushes files, and directories for the names in them. What is not there is passed over:
/// housekeeping has put it elsewhere.
pub(super) fn flush(files: &[PathBuf]) -> Result<()> {
    let all: BTreeSet<&Path> = files.iter().map(PathBuf::as_path).collect();
    let all: Vec<&Path> = all.into_iter().collect();
    let panicked = || Error::damaged("a flush", "its thread panicked");
    side_by_side(&all, |path| flush_one(path), panicked)
}

/// Flushes files that were just written.
pub(super) fn flush_open(files: &[&File]) -> std::io::Result<()> {
    let panicked = || std::io::Error::other("a thread that flushes panicked");
    side_by_side(files, |file| file.sync_all(), panicked)
}

/// Flushes all at the same time, so that the file system can commit them together.
fn side_by_side<T: Sync, E: Send>(
    all: &[T],
    flush: impl Fn(&T) -> Result<(), E> + Sync,
    panicked: impl Fn() -> E,
) -> Result<(), E> {
    #[cfg(feature = "planted")]
    if crate::planted::has(crate::planted::Bug::NoFlush) {
        return Ok(());
    }
    let chunk = all.len().div_ceil(THREADS_MAX).max(1);
    let flush = &flush;
    std::thread::scope(|scope| {
        let mut chunks = all.chunks(chunk);
        let own = chunks.next().unwrap_or_default();
        let running: Vec<_> = chunks
            .map(|some| scope.spawn(move || some.iter().try_for_each(flush)))
            .collect();
        let flushed = own.iter().try_for_each(flush);
        running.into_iter().fold(flushed, |flushed, thread| {
            let theirs = thread.join().unwrap_or_else(|_| Err(panicked()));
            flushed.and(theirs)
        })
    })
}

fn flush_one(path: &Path) -> Result<()> {
    match File::open(path).and_then(|file| file.sync_all()) {
        Err(why) if why.kind() == std::io::ErrorKind::NotFound => Ok(()),
        other => other.map_err(Error::io("flushing", path)),
    }
}
