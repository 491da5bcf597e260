//! Objects through the git program, for what libgit2 cannot open: reftable and SHA-256.
//!
//! Reading keeps one `git cat-file --batch` open. Writing hands all objects of an operation to one
//! `git unpack-objects`, as a pack that is made up here.

use std::cell::RefCell;
use std::io::{BufRead, BufReader, Read, Write};
use std::path::Path;
use std::process::{ChildStdin, ChildStdout};

use flate2::Compression;
use flate2::write::ZlibEncoder;

use super::durable;
use super::error::{Error, Result};
use super::git::{Git, Program};
use super::libgit::check_size;
use super::object::{HashKind, NewObject, ObjectKind};
use crate::model::object_id::ObjectId;

pub(super) struct ProgramObjects {
    git: Git,
    hash: HashKind,
    fsync: bool,
    reader: RefCell<Option<Reader>>,
}

struct Reader {
    child: Program,
    stdin: ChildStdin,
    stdout: BufReader<ChildStdout>,
}

/// What `cat-file --batch` says of one object.
struct Answer {
    id: ObjectId,
    kind: String,
    data: Vec<u8>,
}

impl ProgramObjects {
    pub(super) fn new(git: Git, hash: HashKind, fsync: bool) -> Self {
        Self {
            git,
            hash,
            fsync,
            reader: RefCell::new(None),
        }
    }

    pub(super) fn read(
        &self,
        id: &ObjectId,
        kind: ObjectKind,
        bytes_max: usize,
    ) -> Result<Vec<u8>> {
        let answer = self
            .ask(&id.to_string(), bytes_max)?
            .ok_or(Error::Missing { id: *id })?;
        if answer.kind != kind.as_str() {
            return Err(Error::damaged(
                format!("object {id}"),
                format!("it is no {}", kind.as_str()),
            ));
        }
        Ok(answer.data)
    }

    pub(super) fn has(&self, id: &ObjectId) -> Result<bool> {
        Ok(self.ask(&id.to_string(), usize::MAX)?.is_some())
    }

    /// The commit that a ref names, in the same question that reads objects.
    pub(super) fn tip(&self, name: &str) -> Result<Option<ObjectId>> {
        if let Some(answer) = self.ask(name, usize::MAX)? {
            return Ok(Some(answer.id));
        }
        // `missing` is said of a ref that is not there and of one whose commit is not there. Only
        // the first is nothing.
        let args = ["rev-parse", "--verify", "--quiet", name];
        let output = self.git.run(&args, None, None)?;
        Ok(output
            .success()
            .then(|| output.text().parse().ok())
            .flatten())
    }

    fn ask(&self, name: &str, bytes_max: usize) -> Result<Option<Answer>> {
        match self.ask_once(name, bytes_max) {
            // Git ends when an object goes between its name and its content. A new one knows.
            Err(Error::Git { .. }) => self.ask_once(name, bytes_max),
            other => other,
        }
    }

    fn ask_once(&self, name: &str, bytes_max: usize) -> Result<Option<Answer>> {
        let mut slot = self.reader.borrow_mut();
        let reader = match slot.take() {
            Some(reader) => reader,
            None => Reader::start(&self.git)?,
        };
        let reader = slot.insert(reader);
        let answer = reader.ask(name, bytes_max);
        if answer.is_err() {
            // Its position in the stream is unknown now.
            *slot = None;
        }
        answer
    }

    pub(super) fn write(&self, objects: &[NewObject]) -> Result<()> {
        let pack = pack(self.hash, objects)?;
        // Batched: one flush for all of them (git 2.36; older ones flush each).
        let fsync = if self.fsync {
            "core.fsync=loose-object"
        } else {
            "core.fsync=none"
        };
        let args = [
            "-c",
            fsync,
            "-c",
            "core.fsyncMethod=batch",
            "unpack-objects",
            "-q",
        ];
        self.git.expect(&args, Some(&pack)).map(drop)
    }
}

