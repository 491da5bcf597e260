//! Blocks of TCP ports of this machine, for test stacks that run side by side.
//!
//! A file of the user's, not of a repository: two clones on one machine have the same ports. It is
//! only a book; whether a port is free is asked of the kernel as well.

use std::collections::BTreeSet;
use std::fs::{File, OpenOptions};
use std::io::{Error, ErrorKind, Read, Result, Seek, Write};
use std::net::{Ipv4Addr, Ipv6Addr, TcpListener};
use std::path::{Path, PathBuf};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::model::id::Actor;
use crate::model::time::Timestamp;

/// First port that is given out, and the first that is not any more: below where the systems take
/// the ports of outgoing connections from (32768 on Linux).
pub const FIRST: u16 = 10_000;
const END: u16 = 32_000;
/// Most ports of one block.
pub const COUNT_MAX: u16 = 100;
/// Most blocks of one machine.
const BLOCKS_MAX: usize = 1_000;
/// Largest book that is read, in bytes.
const BYTES_MAX: u64 = 1024 * 1024;

/// Ports that one session has.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Block {
    /// The clone that it was taken for.
    pub repository: PathBuf,
    /// The session that has it.
    pub by: Actor,
    /// The first port.
    pub first: u16,
    /// How many.
    pub count: u16,
    /// Until when, unless it is taken again.
    pub until: Timestamp,
}

impl Block {
    /// Whether it is this session's in this clone.
    pub fn is_of(&self, repository: &Path, by: &Actor) -> bool {
        self.repository == repository && self.by == *by
    }

    /// Its ports.
    pub fn ports(&self) -> std::ops::Range<u16> {
        self.first..self.first.saturating_add(self.count)
    }
}

/// The book, open and locked: one change at a time on the machine.
pub struct Book {
    file: File,
    blocks: Vec<Block>,
}

impl Book {
    /// Opens the book and waits until it is ours. Blocks whose time is over are gone.
    ///
    /// # Errors
    /// When the file cannot be used, or is no book: it is then left as it is.
    pub fn open(path: &Path, now: Timestamp) -> Result<Self> {
        if let Some(dir) = path.parent() {
            std::fs::create_dir_all(dir)?;
        }
        let mut options = OpenOptions::new();
        options.read(true).write(true).create(true).truncate(false);
        let file = options.open(path)?;
        file.lock()?;
        if file.metadata()?.len() > BYTES_MAX {
            return Err(Error::new(
                ErrorKind::InvalidData,
                "it is too large for a book of ports",
            ));
        }
        let mut text = String::new();
        (&file).read_to_string(&mut text)?;
        let mut blocks: Vec<Block> = match text.trim() {
            "" => Vec::new(),
            text => serde_json::from_str(text)?,
        };
        blocks.retain(|block| block.until > now);
        Ok(Self { file, blocks })
    }

    /// All blocks, by port.
    pub fn blocks(&self) -> &[Block] {
        &self.blocks
    }

    /// The block of a session, for at least so many ports: the one it has, or a new one at or above
    /// `from`. `None` when no ports are left.
    ///
    /// # Errors
    /// When the book cannot be written.
    pub fn take(
        &mut self,
        wanted: Block,
        from: u16,
        is_free: impl Fn(u16) -> bool,
    ) -> Result<Option<Block>> {
        let mine = |block: &&mut Block| block.is_of(&wanted.repository, &wanted.by);
        if let Some(block) = self.blocks.iter_mut().find(mine)
            && block.count >= wanted.count
        {
            block.until = wanted.until;
            let block = block.clone();
            self.write()?;
            return Ok(Some(block));
        }
        self.blocks
            .retain(|block| !block.is_of(&wanted.repository, &wanted.by));
        let taken: BTreeSet<u16> = self.blocks.iter().flat_map(Block::ports).collect();
        let first = choose(from, wanted.count, |port| {
            !taken.contains(&port) && is_free(port)
        });
        let block = first
            .filter(|_| self.blocks.len() < BLOCKS_MAX)
            .map(|first| Block { first, ..wanted });
        self.blocks.extend(block.clone());
        self.blocks.sort_by_key(|block| block.first);
        self.write()?;
        Ok(block)
    }

