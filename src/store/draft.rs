//! States that are made up but not yet published.
//!
//! A draft stacks commits on a snapshot in memory. Nothing is written until
//! [`Draft::write`], so a lost race costs no disk and leaves no rubbish behind.

use std::collections::BTreeMap;
use std::rc::Rc;

use super::backend::{RefSwap, Swapped};
use super::commit::Commit;
use super::error::{Error, Result};
use super::object::{NewObject, ObjectKind};
use super::snapshot::{Layer, Snapshot};
use super::tree;
use crate::model::object_id::ObjectId;
use crate::model::place::Place;

/// How often a move is tried again because its objects were pruned before it.
const RESTORES_MAX: usize = 8;

/// Commits on top of the state that they were decided on.
#[must_use = "a draft is nothing until it is written and a ref moves to its tip"]
pub struct Draft<'b> {
    layer: Rc<Layer<'b>>,
    base: Option<ObjectId>,
    snapshot: Snapshot<'b>,
    objects: Vec<NewObject>,
    written: usize,
}

impl<'b> Draft<'b> {
    /// An empty draft on a snapshot.
    pub fn on(snapshot: &Snapshot<'b>) -> Self {
        Self {
            layer: snapshot.layer(),
            base: snapshot.tip(),
            snapshot: snapshot.clone(),
            objects: Vec::new(),
            written: 0,
        }
    }

    /// The commit that this draft began on.
    pub fn base(&self) -> Option<ObjectId> {
        self.base
    }

    /// The state with everything that was added so far.
    pub fn snapshot(&self) -> &Snapshot<'b> {
        &self.snapshot
    }

    /// The tip to publish; `None` when nothing was added.
    pub fn tip(&self) -> Option<ObjectId> {
        self.snapshot.tip().filter(|tip| Some(*tip) != self.base)
    }

    /// The tree that `edits` would make of the state so far, without adding anything.
    ///
    /// # Errors
    /// When the state's own trees cannot be read or contradict the places.
    pub fn preview(&self, edits: &BTreeMap<Place, Option<Vec<u8>>>) -> Result<ObjectId> {
        tree::edit(&*self.layer, self.snapshot.root().as_ref(), edits).map(|(root, _)| root)
    }

    /// Adds one commit. `about` is completed with the tree, and with the parent unless it is the
    /// first of an epoch. With `sign`, the user's own signing setup writes it.
    ///
    /// # Errors
    /// When the state's own trees cannot be read or contradict the places, or signing fails.
    pub fn commit(
        &mut self,
        edits: &BTreeMap<Place, Option<Vec<u8>>>,
        about: impl FnOnce(ObjectId, Option<ObjectId>) -> Commit,
        sign: bool,
    ) -> Result<ObjectId> {
        let (root, made) = tree::edit(&*self.layer, self.snapshot.root().as_ref(), edits)?;
        for object in made {
            self.layer.add(&object);
            self.objects.push(object);
        }
        let commit = about(root, self.snapshot.tip());
        let object = if sign {
            // The signing program reads the tree, so it has to be there first.
            self.write()?;
            self.layer.backend().sign(&commit)?
        } else {
            NewObject::new(
                self.layer.backend().hash(),
                ObjectKind::Commit,
                commit.to_bytes(),
            )
        };
        if Some(object.id) == self.base {
            return Err(Error::damaged(
                "the new commit",
                "it is the one it was decided on",
            ));
        }
        let id = object.id;
        self.layer.add(&object);
        self.objects.push(object);
        self.snapshot = Snapshot::over(Rc::clone(&self.layer), Some(id))?;
        Ok(id)
    }

    /// The objects that were made up so far, written or not.
    pub fn objects(&self) -> &[NewObject] {
        &self.objects
    }

    /// Writes all objects that are not yet written, hardened as the backend was told to.
    ///
    /// # Errors
    /// As [`super::Backend::write`].
    pub fn write(&mut self) -> Result<()> {
        if self.written < self.objects.len() {
            self.layer.backend().write(&self.objects[self.written..])?;
            self.written = self.objects.len();
        }
        Ok(())
    }

    /// Writes what is not yet written and moves refs to it. The caller holds the clone's
    /// [`super::Guard`].
    ///
    /// A `git prune --expire=now` beside it may take objects that no ref names yet. They are
    /// looked after once the ref has moved, and when it could not: content names itself, so
    /// writing them again is always right. What such a prune deletes still later is put back from
    /// the backend's spare copies when it is missed.
    ///
    /// # Errors
    /// As [`super::Backend::write`] and [`super::Backend::swap`]; [`Error::Unkept`] when the refs
    /// have moved all the same, and [`Error::Unsettled`] when that cannot be seen.
    pub fn swap(&mut self, swaps: &[RefSwap]) -> Result<Swapped> {
        self.write()?;
        let backend = self.layer.backend();
        let mut tries_left = RESTORES_MAX;
        loop {
            match backend.swap(swaps) {
                Ok(Swapped::Moved) => {
                    backend.restore(&self.objects).map_err(Error::unkept)?;
                    return Ok(Swapped::Moved);
                }
                Ok(Swapped::Lost) => return Ok(Swapped::Lost),
                // They have moved, or may have: a second try would take that for a rival's doing.
                Err(why @ (Error::Unkept { .. } | Error::Unsettled { .. })) => return Err(why),
                Err(why) if tries_left == 0 => return Err(why),
                // When nothing is gone, somebody else may have put it back just now: once more.
                Err(_) => match backend.restore(&self.objects)? {
                    0 => tries_left = 0,
                    _ => tries_left -= 1,
                },
            }
        }
    }
}
