//! One whole state, read as far as somebody asks.

use std::cell::{Cell, OnceCell, RefCell};
use std::collections::HashMap;
use std::path::Path;
use std::rc::Rc;

use super::backend::Backend;
use super::bundle::{Bundle, Section};
use super::commit::Commit;
use super::error::{Error, Result};
use super::object::{HashKind, NewObject, ObjectKind};
use super::tree::{self, Trees};
use crate::model::bytes::Bytes;
use crate::model::limits::RECORD_BYTES_MAX;
use crate::model::object_id::ObjectId;
use crate::model::place::Place;

/// Largest tree or commit that is read, in bytes: a directory of some 200,000 records.
const TREE_BYTES_MAX: usize = 16 * 1024 * 1024;
/// Deepest nesting of directories in the state.
const DEPTH_MAX: usize = 512;
/// Most records that one listing returns.
const RECORDS_MAX: usize = 1_000_000;

/// Directories of directories whose records are read all at once, and often.
const BUNDLED: [&str; 1] = [crate::model::task::OPEN];

/// Objects as this command sees them: the backend's, and those that it has made up but not yet
/// written. What was read once is kept: successive questions share their roots, and a decision
/// looks at the same few records again and again.
pub(super) struct Layer<'b> {
    backend: &'b dyn Backend,
    seen: RefCell<HashMap<ObjectId, Bytes>>,
    bundle: OnceCell<Bundle>,
    /// Whether the bundle is brought up to date with what is read.
    is_current: Cell<bool>,
}

/// A record's bytes, or why they could not be read. The place is known in either case.
pub type Found = (Place, Result<Bytes>);

/// One directory of a state.
#[derive(Clone, Debug)]
pub struct Listing {
    /// Its tree.
    pub id: ObjectId,
    /// Names, whether each is a directory, and the ids.
    pub entries: Vec<(String, bool, ObjectId)>,
}

/// One state: all records at one commit.
///
/// It is immutable, so two reads can never disagree, whatever happens to the ref meanwhile.
#[derive(Clone)]
pub struct Snapshot<'b> {
    layer: Rc<Layer<'b>>,
    tip: Option<ObjectId>,
    commit: Option<Rc<Commit>>,
}

impl<'b> Layer<'b> {
    pub(super) fn new(backend: &'b dyn Backend) -> Rc<Self> {
        Rc::new(Self {
            backend,
            seen: RefCell::default(),
            bundle: OnceCell::new(),
            is_current: Cell::new(false),
        })
    }

    pub(super) fn backend(&self) -> &'b dyn Backend {
        self.backend
    }

    pub(super) fn add(&self, object: &NewObject) {
        self.seen
            .borrow_mut()
            .insert(object.id, object.data.as_slice().into());
    }

    fn read(&self, id: &ObjectId, kind: ObjectKind, bytes_max: usize) -> Result<Bytes> {
        if let Some(data) = self.seen.borrow().get(id) {
            return Ok(data.clone());
        }
        let data: Bytes = self.backend.read(id, kind, bytes_max)?.into();
        self.seen.borrow_mut().insert(*id, data.clone());
        Ok(data)
    }

    /// Reads one of many, which is not worth keeping.
    fn pass_by(&self, id: &ObjectId, kind: ObjectKind, bytes_max: usize) -> Result<Bytes> {
        if let Some(data) = self.seen.borrow().get(id) {
            return Ok(data.clone());
        }
        Ok(self.backend.read(id, kind, bytes_max)?.into())
    }

    pub(super) fn commit(&self, id: &ObjectId) -> Result<Commit> {
        Commit::parse(id, &self.read(id, ObjectKind::Commit, TREE_BYTES_MAX)?)
    }
}

impl Trees for Layer<'_> {
    fn hash(&self) -> HashKind {
        self.backend.hash()
    }

    fn tree(&self, id: &ObjectId) -> Result<Bytes> {
        self.read(id, ObjectKind::Tree, TREE_BYTES_MAX)
    }
}

impl<'b> Snapshot<'b> {
    /// The state at a commit; `None` is the empty state before the first operation.
    ///
    /// # Errors
    /// When the commit cannot be read.
    pub fn at(backend: &'b dyn Backend, tip: Option<ObjectId>) -> Result<Self> {
        Self::over(Layer::new(backend), tip)
    }

    pub(super) fn over(layer: Rc<Layer<'b>>, tip: Option<ObjectId>) -> Result<Self> {
        let commit = tip.map(|id| layer.commit(&id)).transpose()?;
        Ok(Self {
            layer,
            tip,
            commit: commit.map(Rc::new),
        })
    }

