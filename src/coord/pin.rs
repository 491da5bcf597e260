//! The pin: the last tip that this clone has checked and trusts.
//!
//! The state ref is an ordinary ref that anybody with access to the repository can set. The next
//! tip must continue the pinned one; a shortened or replaced chain is an alarm.

use std::fs::{File, OpenOptions};
use std::io::{Read, Write};
use std::path::Path;

use crate::model::object_id::ObjectId;

pub(super) const FILE: &str = "pin";
/// As much of the file as is read, in bytes: two ids of any format and a line end fit.
const BYTES_MAX: u64 = 256;

/// The pinned tip, if there is one that can be read.
pub(super) fn load(dir: &Path) -> Option<ObjectId> {
    let mut bytes = Vec::new();
    let file = File::open(dir.join(FILE)).ok()?;
    file.take(BYTES_MAX).read_to_end(&mut bytes).ok()?;
    // Whatever follows the line was there before it was written over.
    let text = std::str::from_utf8(bytes.split(|byte| *byte == b'\n').next()?).ok()?;
    // It stands there twice: one that is being written is no pin.
    let (first, second) = text.trim_end().split_once(' ')?;
    first.parse().ok().filter(|_| first == second)
}

/// Pins a tip that was checked. A lost pin is found again from the ref, so errors are no matter.
pub(super) fn store(dir: &Path, tip: &ObjectId) {
    // Written over what is there: a new file for each operation would make the file system look
    // for room past all those that were just deleted (ext4: a third of the time of a command).
    let path = dir.join(FILE);
    let open = || {
        OpenOptions::new()
            .write(true)
            .create(true)
            .truncate(false)
            .open(&path)
    };
    let file = open().or_else(|_| std::fs::create_dir_all(dir).and_then(|()| open()));
    let _ = file.and_then(|mut file| file.write_all(format!("{tip} {tip}\n").as_bytes()));
}

#[cfg(test)]
mod tests {
    use super::{FILE, load, store};

    #[test]
    fn a_pin_that_is_half_written_is_none() {
        let dir = tempfile::tempdir().expect("a temporary directory can be made");
        assert_eq!(load(dir.path()), None);
        let [one, two] = ["1", "2"].map(|digit| digit.repeat(40).parse().expect("an id"));
        store(dir.path(), &one);
        store(dir.path(), &two);
        assert_eq!(load(dir.path()), Some(two));
        let torn = format!("{one} {two}\n");
        std::fs::write(dir.path().join(FILE), torn).expect("it is writable");
        assert_eq!(load(dir.path()), None);
        // A longer file than any pin is no more than its first line.
        let long = [b'x'].repeat(1 << 20);
        std::fs::write(dir.path().join(FILE), long).expect("it is writable");
        assert_eq!(load(dir.path()), None);
        store(dir.path(), &one);
        assert_eq!(load(dir.path()), Some(one));
    }
}
