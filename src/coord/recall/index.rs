//! The file of the index: what ranking needs of each memory, and nothing that has to be parsed.
//!
//! ```text
//! magic, checksum of all that follows, tree id, number of portions,
//! and for each portion: tree id, length, and its entries
//! ```
//!
//! Numbers are little-endian, texts have their length before them. A file that is not exactly that
//! is made anew.

use crate::domain::memory::rank::Entry;
use crate::domain::memory::terms::{self, Counts};
use crate::model::memory::{MemoryRecord, Sort};

/// Also says the version: what is counted and how belongs to it.
const MAGIC: &[u8] = b"git-coord memory 1\n";
/// Largest file that is read, in bytes.
const BYTES_MAX: usize = 256 * 1024 * 1024;

/// A whole index.
pub(super) struct Index {
    bytes: Vec<u8>,
    tree: std::ops::Range<usize>,
    /// The tree of each portion, and where its entries are.
    portions: Vec<(std::ops::Range<usize>, std::ops::Range<usize>)>,
}

/// The entries of one directory.
pub(super) struct Portion {
    tree: String,
    bytes: Vec<u8>,
}

impl Portion {
    /// As another index has it.
    pub(super) fn kept(tree: String, bytes: &[u8]) -> Self {
        let bytes = bytes.to_vec();
        Self { tree, bytes }
    }

    /// Made of the memories themselves.
    pub(super) fn of(tree: String, memories: &[MemoryRecord]) -> Self {
        let mut bytes = Vec::new();
        memories
            .iter()
            .for_each(|memory| put_entry(&mut bytes, memory));
        Self { tree, bytes }
    }
}

impl Index {
    /// Puts portions together.
    pub(super) fn new(tree: &str, portions: Vec<Portion>) -> Self {
        let mut bytes = MAGIC.to_vec();
        bytes.extend([0; 4]);
        let body = bytes.len();
        put_text(&mut bytes, tree);
        put(&mut bytes, portions.len() as u32);
        for portion in portions {
            put_text(&mut bytes, &portion.tree);
            put(&mut bytes, portion.bytes.len() as u32);
            bytes.extend(portion.bytes);
        }
        let sum = adler2::adler32_slice(&bytes[body..]);
        bytes[MAGIC.len()..body].copy_from_slice(&sum.to_le_bytes());
        Self::read(bytes).expect("because it was just written so")
    }

    /// Takes the bytes of a file; none when it is no index.
    pub(super) fn read(bytes: Vec<u8>) -> Option<Self> {
        if bytes.len() > BYTES_MAX {
            return None;
        }
        let mut reader = Reader {
            bytes: bytes.strip_prefix(MAGIC)?,
        };
        let sum = reader.number()?;
        if adler2::adler32_slice(reader.bytes) != sum {
            return None;
        }
        let all = bytes.len();
        let range = |rest: usize, length: usize| all - rest - length..all - rest;
        let tree = reader.text()?.len();
        let tree = range(reader.bytes.len(), tree);
        let mut portions = Vec::new();
        for _ in 0..reader.number()? {
            let name = reader.text()?.len();
            let name = range(reader.bytes.len(), name);
            let length = reader.number()? as usize;
            reader.take(length)?;
            portions.push((name, range(reader.bytes.len(), length)));
        }
        let is_whole = reader.bytes.is_empty();
        is_whole.then_some(Self {
            tree,
            portions,
            bytes,
        })
    }

    /// The bytes of the file.
    pub(super) fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// The tree of all memories that it is about.
    pub(super) fn tree(&self) -> &str {
        std::str::from_utf8(&self.bytes[self.tree.clone()]).unwrap_or_default()
    }

    /// The entries of a directory, known by its tree.
    pub(super) fn portion(&self, tree: &str) -> Option<&[u8]> {
        let known = self
            .portions
            .iter()
            .find(|(name, _)| self.bytes[name.clone()] == *tree.as_bytes());
        known.map(|(_, range)| &self.bytes[range.clone()])
    }

    /// The ids of all memories, and what ranking needs of each.
    pub(super) fn entries(&self) -> (Vec<&str>, Vec<Entry<'_>>) {
        let (mut ids, mut entries) = (Vec::new(), Vec::new());
        for (_, range) in &self.portions {
            let mut reader = Reader {
                bytes: &self.bytes[range.clone()],
            };
            while let Some((id, entry)) = reader.entry() {
                ids.push(id);
                entries.push(entry);
            }
        }
        (ids, entries)
    }
}

