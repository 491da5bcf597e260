//! Loose objects: written as git does, deflated, under a temporary name, then renamed; and read.
//!
//! libgit2 looks through all packs again for each object that it is to write, and the git program
//! costs a process. The format is one line of gitrepository-layout and the same for both hash
//! functions, so both kinds of repository are written here.

use std::fs::{File, OpenOptions};
use std::io::{BufRead, BufReader, ErrorKind, Read, Write};
use std::path::{Path, PathBuf};

use adler2::Adler32;
use flate2::Compression;
use flate2::read::ZlibDecoder;
use flate2::write::ZlibEncoder;

use super::durable;
use super::error::{Error, Result};
use super::libgit::check_size;
use super::object::{NewObject, ObjectKind};
use crate::model::object_id::ObjectId;

/// Most bytes, header and all, of an object that is stored and not deflated: a block of the disk.
const STORED_BYTES_MAX: usize = 4096 - 11;
/// Longest header, in bytes: a kind, a size and the end.
const HEAD_BYTES_MAX: u64 = 32;

/// An object under its temporary name; dropping it removes it, unless it was named.
struct Unnamed {
    file: File,
    /// Empty once it has its name.
    temporary: PathBuf,
    path: PathBuf,
}

impl Unnamed {
    fn name(mut self) -> Result<PathBuf> {
        let renamed = std::fs::rename(&self.temporary, &self.path);
        renamed.map_err(Error::io("naming", &self.path))?;
        self.temporary = PathBuf::new();
        Ok(std::mem::take(&mut self.path))
    }
}

impl Drop for Unnamed {
    fn drop(&mut self) {
        if !self.temporary.as_os_str().is_empty() {
            // What could not be written, say on a full disk, takes no room there.
            let _ = std::fs::remove_file(&self.temporary);
        }
    }
}

/// Where an object is unless it is in a pack.
pub(super) fn path_of(common_dir: &Path, id: &ObjectId) -> PathBuf {
    let hex = id.to_string();
    let mut path = common_dir.join("objects");
    path.push(&hex[..2]);
    path.push(&hex[2..]);
    path
}

/// The content of an object in a directory of objects that nobody else writes to; none when it is
/// not there.
///
/// # Errors
/// When it cannot be read or inflated.
pub(super) fn read(common_dir: &Path, id: &ObjectId) -> Result<Option<Vec<u8>>> {
    let Some((_, mut inflated)) = open(common_dir, id)? else {
        return Ok(None);
    };
    let mut data = Vec::new();
    let read = inflated.read_to_end(&mut data);
    read.map_err(|why| damaged(id, &why.to_string()))?;
    Ok(Some(data))
}

/// The content of an object that has a file of its own; none when there is no such file.
///
/// libgit2 1.9 never comes to the end of one that is cut off, as after a loss of power.
///
/// # Errors
/// When it is damaged, of another kind, or larger than `bytes_max`.
pub(super) fn read_as(
    common_dir: &Path,
    id: &ObjectId,
    kind: ObjectKind,
    bytes_max: usize,
) -> Result<Option<Vec<u8>>> {
    let Some((head, inflated)) = open(common_dir, id)? else {
        return Ok(None);
    };
    let (found, size) = head.split_once(' ').unwrap_or_default();
    let size: usize = size.parse().map_err(|_| damaged(id, "it has no header"))?;
    if found != kind.as_str() {
        return Err(damaged(id, &format!("it is no {}", kind.as_str())));
    }
    check_size(id, size, bytes_max)?;
    let mut data = Vec::with_capacity(size);
    let read = inflated.take(size as u64 + 1).read_to_end(&mut data);
    read.map_err(|why| damaged(id, &why.to_string()))?;
    if data.len() != size {
        return Err(damaged(id, "it is not as long as it says"));
    }
    Ok(Some(data))
}

/// What an object's file says of it, and the rest of it as it is inflated.
fn open(common_dir: &Path, id: &ObjectId) -> Result<Option<(String, impl Read)>> {
    let path = path_of(common_dir, id);
    let file = match File::open(&path) {
        Err(why) if why.kind() == ErrorKind::NotFound => return Ok(None),
        other => other.map_err(Error::io("reading", &path))?,
    };
    let mut inflated = BufReader::new(ZlibDecoder::new(file));
    let mut head = Vec::new();
    let read = (&mut inflated)
        .take(HEAD_BYTES_MAX)
        .read_until(0, &mut head);
    read.map_err(|why| damaged(id, &why.to_string()))?;
    match (head.pop(), String::from_utf8(head)) {
        (Some(0), Ok(head)) => Ok(Some((head, inflated))),
        _ => Err(damaged(id, "it has no header")),
    }
}