/// Writes objects as one pack, which git's pruning leaves alone whether or not it is reachable.
///
/// It is made in `scratch`: among the objects, git's pruning would take its temporary files.
pub(super) fn write_packed(
    git: &Git,
    hash: HashKind,
    scratch: &Path,
    common_dir: &Path,
    objects: &[NewObject],
) -> Result<()> {
    let bytes = pack(hash, objects)?;
    let made = scratch.join(format!("pack-{}.pack", ulid::Ulid::generate()));
    let index = made.with_extension("idx");
    let moved = std::fs::write(&made, &bytes)
        .map_err(Error::io("writing", &made))
        .and_then(|()| {
            let args = [
                "index-pack".as_ref(),
                "-o".as_ref(),
                index.as_os_str(),
                made.as_os_str(),
            ];
            git.expect(&args, None)?;
            durable::flush(&[made.clone(), index.clone()])?;
            // Git names a pack after its own checksum, and looks for packs by their index.
            let name = &bytes[bytes.len() - hash.digest(&[]).as_bytes().len()..];
            let name: String = name.iter().map(|byte| format!("{byte:02x}")).collect();
            let dir = common_dir.join("objects/pack");
            for from in [&made, &index] {
                let to = dir
                    .join(format!("pack-{name}"))
                    .with_extension(from.extension().unwrap_or_default());
                std::fs::rename(from, &to).map_err(Error::io("moving", &to))?;
            }
            durable::flush(&[dir])
        });
    for file in [made, index] {
        // Gone when all went well.
        let _ = std::fs::remove_file(file);
    }
    moved
}

impl Reader {
    fn start(git: &Git) -> Result<Self> {
        let mut child = git.open(&["cat-file", "--batch"])?;
        match (child.stdin.take(), child.stdout.take()) {
            (Some(stdin), Some(stdout)) => Ok(Self {
                child,
                stdin,
                stdout: BufReader::new(stdout),
            }),
            _ => Err(failed("it has no pipes")),
        }
    }

    fn ask(&mut self, name: &str, bytes_max: usize) -> Result<Option<Answer>> {
        let io = |why: std::io::Error| failed(&why.to_string());
        writeln!(self.stdin, "{name}")
            .and_then(|()| self.stdin.flush())
            .map_err(io)?;
        let mut header = String::new();
        self.stdout.read_line(&mut header).map_err(io)?;
        // `<id> <kind> <size>`, or `<name> missing`.
        let words: Vec<&str> = header.trim_end().split(' ').collect();
        let (id, kind, size) = match words.as_slice() {
            [_, "missing"] => return Ok(None),
            [id, kind, size] => (id.parse().ok(), (*kind).to_owned(), size.parse().ok()),
            _ => (None, String::new(), None),
        };
        let (Some(id), Some(size)) = (id, size) else {
            return Err(failed(&format!(
                "it answered `{}`",
                header.trim_end().escape_debug()
            )));
        };
        check_size(&id, size, bytes_max)?;
        let mut data = vec![0; size];
        self.stdout.read_exact(&mut data).map_err(io)?;
        self.stdout.read_exact(&mut [0]).map_err(io)?;
        Ok(Some(Answer { id, kind, data }))
    }
}

impl Drop for Reader {
    fn drop(&mut self) {
        // It may still be writing an object that was too large; nobody waits for that.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// A pack with whole, undeltified objects (gitformat-pack, "pack-*.pack files").
fn pack(hash: HashKind, objects: &[NewObject]) -> Result<Vec<u8>> {
    let count = u32::try_from(objects.len()).map_err(|_| failed("too many objects"))?;
    let mut out = b"PACK\0\0\0\x02".to_vec();
    out.extend_from_slice(&count.to_be_bytes());
    for object in objects {
        let kind: u8 = match object.kind {
            ObjectKind::Commit => 1,
            ObjectKind::Tree => 2,
            ObjectKind::Blob => 3,
        };
        // Four bits of the size beside the kind, then seven at a time, least significant first.
        let mut size = object.data.len();
        let mut byte = kind << 4 | (size & 0x0f) as u8;
        size >>= 4;
        while size > 0 {
            out.push(byte | 0x80);
            byte = (size & 0x7f) as u8;
            size >>= 7;
        }
        out.push(byte);
        let mut encoder = ZlibEncoder::new(&mut out, Compression::fast());
        encoder
            .write_all(&object.data)
            .and_then(|()| encoder.finish().map(drop))
            .map_err(|why| failed(&why.to_string()))?;
    }
    let trailer = hash.digest(&[&out]);
    out.extend_from_slice(trailer.as_bytes());
    Ok(out)
}

fn failed(why: &str) -> Error {
    Error::Git {
        command: "cat-file --batch".into(),
        why: why.to_owned(),
    }
}
