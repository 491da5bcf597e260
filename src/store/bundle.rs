//! The records of a large directory in one file beside the repository.
//!
//! Ten thousand records are ten thousand objects to find and inflate, again for each command. The
//! file has their bytes by the id of the tree that they stand in, so what it says of a tree is true
//! whenever it was written: a tree that changed has another id and is read from git. Nothing
//! depends on the file; without it, or when it is damaged, everything is read as ever.

use std::collections::HashMap;
use std::ops::Range;
use std::path::Path;

use crate::model::bytes::Bytes;
use crate::model::object_id::ObjectId;

/// Begins the file; another number is another format.
const MARK: &[u8; 8] = b"gcbundl1";
/// Largest file, in bytes: some hundred thousand tasks.
const BYTES_MAX: u64 = 256 * 1024 * 1024;
/// So many trees may be read from git before the file is written anew.
const STALE_MAX: usize = 12;

/// What the file had, by tree.
#[derive(Default)]
pub(super) struct Bundle {
    bytes: Bytes,
    trees: HashMap<ObjectId, Range<usize>>,
}

/// The records of one tree: names and bytes, one after the other.
#[derive(Default)]
pub(super) struct Section {
    packed: Vec<u8>,
}

impl Section {
    pub(super) fn add(&mut self, name: &[u8], bytes: &[u8]) {
        for part in [name, bytes] {
            let length = u32::try_from(part.len()).unwrap_or(u32::MAX);
            self.packed.extend_from_slice(&length.to_le_bytes());
            self.packed.extend_from_slice(part);
        }
    }
}

impl Bundle {
    /// Reads the file; nothing when it is not there, or is not whole.
    pub(super) fn read(path: &Path) -> Self {
        Self::whole(path).unwrap_or_default()
    }

    fn whole(path: &Path) -> Option<Self> {
        if std::fs::metadata(path).ok()?.len() > BYTES_MAX {
            return None;
        }
        let bytes = std::fs::read(path).ok()?;
        let mut head = Cursor {
            bytes: &bytes,
            at: 0,
        };
        if head.take(MARK.len())? != MARK {
            return None;
        }
        let sum = u64::from_le_bytes(head.take(8)?.try_into().ok()?);
        if checksum(&bytes[head.at..]) != sum {
            return None;
        }
        let mut trees = HashMap::new();
        while head.at < bytes.len() {
            let id = head.part()?;
            let id = ObjectId::from_bytes(id)?;
            let section = head.part()?.len();
            trees.insert(id, head.at - section..head.at);
        }
        Some(Self {
            bytes: bytes.into(),
            trees,
        })
    }

    /// The records of a tree, names first, if the file has them.
    pub(super) fn records(&self, tree: &ObjectId) -> Option<impl Iterator<Item = (&[u8], Bytes)>> {
        let section = self.trees.get(tree)?.clone();
        let mut rest = Cursor {
            bytes: &self.bytes[..section.end],
            at: section.start,
        };
        Some(std::iter::from_fn(move || {
            let (name, length) = (rest.part()?, rest.part()?.len());
            Some((name, self.bytes.part(rest.at - length..rest.at)))
        }))
    }

    /// Writes the file anew when too much of what was wanted was not in it.
    pub(super) fn refresh(&self, path: &Path, wanted: &[ObjectId], read: Vec<(ObjectId, Section)>) {
        if read.len() <= STALE_MAX {
            return;
        }
        let read: HashMap<ObjectId, Section> = read.into_iter().collect();
        let mut body = Vec::with_capacity(self.bytes.len());
        let mut put = |part: &[u8]| {
            let length = u32::try_from(part.len()).unwrap_or(u32::MAX);
            body.extend_from_slice(&length.to_le_bytes());
            body.extend_from_slice(part);
        };
        for id in wanted {
            let section = match (read.get(id), self.trees.get(id)) {
                (Some(section), _) => section.packed.as_slice(),
                (None, Some(range)) => &self.bytes[range.clone()],
                (None, None) => continue,
            };
            put(id.as_bytes());
            put(section);
        }
        let file = [MARK.as_slice(), &checksum(&body).to_le_bytes(), &body].concat();
        // It only saves time.
        let _ = replace(path, &file);
    }
}

