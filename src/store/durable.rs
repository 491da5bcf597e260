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

/// Flushes files and the directories that lead to them. A file that is not there is passed over:
/// its object already was in a pack.
pub(super) fn flush(files: &[PathBuf]) -> Result<()> {
    let mut all: BTreeSet<&Path> = BTreeSet::new();
    for file in files {
        // The second directory up, since the first may have been made for this file.
        all.extend(file.ancestors().take(3));
    }
    let all: Vec<&Path> = all.into_iter().collect();
    let chunk = all.len().div_ceil(THREADS_MAX).max(1);
    std::thread::scope(|scope| {
        let running: Vec<_> = all
            .chunks(chunk)
            .map(|paths| scope.spawn(move || paths.iter().try_for_each(|path| flush_one(path))))
            .collect();
        running.into_iter().try_for_each(|thread| {
            thread
                .join()
                .unwrap_or_else(|_| Err(Error::damaged("a flush", "its thread panicked")))
        })
    })
}

fn flush_one(path: &Path) -> Result<()> {
    match File::open(path).and_then(|file| file.sync_all()) {
        Err(why) if why.kind() == std::io::ErrorKind::NotFound => Ok(()),
        other => other.map_err(Error::io("flushing", path)),
    }
}
