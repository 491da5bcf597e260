//! What agents can ask for in the simulation: few keys, most of which are in each other's way.

use std::cell::RefCell;
use std::collections::HashMap;

use git_coord_proof::model::branch::Branch;
use git_coord_proof::model::id::{Actor, Id, OpId};
use git_coord_proof::model::key::Key;
use git_coord_proof::model::object_id::ObjectId;
use git_coord_proof::model::queue::{Check, CheckId, Purpose};
use git_coord_proof::model::request::Lock;
use sha1::{Digest, Sha1};

/// Keys, and which of a few files and names each covers, one bit each: written down by hand, and not
/// computed by what is under test.
pub const KEYS: [(&str, u64); 11] = [
    (".", 0x7f),
    ("src/", 0x0f),
    ("src/a.rs", 0x01),
    ("src/b.rs", 0x02),
    ("src/*.rs", 0x03),
    ("src/deep/", 0x0c),
    ("doc/x", 0x10),
    ("doc/y", 0x20),
    ("**/*.rs", 0x0b),
    ("api:GET /v1/users", 0x100),
    ("db:schema:users", 0x200),
];

/// Paths that can land; `src/deep/c` is no `.rs`.
pub const PATHS: [(&str, u64); 5] = [
    ("src/a.rs", 0x01),
    ("src/b.rs", 0x02),
    ("src/deep/c", 0x04),
    ("doc/x", 0x10),
    ("top", 0x40),
];

thread_local! {
    static PARSED: RefCell<HashMap<&'static str, Key>> = RefCell::default();
    static MASKS: HashMap<Key, u64> = KEYS
        .iter()
        .chain(&PATHS)
        .map(|(text, mask)| (text.parse().unwrap(), *mask))
        .collect();
    static CHECK: Check = Check {
        id: CheckId::new(&["make check".into()], &[]),
        command: "make check".parse().unwrap(),
    };
}

pub fn key(text: &'static str) -> Key {
    let parse = |keys: &RefCell<HashMap<&'static str, Key>>| {
        let mut keys = keys.borrow_mut();
        keys.entry(text)
            .or_insert_with(|| text.parse().unwrap())
            .clone()
    };
    PARSED.with(parse)
}

/// What a key covers; nothing for one that is in nobody's way but its own, such as a task's.
pub fn covers(key: &Key) -> u64 {
    MASKS.with(|masks| masks.get(key).copied().unwrap_or_default())
}

pub fn actor(agent: usize, session: u32) -> Actor {
    Actor {
        agent: format!("a{agent}").parse().unwrap(),
        session: format!("s{session}").parse().unwrap(),
    }
}

pub fn op(n: u64) -> OpId {
    // The random part is what ids of records are made from.
    let spread = u128::from(n.wrapping_mul(0x9e37_79b9_7f4a_7c15));
    OpId::new(ulid::Ulid((u128::from(n) << 80) | spread))
}

pub fn plain_lock(keys: Vec<Key>) -> Lock {
    Lock {
        keys,
        mode: Default::default(),
        ttl_secs: None,
        reason: None,
        branch: None,
        task: None,
        host: None,
        takeover: false,
        narrow: false,
        wait_until: None,
    }
}

pub fn target() -> Branch {
    "main".parse().unwrap()
}

pub fn check() -> Check {
    CHECK.with(Clone::clone)
}

fn hash(kind: &str, names: &[String]) -> ObjectId {
    let text = format!("{kind} {}", names.join(" "));
    ObjectId::from_bytes(&Sha1::digest(text)).unwrap()
}

/// The commit that an entry seals.
pub fn seal(name: &Id) -> ObjectId {
    hash("sealed", &[name.to_string()])
}

/// A commit of the target with these entries, and its tree.
pub fn point(names: &[String]) -> (ObjectId, ObjectId) {
    let mut sorted = names.to_vec();
    sorted.sort();
    (hash("commit", names), hash("tree", &sorted))
}

pub fn alone(onto: &[String], id: &Id) -> Purpose {
    let (commit, tree) = point(onto);
    Purpose::Isolate {
        id: id.clone(),
        sealed: seal(id),
        onto: commit,
        before: tree,
    }
}

#[cfg(test)]
mod tests {
    use super::{KEYS, covers, key};

    #[test]
    fn what_is_written_down_is_what_overlaps() {
        for (one, _) in KEYS {
            for (other, _) in KEYS {
                let (one, other) = (key(one), key(other));
                let is_shared = covers(&one) & covers(&other) != 0;
                assert_eq!(one.overlaps(&other), is_shared, "{one} and {other}");
            }
        }
    }
}