/// Puts a file in the place of another, whole.
fn replace(path: &Path, bytes: &[u8]) -> std::io::Result<()> {
    let temporary = path.with_extension(format!("{:x}.tmp", fastrand::u64(..)));
    std::fs::create_dir_all(path.parent().unwrap_or(path))?;
    let replaced =
        std::fs::write(&temporary, bytes).and_then(|()| std::fs::rename(&temporary, path));
    if replaced.is_err() {
        // Nothing is left of it on a full disk.
        let _ = std::fs::remove_file(&temporary);
    }
    replaced
}

/// Reads parts of a file that may be cut short.
struct Cursor<'b> {
    bytes: &'b [u8],
    at: usize,
}

impl<'b> Cursor<'b> {
    fn take(&mut self, count: usize) -> Option<&'b [u8]> {
        let part = self.bytes.get(self.at..self.at.checked_add(count)?)?;
        self.at += count;
        Some(part)
    }

    fn part(&mut self) -> Option<&'b [u8]> {
        let length = self.take(4)?.try_into().ok().map(u32::from_le_bytes)?;
        self.take(usize::try_from(length).ok()?)
    }
}

/// Tells a torn or rotten file from a whole one: eight bytes at a time, since it is large.
fn checksum(bytes: &[u8]) -> u64 {
    let mut sums = [bytes.len() as u64, 1, 2, 3];
    let mix = |sum: u64, word: u64| {
        (sum ^ word)
            .wrapping_mul(0x9e37_79b9_7f4a_7c15)
            .rotate_left(29)
    };
    let mut blocks = bytes.chunks_exact(32);
    for block in &mut blocks {
        for (sum, word) in sums.iter_mut().zip(block.chunks_exact(8)) {
            let word = word.try_into().map(u64::from_le_bytes).unwrap_or_default();
            *sum = mix(*sum, word);
        }
    }
    let rest = blocks.remainder().iter();
    let tail = rest.fold(0, |sum, byte| mix(sum, u64::from(*byte)));
    sums.into_iter().fold(tail, mix)
}

#[cfg(test)]
mod tests {
    use super::{Bundle, STALE_MAX, Section};
    use crate::model::object_id::ObjectId;

    fn id(n: u8) -> ObjectId {
        ObjectId::from_bytes(&[n; 20]).expect("it is as long as an id")
    }

    fn records(bundle: &Bundle, n: u8) -> Option<Vec<(String, String)>> {
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        let tree = id(n);
        let records = bundle.records(&tree)?;
        Some(
            records
                .map(|(name, bytes)| (text(name), text(&bytes)))
                .collect(),
        )
    }

    #[test]
    fn what_was_written_is_read_and_what_is_damaged_is_not_there() {
        let dir = tempfile::tempdir().expect("a temporary directory can be made");
        let path = dir.path().join("below/bundle");
        let trees = u8::try_from(STALE_MAX).expect("it is small") + 1;
        let all: Vec<ObjectId> = (0..trees).map(id).collect();
        let sections = || {
            let section = |n: u8| {
                let mut section = Section::default();
                section.add(b"a.json", format!("{{\"n\":{n}}}").as_bytes());
                section.add(b"b.json", b"");
                (id(n), section)
            };
            (0..trees).map(section).collect::<Vec<_>>()
        };
        Bundle::default().refresh(&path, &all, sections().into_iter().skip(1).collect());
        assert!(!path.exists(), "few are not worth a file");
        Bundle::default().refresh(&path, &all, sections());
        let bundle = Bundle::read(&path);
        let three = vec![
            ("a.json".into(), "{\"n\":3}".into()),
            ("b.json".into(), String::new()),
        ];
        assert_eq!(records(&bundle, 3), Some(three));
        assert_eq!(records(&bundle, trees), None);
        // What is wanted no longer goes when the file is next written.
        bundle.refresh(&path, &all[..2], sections());
        assert_eq!(Bundle::read(&path).trees.len(), 2);
        let whole = std::fs::read(&path).expect("it was written");
        for at in 0..whole.len() {
            let mut rotten = whole.clone();
            rotten[at] ^= 1;
            std::fs::write(&path, &rotten).expect("it is writable");
            assert!(Bundle::read(&path).trees.is_empty(), "byte {at}");
            std::fs::write(&path, &whole[..at]).expect("it is writable");
            assert!(Bundle::read(&path).trees.is_empty(), "cut at {at}");
        }
    }
}
