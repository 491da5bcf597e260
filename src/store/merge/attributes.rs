//! Which merge driver a path has, by the attributes of the target's tree.
//!
//! Only the files that lie above a path are read. Where none of them names a driver that is not
//! git's own, that is the answer; else git is asked, whose rules of patterns and macros these are.

use std::collections::HashMap;
use std::rc::Rc;

use super::super::backend::Backend;
use super::super::error::{Error, Result};
use super::super::object::ObjectKind;
use super::super::repo::Repo;
use super::super::tree;
use super::room::Room;
use crate::model::object_id::ObjectId;

/// Largest tree that is read, in bytes.
const TREE_BYTES_MAX: usize = 64 * 1024 * 1024;
/// Largest file of attributes that is looked at here; of a larger one git is asked.
const FILE_BYTES_MAX: usize = 1024 * 1024;
pub(super) const FILE: &[u8] = b".gitattributes";

/// How a file that both sides changed is to be merged.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Driver {
    /// By git alone.
    BuiltIn,
    /// It is a pointer to a file that is kept elsewhere.
    Lfs,
    /// By a program that somebody's config names.
    Custom(String),
}

pub(super) struct Attributes {
    root: ObjectId,
    /// Directories of the tree by their paths; none where there is no such directory.
    dirs: HashMap<Vec<u8>, Option<Dir>>,
    drivers: HashMap<Vec<u8>, Driver>,
}

#[derive(Clone)]
struct Dir {
    tree: Rc<[u8]>,
    names_drivers: bool,
}

impl Attributes {
    pub(super) fn of(root: ObjectId) -> Self {
        Self {
            root,
            dirs: HashMap::new(),
            drivers: HashMap::new(),
        }
    }

    /// The driver of a path.
    pub(super) fn driver(&mut self, repo: &Repo, room: &Room, path: &[u8]) -> Result<Driver> {
        if !self.may_have_own(repo, path)? {
            return Ok(Driver::BuiltIn);
        }
        if let Some(driver) = self.drivers.get(path) {
            return Ok(driver.clone());
        }
        let driver = match room.merge_attribute(path)?.as_str() {
            "unspecified" | "set" | "unset" | "text" | "binary" | "union" => Driver::BuiltIn,
            "lfs" => Driver::Lfs,
            name => Driver::Custom(name.to_owned()),
        };
        self.drivers.insert(path.to_owned(), driver.clone());
        Ok(driver)
    }

    /// Whether a file of attributes above the path names a driver that is not git's own.
    fn may_have_own(&mut self, repo: &Repo, path: &[u8]) -> Result<bool> {
        let mut dir = self.dir(repo, &[], Some(self.root))?;
        for end in path
            .iter()
            .enumerate()
            .filter_map(|(at, byte)| (*byte == b'/').then_some(at))
        {
            let Some(above) = dir else { return Ok(false) };
            if above.names_drivers {
                return Ok(true);
            }
            let below = &path[..end];
            let name = below.rsplit(|byte| *byte == b'/').next().unwrap_or(below);
            dir = match self.dirs.get(below) {
                Some(known) => known.clone(),
                None => {
                    let id = find(repo, &above.tree, name, true)?;
                    self.dir(repo, below, id)?
                }
            };
        }
        Ok(dir.is_some_and(|dir| dir.names_drivers))
    }

    fn dir(&mut self, repo: &Repo, path: &[u8], id: Option<ObjectId>) -> Result<Option<Dir>> {
        if let Some(known) = self.dirs.get(path) {
            return Ok(known.clone());
        }
        let read = |id: ObjectId| -> Result<Dir> {
            let tree = repo.read(&id, ObjectKind::Tree, TREE_BYTES_MAX)?;
            let names_drivers = match find(repo, &tree, FILE, false)? {
                Some(file) => match repo.read(&file, ObjectKind::Blob, FILE_BYTES_MAX) {
                    Ok(text) => names_driver(&text),
                    Err(Error::Damaged { .. }) => true,
                    Err(why) => return Err(why),
                },
                None => false,
            };
            Ok(Dir {
                tree: tree.into(),
                names_drivers,
            })
        };
        let dir = id.map(read).transpose()?;
        self.dirs.insert(path.to_owned(), dir.clone());
        Ok(dir)
    }
}

/// What a tree has under a name, if it is a directory or is none, as wanted.
fn find(repo: &Repo, tree: &[u8], name: &[u8], is_tree: bool) -> Result<Option<ObjectId>> {
    for entry in tree::entries(repo.hash(), tree) {
        let entry = entry.map_err(|why| Error::damaged("a tree", why))?;
        if entry.name == name {
            return Ok((entry.is_tree == is_tree).then_some(entry.id));
        }
    }
    Ok(None)
}

/// Whether any word gives a path a driver that is not git's own.
fn names_driver(text: &[u8]) -> bool {
    text.split(u8::is_ascii_whitespace).any(|word| {
        let value = word.strip_prefix(b"merge=");
        value.is_some_and(|value| !matches!(value, b"text" | b"binary" | b"union"))
    })
}

#[cfg(test)]
mod tests {
    use super::names_driver;

    #[test]
    fn drivers_that_are_not_gits_own() {
        for (text, expected) in [
            ("", false),
            ("*.log merge=union\n*.txt text\n", false),
            ("*.bin -merge\n*.x merge\n", false),
            ("*.lock merge=npm\n", true),
            ("[attr]own merge=mine", true),
            ("*.psd filter=lfs diff=lfs merge=lfs -text\r\n", true),
            ("a merge=textual", true),
            ("a\tmerge=binary\tmerge=ours", true),
        ] {
            assert_eq!(names_driver(text.as_bytes()), expected, "{text}");
        }
    }
}