    /// Gives blocks back, and says which.
    ///
    /// # Errors
    /// When the book cannot be written.
    pub fn release(&mut self, is_over: impl Fn(&Block) -> bool) -> Result<Vec<Block>> {
        let (gone, kept) = self.blocks.drain(..).partition(is_over);
        self.blocks = kept;
        self.write()?;
        Ok(gone)
    }

    fn write(&mut self) -> Result<()> {
        let bytes = serde_json::to_vec(&self.blocks)?;
        self.file.rewind()?;
        self.file.write_all(&bytes)?;
        self.file.set_len(bytes.len() as u64)
    }
}

/// The first run of so many free ports.
fn choose(from: u16, count: u16, is_free: impl Fn(u16) -> bool) -> Option<u16> {
    let mut first = from;
    while first.checked_add(count)? <= END {
        match (first..first + count).find(|port| !is_free(*port)) {
            None => return Some(first),
            Some(taken) => first = taken + 1,
        }
    }
    None
}

/// Whether nobody listens on a port of this machine now.
pub fn is_free(port: u16) -> bool {
    let v4 = TcpListener::bind((Ipv4Addr::UNSPECIFIED, port));
    // Where there is no IPv6 nobody listens there.
    let v6 = TcpListener::bind((Ipv6Addr::LOCALHOST, port));
    v4.is_ok() && !matches!(v6, Err(why) if why.kind() == ErrorKind::AddrInUse)
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::{Block, Book, END, choose};
    use crate::model::time::Timestamp;

    fn at(time: &str) -> Timestamp {
        serde_json::from_value(time.into()).expect("a time")
    }

    fn block(session: &str, count: u16, until: &str) -> Block {
        let by = serde_json::json!({"agent": "a", "session": session});
        Block {
            repository: "/r".into(),
            by: serde_json::from_value(by).expect("an actor"),
            first: 0,
            count,
            until: at(until),
        }
    }

    #[test]
    fn the_first_run_that_is_free_is_chosen() {
        assert_eq!(choose(10_000, 4, |_| true), Some(10_000));
        assert_eq!(choose(10_000, 4, |port| port != 10_002), Some(10_003));
        assert_eq!(choose(END - 4, 4, |_| true), Some(END - 4));
        assert_eq!(choose(END - 3, 4, |_| true), None);
        assert_eq!(choose(10_000, 1, |_| false), None);
        assert_eq!(choose(u16::MAX, 100, |_| true), None);
    }

    #[test]
    fn sessions_have_blocks_of_their_own_until_their_time_is_over() {
        let dir = tempfile::tempdir().expect("a directory");
        let path = dir.path().join("new/ports.json");
        let open = |now| Book::open(&path, at(now)).expect("a book");
        let mut book = open("2026-11-20T08:00:00Z");
        let take = |book: &mut Book, session: &str, count, until| {
            let taken = book.take(block(session, count, until), 10_000, |_| true);
            taken.expect("it is writable").expect("there is room").first
        };
        assert_eq!(take(&mut book, "one", 4, "2026-11-20T09:00:00Z"), 10_000);
        assert_eq!(take(&mut book, "two", 4, "2026-11-20T10:00:00Z"), 10_004);
        assert_eq!(take(&mut book, "one", 4, "2026-11-20T09:30:00Z"), 10_000);
        assert_eq!(take(&mut book, "one", 8, "2026-11-20T09:30:00Z"), 10_008);
        drop(book);
        let mut book = open("2026-11-20T09:45:00Z");
        assert_eq!(book.blocks().len(), 1);
        assert_eq!(take(&mut book, "three", 4, "2026-11-20T10:00:00Z"), 10_000);
        let gone = book.release(|block| {
            block.is_of(Path::new("/r"), &block.by.clone()) && block.first == 10_000
        });
        assert_eq!(gone.expect("it is writable").len(), 1);
        drop(book);
        assert_eq!(open("2026-11-20T09:45:00Z").blocks().len(), 1);
    }

    #[test]
    fn what_is_no_book_is_left_as_it_is() {
        let dir = tempfile::tempdir().expect("a directory");
        let path = dir.path().join("ports.json");
        std::fs::write(&path, "[{}]").expect("it is writable");
        assert!(Book::open(&path, at("2026-11-20T08:00:00Z")).is_err());
        assert_eq!(std::fs::read_to_string(&path).expect("it is there"), "[{}]");
    }
}