fn damaged(id: &ObjectId, why: &str) -> Error {
    Error::damaged(format!("object {id}"), why)
}

/// Writes objects and returns the directories whose new names are not yet flushed; with `fsync` the
/// contents are, before any of them gets its name: an object that is there is whole.
///
/// # Errors
/// When a file cannot be written, or housekeeping took a temporary one (`git prune --expire=now`).
pub(super) fn write(common_dir: &Path, objects: &[NewObject], fsync: bool) -> Result<Vec<PathBuf>> {
    let mut unnamed = Vec::with_capacity(objects.len());
    for object in objects {
        let path = path_of(common_dir, &object.id);
        if !freshen(&path) {
            unnamed.push(write_unnamed(object, path)?);
        }
    }
    if fsync {
        let files: Vec<&File> = unnamed.iter().map(|new| &new.file).collect();
        durable::flush_open(&files).map_err(Error::io("flushing", common_dir.join("objects")))?;
    }
    let mut dirs = Vec::new();
    for new in unnamed {
        let path = new.name()?;
        // The second directory up, since the first may have been made for this file.
        dirs.extend(path.ancestors().skip(1).take(2).map(Path::to_owned));
    }
    dirs.sort();
    dirs.dedup();
    Ok(dirs)
}

/// Whether the object is there already. It counts as new then, so that pruning leaves it alone.
fn freshen(path: &Path) -> bool {
    let is_there = std::fs::metadata(path).is_ok_and(|meta| meta.len() > 0);
    is_there && touch(path).is_ok()
}

#[cfg(unix)]
fn touch(path: &Path) -> std::io::Result<()> {
    use rustix::fs::{AtFlags, CWD, Timespec, Timestamps, UTIME_NOW, UTIME_OMIT, utimensat};
    let at = |nsec| Timespec {
        tv_sec: 0,
        tv_nsec: nsec,
    };
    let times = Timestamps {
        last_access: at(UTIME_OMIT),
        last_modification: at(UTIME_NOW),
    };
    Ok(utimensat(CWD, path, &times, AtFlags::empty())?)
}

#[cfg(not(unix))]
fn touch(path: &Path) -> std::io::Result<()> {
    // Objects are read-only, which also keeps their times from being set.
    std::fs::metadata(path).map(drop)
}

fn write_unnamed(object: &NewObject, path: PathBuf) -> Result<Unnamed> {
    // Git's own prefix, so that `git gc` clears away what a crash leaves behind; and no process id,
    // since containers that share a clone give out the same ones.
    let name = format!("tmp_obj_coord_{:x}", fastrand::u64(..));
    let temporary = path.with_file_name(name);
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o444);
    let file = match options.open(&temporary) {
        Err(why) if why.kind() == ErrorKind::NotFound => {
            let dir = path.parent().unwrap_or(&path);
            std::fs::create_dir_all(dir).map_err(Error::io("creating", dir))?;
            options.open(&temporary)
        }
        other => other,
    };
    let new = Unnamed {
        file: file.map_err(Error::io("creating", &temporary))?,
        temporary,
        path,
    };
    let deflated = deflate(object).map_err(Error::io("deflating", &new.path))?;
    let written = (&new.file).write_all(&deflated);
    written.map_err(Error::io("writing", &new.temporary))?;
    Ok(new)
}

fn deflate(object: &NewObject) -> std::io::Result<Vec<u8>> {
    let header = format!("{} {}\0", object.kind.as_str(), object.data.len());
    if header.len() + object.data.len() <= STORED_BYTES_MAX {
        return Ok(stored(header.as_bytes(), &object.data));
    }
    // Git's own level for loose objects; packing deflates again.
    let mut encoder = ZlibEncoder::new(Vec::with_capacity(256), Compression::fast());
    encoder.write_all(header.as_bytes())?;
    encoder.write_all(&object.data)?;
    encoder.finish()
}

/// A zlib stream of one stored block (RFC 1950, RFC 1951 3.2.4). A small file takes a whole block of
/// the disk anyway, and setting a compressor up takes longer than writing the file.
fn stored(header: &[u8], data: &[u8]) -> Vec<u8> {
    let mut sum = Adler32::new();
    sum.write_slice(header);
    sum.write_slice(data);
    // `STORED_BYTES_MAX` is far below the 65,535 that a block may have.
    let length = (header.len() + data.len()) as u16;
    let mut stream = Vec::with_capacity(11 + header.len() + data.len());
    stream.extend([0x78, 0x01, 0x01]);
    stream.extend(length.to_le_bytes());
    stream.extend((!length).to_le_bytes());
    stream.extend(header);
    stream.extend(data);
    stream.extend(sum.checksum().to_be_bytes());
    stream
}