    pub(super) fn layer(&self) -> Rc<Layer<'b>> {
        Rc::clone(&self.layer)
    }

    /// The commit that this is the state of.
    pub fn tip(&self) -> Option<ObjectId> {
        self.tip
    }

    /// The root tree.
    pub fn root(&self) -> Option<ObjectId> {
        self.commit().map(|commit| commit.tree)
    }

    /// The tip's commit.
    pub fn commit(&self) -> Option<&Commit> {
        self.commit.as_deref()
    }

    /// The bytes at a place; `None` when nothing is there.
    ///
    /// # Errors
    /// `Damaged`, with the place, when something is there that is no readable record.
    pub fn get(&self, place: &Place) -> Result<Option<Bytes>> {
        let Some((is_tree, id)) = self.find(place.as_str())? else {
            return Ok(None);
        };
        if is_tree {
            return Err(Error::damaged(
                place.as_str(),
                "a directory stands where a record belongs",
            ));
        }
        self.blob(place, &id).map(Some)
    }

    /// Whether there is any record below a directory: git keeps no empty ones.
    ///
    /// # Errors
    /// When a tree on the way cannot be read.
    pub fn has(&self, dir: &str) -> Result<bool> {
        Ok(matches!(self.find(dir)?, Some((true, _))))
    }

    /// Every record below a directory of the tree, in the order of their places. A record that
    /// cannot be read is in the list with the reason.
    ///
    /// # Errors
    /// When a tree cannot be read: what it holds is then unknown.
    pub fn under(&self, dir: &str) -> Result<Vec<Found>> {
        let mut found = Vec::new();
        if let Some((true, id)) = self.find(dir)? {
            match BUNDLED
                .contains(&dir)
                .then(|| self.layer.backend.bundle_file())
            {
                Some(Some(file)) => self.bundled(dir, &id, &file, &mut found)?,
                _ => self.collect(dir, &id, &mut found)?,
            }
        }
        Ok(found)
    }

    /// This is the state now, and no older one: what is read of it is worth keeping.
    pub fn set_current(&self) {
        self.layer.is_current.set(true);
    }

    fn collect(&self, dir: &str, id: &ObjectId, found: &mut Vec<Found>) -> Result<()> {
        self.walk(dir, id, 0, &mut |place, id| {
            let bytes = self
                .layer
                .pass_by(id, ObjectKind::Blob, RECORD_BYTES_MAX)
                .map_err(|why| Error::damaged(place.as_str(), why.to_string()));
            found.push((place, bytes));
        })?;
        Ok(())
    }

    /// The same for a directory of directories, most of which the bundle has.
    fn bundled(&self, dir: &str, id: &ObjectId, file: &Path, found: &mut Vec<Found>) -> Result<()> {
        let bundle = self.layer.bundle.get_or_init(|| Bundle::read(file));
        let data = self.layer.tree(id)?;
        let mut wanted = Vec::new();
        let mut read = Vec::new();
        for entry in tree::entries(self.layer.hash(), &data) {
            let entry = entry.map_err(|why| Error::damaged(format!("tree {id} at {dir}"), why))?;
            let name = String::from_utf8_lossy(entry.name);
            let path = format!("{dir}/{name}");
            if !entry.is_tree {
                // No honest writer puts a record there; whoever reads it finds that out.
                let place = Place::new(&path).unwrap_or_else(|_| Place::as_found(path));
                let bytes = self.blob(&place, &entry.id);
                found.push((place, bytes));
                continue;
            }
            wanted.push(entry.id);
            if let Some(records) = bundle.records(&entry.id) {
                found.extend(records.map(|(name, bytes)| {
                    let path = format!("{path}/{}", String::from_utf8_lossy(name));
                    (Place::as_found(path), Ok(bytes))
                }));
                continue;
            }
            let begin = found.len();
            self.collect(&path, &entry.id, found)?;
            let mut section = Section::default();
            let is_whole = found[begin..].iter().all(|(place, bytes)| {
                let name = place.as_str().strip_prefix(&path);
                let name = name.and_then(|name| name.strip_prefix('/'));
                match (name, bytes) {
                    (Some(name), Ok(bytes)) => {
                        section.add(name.as_bytes(), bytes);
                        true
                    }
                    _ => false,
                }
            });
            if is_whole {
                read.push((entry.id, section));
            }
        }
        if self.layer.is_current.get() {
            bundle.refresh(file, &wanted, read);
        }
        Ok(())
    }

    /// The places below a directory, without reading the records.
    ///
    /// # Errors
    /// When a tree cannot be read.
    pub fn places(&self, dir: &str) -> Result<Vec<(Place, ObjectId)>> {
        let mut found = Vec::new();
        if let Some((true, id)) = self.find(dir)? {
            self.walk(dir, &id, 0, &mut |place, id| found.push((place, *id)))?;
        }
        Ok(found)
    }

    /// How many records there are below a directory. Neither are they read, nor their places made.
    ///
    /// # Errors
    /// When a tree cannot be read.
    pub fn count(&self, dir: &str) -> Result<usize> {
        match self.find(dir)? {
            Some((true, id)) => self.count_below(dir, &id, 0),
            _ => Ok(0),
        }
    }

    fn count_below(&self, dir: &str, id: &ObjectId, depth: usize) -> Result<usize> {
        if depth > DEPTH_MAX {
            return Err(Error::damaged(dir, "directories are nested too deep"));
        }
        let data = self.layer.tree(id)?;
        let mut count = 0;
        for entry in tree::entries(self.layer.hash(), &data) {
            let entry = entry.map_err(|why| Error::damaged(format!("tree {id} in {dir}"), why))?;
            count += match entry.is_tree {
                true => self.count_below(dir, &entry.id, depth + 1)?,
                false => 1,
            };
        }
        Ok(count)
    }

    /// The names in a directory, each with whether it is a directory and its id; the directory's own
    /// id comes with them. None when there is no such directory.
    ///
    /// # Errors
    /// When a tree on the way cannot be read.
    pub fn list(&self, dir: &str) -> Result<Option<Listing>> {
        let Some((true, id)) = self.find(dir)? else {
            return Ok(None);
        };
        let data = self.layer.tree(&id)?;
        let mut entries = Vec::new();
        for entry in tree::entries(self.layer.hash(), &data) {
            let entry = entry.map_err(|why| Error::damaged(format!("tree {id} at {dir}"), why))?;
            let name = String::from_utf8_lossy(entry.name).into_owned();
            entries.push((name, entry.is_tree, entry.id));
        }
        Ok(Some(Listing { id, entries }))
    }

    fn blob(&self, place: &Place, id: &ObjectId) -> Result<Bytes> {
        self.layer
            .read(id, ObjectKind::Blob, RECORD_BYTES_MAX)
            .map_err(|why| Error::damaged(place.as_str(), why.to_string()))
    }

    /// Whether a tree entry is a directory, and its id.
    fn find(&self, path: &str) -> Result<Option<(bool, ObjectId)>> {
        let Some(root) = self.root() else {
            return Ok(None);
        };
        let mut at = (true, root);
        for name in path.split('/').filter(|name| !name.is_empty()) {
            if !at.0 {
                return Ok(None);
            }
            let data = self.layer.tree(&at.1)?;
            let mut next = None;
            for entry in tree::entries(self.layer.hash(), &data) {
                let entry = entry.map_err(|why| Error::damaged(format!("tree {}", at.1), why))?;
                if entry.name == name.as_bytes() {
                    next = Some((entry.is_tree, entry.id));
                    break;
                }
            }
            match next {
                Some(found) => at = found,
                None => return Ok(None),
            }
        }
        Ok(Some(at))
    }

    fn walk(
        &self,
        dir: &str,
        id: &ObjectId,
        depth: usize,
        found: &mut dyn FnMut(Place, &ObjectId),
    ) -> Result<usize> {
        if depth > DEPTH_MAX {
            return Err(Error::damaged(dir, "directories are nested too deep"));
        }
        let data = self.layer.tree(id)?;
        let mut count = 0;
        for entry in tree::entries(self.layer.hash(), &data) {
            let damaged = |why: &str| Error::damaged(format!("tree {id} at {dir}"), why);
            let entry = entry.map_err(damaged)?;
            // A name that no honest writer gives is kept with its place: whoever reads the record
            // finds that it does not belong there, and all others can still be read.
            let name = String::from_utf8_lossy(entry.name);
            let path = if dir.is_empty() {
                name.into_owned()
            } else {
                format!("{dir}/{name}")
            };
            if entry.is_tree {
                count += self.walk(&path, &entry.id, depth + 1, found)?;
            } else {
                found(
                    Place::new(&path).unwrap_or_else(|_| Place::as_found(path)),
                    &entry.id,
                );
                count += 1;
            }
            if count > RECORDS_MAX {
                return Err(Error::damaged(
                    dir,
                    "it holds more records than are ever read",
                ));
            }
        }
        Ok(count)
    }
}