fn put(bytes: &mut Vec<u8>, number: u32) {
    bytes.extend(number.to_le_bytes());
}

fn put_text(bytes: &mut Vec<u8>, text: &str) {
    put_bytes(bytes, text.as_bytes());
}

fn put_bytes(bytes: &mut Vec<u8>, part: &[u8]) {
    put(bytes, part.len() as u32);
    bytes.extend(part);
}

fn put_entry(bytes: &mut Vec<u8>, memory: &MemoryRecord) {
    let (counts, length) = terms::count(memory);
    put_text(bytes, memory.id.as_str());
    put_bytes(bytes, &counts);
    put(bytes, length);
    let sort = Sort::ALL.iter().position(|sort| *sort == memory.sort);
    bytes.push(sort.unwrap_or(0) as u8);
    put(bytes, memory.tags.len() as u32);
    memory
        .tags
        .iter()
        .for_each(|tag| put_text(bytes, tag.as_str()));
    put(bytes, memory.files.len() as u32);
    memory
        .files
        .iter()
        .for_each(|file| put_text(bytes, &file.to_string()));
    bytes.push(memory.importance.get());
    put(bytes, memory.uses);
    bytes.extend(memory.since.utc().timestamp().to_le_bytes());
    bytes.extend(memory.head.rev.to_le_bytes());
}

/// Reads from the front.
struct Reader<'a> {
    bytes: &'a [u8],
}

impl<'a> Reader<'a> {
    fn take(&mut self, length: usize) -> Option<&'a [u8]> {
        let (part, rest) = self.bytes.split_at_checked(length)?;
        self.bytes = rest;
        Some(part)
    }

    fn array<const N: usize>(&mut self) -> Option<[u8; N]> {
        let (part, rest) = self.bytes.split_first_chunk::<N>()?;
        self.bytes = rest;
        Some(*part)
    }

    fn number(&mut self) -> Option<u32> {
        self.array().map(u32::from_le_bytes)
    }

    fn text(&mut self) -> Option<&'a str> {
        let length = self.number()? as usize;
        std::str::from_utf8(self.take(length)?).ok()
    }

    fn texts(&mut self) -> Option<Vec<&'a str>> {
        let count = self.number()? as usize;
        let mut texts = Vec::new();
        for _ in 0..count {
            texts.push(self.text()?);
        }
        Some(texts)
    }

    fn entry(&mut self) -> Option<(&'a str, Entry<'a>)> {
        let id = self.text()?;
        let length = self.number()? as usize;
        let counts = Counts::over(self.take(length)?)?;
        let length = self.number()?;
        let [sort] = self.array()?;
        let tags = self.texts()?;
        let files = self.texts()?;
        let [importance] = self.array()?;
        let uses = self.number()?;
        let since_secs = i64::from_le_bytes(self.array()?);
        let rev = u64::from_le_bytes(self.array()?);
        let entry = Entry {
            counts,
            length,
            sort: *Sort::ALL.get(usize::from(sort))?,
            tags,
            files,
            importance,
            uses,
            since_secs,
            rev,
        };
        Some((id, entry))
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)] // a panic is how a test says no
mod tests {
    use super::{Index, Portion};

    #[test]
    fn anything_but_an_index_is_none() {
        let portion = |tree: &str, bytes: &[u8]| Portion::kept(tree.into(), bytes);
        let index = Index::new("t", vec![portion("a", b"xyz"), portion("b", b"")]);
        assert_eq!((index.tree(), index.portion("a")), ("t", Some(&b"xyz"[..])));
        assert_eq!(
            (index.portion("b"), index.portion("c")),
            (Some(&b""[..]), None)
        );
        assert!(index.entries().0.is_empty());
        let bytes = index.bytes().to_vec();
        assert!(Index::read(bytes.clone()).is_some());
        for cut in 0..bytes.len() {
            assert!(Index::read(bytes[..cut].to_vec()).is_none(), "{cut}");
        }
        for at in 0..bytes.len() {
            let mut changed = bytes.clone();
            changed[at] ^= 1;
            assert!(Index::read(changed).is_none(), "{at}");
        }
        assert!(Index::read([&bytes[..], b"x"].concat()).is_none());
    }
}
