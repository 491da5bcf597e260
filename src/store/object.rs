//! Git objects as bytes, and their ids.

use sha1::{Digest, Sha1};
use sha2::Sha256;

use crate::model::object_id::ObjectId;

/// The hash function of a repository's object format.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum HashKind {
    /// 20-byte ids, git's default so far.
    Sha1,
    /// 32-byte ids, the default of new repositories from git 3.0 on.
    Sha256,
}

/// The three kinds of object in a state chain.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ObjectKind {
    /// A record.
    Blob,
    /// A directory of records.
    Tree,
    /// One state.
    Commit,
}

/// An object that is made up but not yet written.
#[derive(Clone, Debug)]
pub struct NewObject {
    /// Its id, computed here and checked by git when written.
    pub id: ObjectId,
    /// Its kind.
    pub kind: ObjectKind,
    /// Its content without the header.
    pub data: Vec<u8>,
}

impl HashKind {
    /// Length of an id in bytes.
    pub fn id_bytes(self) -> usize {
        match self {
            Self::Sha1 => 20,
            Self::Sha256 => 32,
        }
    }

    /// Hashes the concatenation of `parts`.
    pub(super) fn digest(self, parts: &[&[u8]]) -> ObjectId {
        fn run<D: Digest>(parts: &[&[u8]]) -> ObjectId {
            let mut hasher = D::new();
            for part in parts {
                hasher.update(part);
            }
            ObjectId::from_bytes(&hasher.finalize()).expect("both digests have an id's length")
        }
        match self {
            Self::Sha1 => run::<Sha1>(parts),
            Self::Sha256 => run::<Sha256>(parts),
        }
    }
}

impl ObjectKind {
    /// Git's word for it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Blob => "blob",
            Self::Tree => "tree",
            Self::Commit => "commit",
        }
    }
}

impl NewObject {
    /// Computes the id that git will give these bytes.
    pub fn new(hash: HashKind, kind: ObjectKind, data: Vec<u8>) -> Self {
        let header = format!("{} {}\0", kind.as_str(), data.len());
        let id = hash.digest(&[header.as_bytes(), &data]);
        Self { id, kind, data }
    }
}

#[cfg(test)]
mod tests {
    use super::{HashKind, NewObject, ObjectKind};

    #[test]
    fn ids_are_the_ones_git_gives() {
        let id = |hash| {
            NewObject::new(hash, ObjectKind::Blob, b"hello\n".to_vec())
                .id
                .to_string()
        };
        assert_eq!(
            id(HashKind::Sha1),
            "ce013625030ba8dba906f756967f9e9ca394464a"
        );
        assert_eq!(
            id(HashKind::Sha256),
            "2cf8d83d9ee29543b34a87727421fdecb7e3f3a183d337639025de576db9ebb4"
        );
    }
}
