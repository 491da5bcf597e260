//! Reading a ref of the files format from the files themselves.
//!
//! Git and libgit2 keep `packed-refs` in memory and tell a new one by time, size and inode. Git
//! compares whole seconds: when it is rewritten twice in one, a long-lived reader answers with
//! what stood there before (measured, beside `git pack-refs`). Looking afresh is also faster than
//! asking either of them.

use std::io::ErrorKind;
use std::path::Path;
use std::time::SystemTime;

use crate::model::object_id::ObjectId;

/// What the files say of a ref.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Known {
    Id(ObjectId),
    Absent,
    /// A symbolic ref, damage or an unreadable file: somebody else has to say.
    Odd,
}

/// Looks in the loose file first, as git does; it overrides what is packed. Git packs a ref before
/// it deletes the loose file, so one of the two is seen.
pub(super) fn tip(common_dir: &Path, name: &str) -> Known {
    match std::fs::read(common_dir.join(name)) {
        Ok(content) => id(content.trim_ascii_end()).map_or(Known::Odd, Known::Id),
        Err(why) => match why.kind() {
            ErrorKind::NotFound | ErrorKind::NotADirectory => packed(common_dir, name),
            // A directory may be there for refs below it.
            ErrorKind::IsADirectory => packed(common_dir, name),
            _ => Known::Odd,
        },
    }
}

fn packed(common_dir: &Path, name: &str) -> Known {
    let content = match std::fs::read(common_dir.join("packed-refs")) {
        Ok(content) => content,
        Err(why) if why.kind() == ErrorKind::NotFound => return Known::Absent,
        Err(_) => return Known::Odd,
    };
    // `<id> <name>`; comments and peeled tags begin with another byte than a digit.
    let found = content
        .split(|byte| *byte == b'\n')
        .filter_map(|line| line.strip_suffix(name.as_bytes())?.strip_suffix(b" "))
        .next();
    match found {
        None => Known::Absent,
        Some(digits) => id(digits).map_or(Known::Odd, Known::Id),
    }
}

fn id(digits: &[u8]) -> Option<ObjectId> {
    let id: ObjectId = std::str::from_utf8(digits).ok()?.parse().ok()?;
    (id != ObjectId::zero_like(&id)).then_some(id)
}

/// Tells one file from the next of the same name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Stamp {
    pub(super) changed: SystemTime,
    size: u64,
    inode: u64,
}

impl Stamp {
    pub(super) fn of(path: &Path) -> Option<Self> {
        let meta = std::fs::symlink_metadata(path).ok()?;
        #[cfg(unix)]
        let inode = std::os::unix::fs::MetadataExt::ino(&meta);
        #[cfg(not(unix))]
        let inode = 0;
        Some(Self {
            changed: meta.modified().ok()?,
            size: meta.len(),
            inode,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::{Known, tip};

    const NAME: &str = "refs/coord/state";

    #[test]
    fn the_loose_file_overrides_the_packed_one() {
        let dir = tempfile::TempDir::new().expect("a temporary directory");
        let write = |file: &str, text: String| {
            let path = dir.path().join(file);
            std::fs::create_dir_all(path.parent().expect("a parent")).expect("a directory");
            std::fs::write(path, text).expect("a file");
        };
        let (one, two) = ("1".repeat(40), "2".repeat(40));
        assert_eq!(tip(dir.path(), NAME), Known::Absent);
        write(
            "packed-refs",
            format!("# pack-refs with: peeled\n{two} refs/coord/state2\n{one} {NAME}\n^{two}\n"),
        );
        assert_eq!(
            tip(dir.path(), NAME),
            Known::Id(one.parse().expect("an id"))
        );
        write(NAME, format!("{two}\n"));
        assert_eq!(
            tip(dir.path(), NAME),
            Known::Id(two.parse().expect("an id"))
        );
        for odd in ["", "ref: refs/heads/main\n", "garbage", &"0".repeat(40)] {
            write(NAME, odd.into());
            assert_eq!(tip(dir.path(), NAME), Known::Odd, "{odd}");
        }
    }
}
