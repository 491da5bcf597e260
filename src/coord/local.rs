//! Small files of this clone: atomically replaced, bounded, and never needed to be right.
//!
//! They only save work or keep evidence. One that is missing or unreadable is treated as empty;
//! what decides is in the chain.

use std::io::Write;
use std::path::Path;

use serde::Serialize;
use serde::de::DeserializeOwned;

/// Largest such file that is read, in bytes.
const BYTES_MAX: u64 = 4 * 1024 * 1024;

/// Reads a JSON file; anything unusable is the default.
pub(super) fn load<T: DeserializeOwned + Default>(path: &Path) -> T {
    let is_sane =
        std::fs::metadata(path).is_ok_and(|meta| meta.is_file() && meta.len() <= BYTES_MAX);
    if !is_sane {
        return T::default();
    }
    let bytes = std::fs::read(path).unwrap_or_default();
    serde_json::from_slice(&bytes).unwrap_or_default()
}

/// Replaces a JSON file. A failure is passed over on purpose: nothing depends on it.
pub(super) fn store<T: Serialize>(path: &Path, value: &T) {
    if let Ok(bytes) = serde_json::to_vec(value) {
        let _ = replace(path, &bytes);
    }
}

/// Replaces a file so that a reader sees the old or the new one, whole.
pub(super) fn replace(path: &Path, bytes: &[u8]) -> std::io::Result<()> {
    // No process id: containers that share a clone give out the same ones.
    let temporary = path.with_extension(format!("{:x}.tmp", fastrand::u64(..)));
    let write = || std::fs::File::create(&temporary)?.write_all(bytes);
    let mut written = write();
    if matches!(&written, Err(why) if why.kind() == std::io::ErrorKind::NotFound) {
        std::fs::create_dir_all(path.parent().unwrap_or(path))?;
        written = write();
    }
    let replaced = written.and_then(|()| std::fs::rename(&temporary, path));
    if replaced.is_err() {
        // Nothing is left of it on a full disk.
        let _ = std::fs::remove_file(&temporary);
    }
    replaced
}
