//! Reading objects through the git program, where libgit2 cannot open the repository: reftable and
//! SHA-256. One `git cat-file --batch-command` (git 2.36) is kept open.

use std::cell::RefCell;
use std::collections::BTreeSet;
use std::io::{BufRead, Read, Write};

use super::error::{Error, Result};
use super::git::Git;
use super::kept::Kept;
use super::libgit::check_size;
use super::object::ObjectKind;
use crate::model::object_id::ObjectId;

/// How often a read is tried when the child ends in the middle of it.
const READS_MAX: usize = 3;

pub(super) struct ProgramObjects {
    git: Git,
    reader: RefCell<Option<Kept>>,
    /// Refs that were seen under exactly their name.
    exact: RefCell<BTreeSet<String>>,
}

/// What `cat-file` says of one object.
struct About {
    id: ObjectId,
    kind: String,
    size: usize,
}

impl ProgramObjects {
    pub(super) fn new(git: Git) -> Self {
        Self {
            // An object is what its id says, as it is for libgit2 and for every other clone.
            git: git.with_env(&[("GIT_NO_REPLACE_OBJECTS", "1")]),
            reader: RefCell::new(None),
            exact: RefCell::default(),
        }
    }

    pub(super) fn read(
        &self,
        id: &ObjectId,
        kind: ObjectKind,
        bytes_max: usize,
    ) -> Result<Vec<u8>> {
        // The child gives up when housekeeping takes an object that it has just announced.
        for _ in 1..READS_MAX {
            match self.read_once(id, kind, bytes_max) {
                Err(Error::Git { .. }) => {}
                other => return other,
            }
        }
        self.read_once(id, kind, bytes_max)
    }

    fn read_once(&self, id: &ObjectId, kind: ObjectKind, bytes_max: usize) -> Result<Vec<u8>> {
        let name = id.to_string();
        let missing = || Error::Missing { id: *id };
        let about = self.ask(|reader| info(reader, &name))?;
        let about = about.ok_or_else(missing)?;
        if about.kind != kind.as_str() {
            return Err(Error::damaged(
                format!("object {id}"),
                format!("it is no {}", kind.as_str()),
            ));
        }
        check_size(id, about.size, bytes_max)?;
        self.ask(|reader| contents(reader, &name, about.size))?
            .ok_or_else(missing)
    }

    pub(super) fn has(&self, id: &ObjectId) -> Result<bool> {
        let name = id.to_string();
        Ok(self.ask(|reader| info(reader, &name))?.is_some())
    }

    /// The object that a ref names, where the files do not tell. `cat-file` answers in no time but
    /// takes the name for a short one when there is no such ref, and calls a damaged ref missing;
    /// so another command settles these cases and the first question.
    pub(super) fn tip(&self, name: &str) -> Result<Option<ObjectId>> {
        if self.exact.borrow().contains(name)
            && let Some(about) = self.ask(|reader| info(reader, name))?
        {
            return Ok(Some(about.id));
        }
        let tip = self.exact_tip(name)?;
        if tip.is_some() {
            self.exact.borrow_mut().insert(name.to_owned());
        }
        Ok(tip)
    }

    fn exact_tip(&self, name: &str) -> Result<Option<ObjectId>> {
        let args = ["for-each-ref", "--format=%(objectname) %(refname)", name];
        let mut words = String::new();
        // Twice, since the ref may come to be between the two questions.
        for _ in 0..2 {
            let listed = self.git.run(&args, None, None)?;
            let text = listed.text();
            let mut lines = text.lines().filter_map(|line| line.split_once(' '));
            if let Some((id, _)) = lines.find(|(_, listed)| *listed == name) {
                return Ok(id.parse().ok());
            }
            words = listed.stderr;
            // 2 is its answer for a ref that is not there (git 2.43; older ones answer 129).
            match self
                .git
                .run(&["show-ref", "--exists", name], None, None)?
                .code
            {
                Some(2) => return Ok(None),
                Some(129) if words.is_empty() && listed.code == Some(0) => return Ok(None),
                _ => {}
            }
        }
        Err(Error::damaged(format!("ref {name}"), words))
    }

    fn ask<T>(&self, question: impl FnOnce(&mut Kept) -> std::io::Result<T>) -> Result<T> {
        let mut reader = match self.reader.take() {
            Some(reader) => reader,
            None => self.git.open(&["cat-file", "--batch-command"])?,
        };
        match question(&mut reader) {
            Ok(answer) => {
                self.reader.replace(Some(reader));
                Ok(answer)
            }
            // Its position in the stream is unknown now, or it has ended; it may say why.
            Err(why) => {
                let _ = reader.child.kill();
                let (words, _) = reader.last_words();
                Err(failed(&if words.is_empty() {
                    why.to_string()
                } else {
                    words
                }))
            }
        }
    }
}

fn info(reader: &mut Kept, name: &str) -> std::io::Result<Option<About>> {
    writeln!(reader.stdin, "info {name}")?;
    header(reader)
}

/// The content, once its size is known.
fn contents(reader: &mut Kept, name: &str, size: usize) -> std::io::Result<Option<Vec<u8>>> {
    writeln!(reader.stdin, "contents {name}")?;
    let Some(about) = header(reader)? else {
        return Ok(None);
    };
    if about.size != size {
        return Err(std::io::Error::other("an object has changed its size"));
    }
    let mut data = vec![0; size];
    reader.stdout.read_exact(&mut data)?;
    reader.stdout.read_exact(&mut [0])?;
    Ok(Some(data))
}

/// `<id> <kind> <size>`, or `<name> missing`.
fn header(reader: &mut Kept) -> std::io::Result<Option<About>> {
    reader.stdin.flush()?;
    let mut line = String::new();
    reader.stdout.read_line(&mut line)?;
    let words: Vec<&str> = line.trim_end().split(' ').collect();
    let about = match words.as_slice() {
        [_, "missing"] => return Ok(None),
        [id, kind, size] => match (id.parse(), size.parse()) {
            (Ok(id), Ok(size)) => Some(About {
                id,
                kind: (*kind).to_owned(),
                size,
            }),
            _ => None,
        },
        _ => None,
    };
    let odd = || format!("it answered `{}`", line.trim_end().escape_debug());
    about.map(Some).ok_or_else(|| std::io::Error::other(odd()))
}

impl Drop for ProgramObjects {
    fn drop(&mut self) {
        if let Some(mut reader) = self.reader.take() {
            // Nobody waits for what it may still be at.
            let _ = reader.child.kill();
            let _ = reader.child.wait();
        }
    }
}

fn failed(why: &str) -> Error {
    Error::Git {
        command: "cat-file".into(),
        why: why.to_owned(),
    }
}
