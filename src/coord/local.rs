//! Small files of this clone: atomically replaced, bounded, and never needed to be right.
//!
//! They only save work or keep evidence. One that is missing or unreadable is treated as empty;
//! what decides is in the chain.

use std::fs::{File, OpenOptions};
use std::io::{Read, Seek, Write};
use std::path::Path;

use serde::Serialize;
use serde::de::DeserializeOwned;

/// Largest such file that is read, in bytes.
const BYTES_MAX: u64 = 4 * 1024 * 1024;
/// What a file takes on the disk at least, in bytes.
const BLOCK: usize = 4096;

/// Reads a JSON file; anything unusable is the default. One that [`update`] is in the middle of
/// writing is waited for.
pub(crate) fn load<T: DeserializeOwned + Default>(path: &Path) -> T {
    let Ok(file) = File::open(path) else {
        return T::default();
    };
    // Should the lock fail, half a text reads as none.
    let _ = file.lock_shared();
    read(&file).unwrap_or_default()
}

/// Changes a JSON file where it stands, one writer at a time. A new file for each change would make
/// the file system look for room past all those just deleted; see [`super::pin`].
pub(crate) fn update<T>(path: &Path, change: impl FnOnce(&mut T)) -> std::io::Result<()>
where
    T: Serialize + DeserializeOwned + Default + Clone + PartialEq,
{
    let mut options = OpenOptions::new();
    options.read(true).write(true).create(true).truncate(false);
    let file = options.open(path).or_else(|_| {
        std::fs::create_dir_all(path.parent().unwrap_or(path))?;
        options.open(path)
    })?;
    file.lock()?;
    let before: T = read(&file).unwrap_or_default();
    let mut after = before.clone();
    change(&mut after);
    if after == before {
        return Ok(());
    }
    let mut bytes = serde_json::to_vec(&after)?;
    let length = file.metadata()?.len() as usize;
    // A little less is made up with blanks: cutting a file short costs as much as a new one.
    if bytes.len() < length && length <= BLOCK {
        bytes.resize(length, b' ');
    }
    (&file).rewind()?;
    (&file).write_all(&bytes)?;
    if bytes.len() < length {
        file.set_len(bytes.len() as u64)?;
    }
    Ok(())
}

fn read<T: DeserializeOwned>(mut file: &File) -> Option<T> {
    let meta = file.metadata().ok()?;
    if !meta.is_file() || meta.len() > BYTES_MAX {
        return None;
    }
    let mut bytes = Vec::new();
    file.read_to_end(&mut bytes).ok()?;
    serde_json::from_slice(&bytes).ok()
}

/// Replaces a JSON file. A failure is passed over on purpose: nothing depends on it.
pub(crate) fn store<T: Serialize>(path: &Path, value: &T) {
    if let Ok(bytes) = serde_json::to_vec(value) {
        let _ = replace(path, &bytes);
    }
}

/// Replaces a file so that a reader sees the old or the new one, whole.
pub(crate) fn replace(path: &Path, bytes: &[u8]) -> std::io::Result<()> {
    // No process id: containers that share a clone give out the same ones.
    let temporary = path.with_extension(format!("{:x}.tmp", fastrand::u64(..)));
    let write = || File::create(&temporary)?.write_all(bytes);
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

#[cfg(test)]
mod tests {
    use super::{BYTES_MAX, load, store, update};

    #[test]
    fn what_is_missing_damaged_or_no_file_is_empty() {
        let dir = tempfile::tempdir().expect("a temporary directory can be made");
        let path = dir.path().join("some.json");
        let read = || load::<Vec<u32>>(&path);
        assert!(read().is_empty());
        store(&path, &[1, 2]);
        assert_eq!(read(), [1, 2]);
        std::fs::write(&path, "[1, 2").expect("it is writable");
        assert!(read().is_empty());
        let large = format!("[1{}]", " ".repeat(BYTES_MAX as usize));
        std::fs::write(&path, large).expect("it is writable");
        assert!(read().is_empty());
        std::fs::remove_file(&path).expect("it is there");
        std::fs::create_dir(&path).expect("it is gone");
        assert!(read().is_empty());
    }

    #[test]
    fn writers_at_the_same_time_lose_nothing() {
        let dir = tempfile::tempdir().expect("a temporary directory can be made");
        let path = dir.path().join("some/where.json");
        std::thread::scope(|scope| {
            for writer in 0..4_u32 {
                let path = &path;
                scope.spawn(move || {
                    for n in 0..50_u32 {
                        let add = |all: &mut Vec<u32>| all.push(writer * 100 + n);
                        update(path, add).expect("it is writable");
                        let seen: Vec<u32> = load(path);
                        assert!(seen.contains(&(writer * 100 + n)));
                    }
                });
            }
        });
        assert_eq!(load::<Vec<u32>>(&path).len(), 200);
        update(&path, |all: &mut Vec<u32>| all.truncate(1)).expect("it is writable");
        assert_eq!(load::<Vec<u32>>(&path).len(), 1);
    }
}
