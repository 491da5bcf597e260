//! Objects through libgit2, in this process: the fast path for files + SHA-1 repositories.
//!
//! Only objects, config and reading refs. Its ref writes lose updates beside `git pack-refs` and
//! its network code is not built in.

use git2::{ErrorCode, ObjectType, Oid, Repository};

use super::error::{Error, Result};
use super::object::ObjectKind;
use crate::model::object_id::ObjectId;

pub(super) struct LibObjects {
    repository: Repository,
}

impl LibObjects {
    pub(super) fn new(repository: Repository) -> Self {
        // As git itself: damage on disk is found by the checksum of the deflated stream, and what
        // comes from elsewhere was hashed when it came. It is a tenth of listing all locks.
        git2::opts::strict_hash_verification(false);
        Self { repository }
    }

    pub(super) fn repository(&self) -> &Repository {
        &self.repository
    }

    pub(super) fn read(
        &self,
        id: &ObjectId,
        kind: ObjectKind,
        bytes_max: usize,
    ) -> Result<Vec<u8>> {
        let oid = oid(id)?;
        let odb = self
            .repository
            .odb()
            .map_err(Error::lib("opening the object database"))?;
        let missing = |why: git2::Error| match why.code() {
            ErrorCode::NotFound => Error::Missing { id: *id },
            _ => Error::damaged(format!("object {id}"), why.message()),
        };
        if kind == ObjectKind::Blob {
            // A record's size is checked before it is inflated: it may come from anybody.
            let (size, _) = odb.read_header(oid).map_err(missing)?;
            check_size(id, size, bytes_max)?;
        }
        let object = odb.read(oid).map_err(missing)?;
        if Some(object.kind()) != lib_kind(kind) {
            return Err(Error::damaged(
                format!("object {id}"),
                format!("it is no {}", kind.as_str()),
            ));
        }
        check_size(id, object.len(), bytes_max)?;
        Ok(object.data().to_vec())
    }

    /// Whether an object is in this repository now; the handle in use would still know objects
    /// that it has read before they were deleted.
    pub(super) fn has(&self, id: &ObjectId) -> Result<bool> {
        let opening = || Error::lib("opening the object database");
        let fresh = git2::Odb::new().map_err(opening())?;
        let dir = self.repository.commondir().join("objects");
        fresh
            .add_disk_alternate(&dir.to_string_lossy())
            .map_err(opening())?;
        Ok(fresh.exists(oid(id)?))
    }

    pub(super) fn tip(&self, name: &str) -> Result<Option<ObjectId>> {
        match self.repository.refname_to_id(name) {
            Ok(oid) if oid.is_zero() => {
                Err(Error::damaged(format!("ref {name}"), "it names nothing"))
            }
            Ok(oid) => Ok(ObjectId::from_bytes(oid.as_bytes())),
            Err(why) if why.code() == ErrorCode::NotFound => Ok(None),
            Err(why) => Err(Error::damaged(format!("ref {name}"), why.message())),
        }
    }
}

pub(super) fn check_size(id: &ObjectId, size: usize, bytes_max: usize) -> Result<()> {
    if size > bytes_max {
        let why = format!("it has {size} bytes, and at most {bytes_max} are read");
        return Err(Error::damaged(format!("object {id}"), why));
    }
    Ok(())
}

fn lib_kind(kind: ObjectKind) -> Option<ObjectType> {
    Some(match kind {
        ObjectKind::Blob => ObjectType::Blob,
        ObjectKind::Tree => ObjectType::Tree,
        ObjectKind::Commit => ObjectType::Commit,
    })
}

fn oid(id: &ObjectId) -> Result<Oid> {
    Oid::from_bytes(id.as_bytes()).map_err(Error::lib("reading an object id"))
}
