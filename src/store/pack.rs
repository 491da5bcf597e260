//! Packs of a few objects, made up here and handed to the git program.

use std::ffi::OsStr;
use std::io::Write;
use std::path::Path;

use flate2::Compression;
use flate2::write::ZlibEncoder;

use super::durable;
use super::error::{Error, Result};
use super::git::Git;
use super::object::{HashKind, NewObject, ObjectKind};

/// A pack with whole, undeltified objects (gitformat-pack, "pack-*.pack files").
pub(super) fn of(hash: HashKind, objects: &[NewObject]) -> Result<Vec<u8>> {
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

/// Writes objects as a pack of its own. `git prune` takes loose objects, and what is half written
/// under git's temporary names; so the pack is made elsewhere and moved to its place when whole.
pub(super) fn write(
    git: &Git,
    common_dir: &Path,
    hash: HashKind,
    objects: &[NewObject],
    fsync: bool,
) -> Result<()> {
    let scratch = common_dir.join("coord");
    let places = common_dir.join("objects/pack");
    for dir in [&scratch, &places] {
        std::fs::create_dir_all(dir).map_err(Error::io("creating", dir))?;
    }
    let name = format!("pack-{}", ulid::Ulid::generate());
    let [pack, index] = ["pack", "idx"].map(|end| format!("{name}.{end}"));
    let moved = make(git, &scratch, hash, objects, &name).and_then(|()| {
        // The index last: it is what makes a pack known.
        [&pack, &index].into_iter().try_for_each(|file| {
            let to = places.join(file);
            std::fs::rename(scratch.join(file), &to).map_err(Error::io("moving a pack to", &to))
        })
    });
    for file in [&pack, &index] {
        let _ = std::fs::remove_file(scratch.join(file));
    }
    if moved.is_err() {
        // Without its index nobody would ever find it.
        let _ = std::fs::remove_file(places.join(&pack));
    }
    moved?;
    if fsync {
        let mut files = ["pack", "idx"]
            .map(|end| places.join(&name).with_extension(end))
            .to_vec();
        files.push(places);
        durable::flush(&files)?;
    }
    Ok(())
}

/// Makes the pack and its index in `scratch`.
fn make(
    git: &Git,
    scratch: &Path,
    hash: HashKind,
    objects: &[NewObject],
    name: &str,
) -> Result<()> {
    let [pack, index] = ["pack", "idx"].map(|end| scratch.join(format!("{name}.{end}")));
    std::fs::write(&pack, of(hash, objects)?).map_err(Error::io("writing", &pack))?;
    let args = [
        // It would make the reverse index under a temporary name of git's.
        OsStr::new("-c"),
        OsStr::new("pack.writeReverseIndex=false"),
        OsStr::new("index-pack"),
        OsStr::new("-o"),
        index.as_os_str(),
        pack.as_os_str(),
    ];
    // Away from the objects that are there: it compares with equal ones, and gives up when such
    // a one is deleted meanwhile.
    let git = git.with_env(&[("GIT_OBJECT_DIRECTORY", scratch)]);
    git.expect(&args, None).map(drop)
}

fn failed(why: &str) -> Error {
    Error::Git {
        command: "index-pack".into(),
        why: why.to_owned(),
    }
}
