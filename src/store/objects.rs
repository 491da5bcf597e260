//! Objects of one clone: by libgit2 or by the git program, with spare copies behind them.

use std::cell::RefCell;
use std::path::PathBuf;

use git2::Repository;

use super::durable;
use super::error::{Error, Result};
use super::git::Git;
use super::layout::Layout;
use super::libgit::{self, LibObjects};
use super::loose;
use super::object::{HashKind, NewObject, ObjectKind};
use super::pack;
use super::program::ProgramObjects;
use super::ref_file::{self, Known};
use super::spare::Spare;
use crate::model::object_id::ObjectId;

pub(super) struct Objects {
    way: Way,
    git: Git,
    hash: HashKind,
    common_dir: PathBuf,
    is_reftable: bool,
    spare: Spare,
    fsync: bool,
    unflushed: RefCell<Vec<PathBuf>>,
}

enum Way {
    Lib(LibObjects),
    Program(Box<ProgramObjects>),
}

impl Objects {
    pub(super) fn new(git: Git, lib: Option<Repository>, layout: &Layout, fsync: bool) -> Self {
        let program = || ProgramObjects::new(git.clone());
        Self {
            way: match lib {
                Some(repository) => Way::Lib(LibObjects::new(repository)),
                None => Way::Program(Box::new(program())),
            },
            hash: layout.hash,
            is_reftable: layout.is_reftable,
            common_dir: layout.common_dir.clone(),
            spare: Spare::new(&layout.common_dir.join("coord")),
            git,
            fsync,
            unflushed: RefCell::default(),
        }
    }

    pub(super) fn lib(&self) -> Option<&Repository> {
        match &self.way {
            Way::Lib(lib) => Some(lib.repository()),
            Way::Program(_) => None,
        }
    }

    pub(super) fn tip(&self, name: &str) -> Result<Option<ObjectId>> {
        if !self.is_reftable {
            match ref_file::tip(&self.common_dir, name) {
                Known::Id(id) => return Ok(Some(id)),
                Known::Absent => return Ok(None),
                Known::Odd => {}
            }
        }
        match &self.way {
            Way::Lib(lib) => lib.tip(name),
            Way::Program(program) => match program.tip(name)? {
                None if self.is_odd(name) => {
                    let words = "its file names neither an object nor another ref that is there";
                    Err(Error::damaged(format!("ref {name}"), words.to_owned()))
                }
                tip => Ok(tip),
            },
        }
    }

    /// Whether a ref's file is there and says nothing sensible, which git before 2.43 takes for no
    /// ref at all.
    fn is_odd(&self, name: &str) -> bool {
        !self.is_reftable && matches!(ref_file::tip(&self.common_dir, name), Known::Odd)
    }

    pub(super) fn read(
        &self,
        id: &ObjectId,
        kind: ObjectKind,
        bytes_max: usize,
    ) -> Result<Vec<u8>> {
        let read = match &self.way {
            Way::Lib(lib) => match loose::read_as(&self.common_dir, id, kind, bytes_max) {
                Ok(None) => lib.read(id, kind, bytes_max),
                read => read.map(Option::unwrap_or_default),
            },
            Way::Program(program) => program.read(id, kind, bytes_max),
        };
        match read {
            Err(Error::Missing { .. }) => self.read_spare(id, kind, bytes_max),
            other => other,
        }
    }

    /// Answers from a spare copy, and puts back all that housekeeping took.
    fn read_spare(&self, id: &ObjectId, kind: ObjectKind, bytes_max: usize) -> Result<Vec<u8>> {
        let all = self.spare.all();
        let is_wanted = |object: &&NewObject| object.id == *id && self.is_whole(object);
        let found = all.iter().find(is_wanted);
        let found = found.ok_or(Error::Missing { id: *id })?;
        if found.kind != kind {
            let why = format!("it is no {}", kind.as_str());
            return Err(Error::damaged(format!("object {id}"), why));
        }
        libgit::check_size(id, found.data.len(), bytes_max)?;
        // A reader that may not write has its answer all the same.
        let _ = self.restore(&all);
        Ok(found.data.clone())
    }

    pub(super) fn write(&self, objects: &[NewObject]) -> Result<()> {
        let is_check_due = self.spare.keep(objects).unwrap_or(false);
        // Loose where that works, as it is fastest. `git gc` removes directories that it has
        // emptied, also between the moment when another git made sure of one and the moment when
        // it puts a file there; a pack is safe from that.
        self.write_loose(objects)
            .or_else(|why| self.write_pack(objects).map_err(|_| why))?;
        if is_check_due {
            self.restore_all()?;
            self.spare.forget_old();
        }
        Ok(())
    }

    /// Writes an object that no ref of this clone will name before it is flushed on its own.
    pub(super) fn write_unhardened(&self, object: &NewObject) -> Result<()> {
        let objects = std::slice::from_ref(object);
        let written = loose::write(&self.common_dir, objects, false);
        written
            .map(drop)
            .or_else(|why| self.write_pack(objects).map_err(|_| why))
    }

    fn write_loose(&self, objects: &[NewObject]) -> Result<()> {
        let dirs = loose::write(&self.common_dir, objects, self.fsync)?;
        if self.fsync {
            self.unflushed.borrow_mut().extend(dirs);
        }
        Ok(())
    }

    /// Flushes those directories now, while something else is waited for.
    pub(super) fn flush_names(&self) {
        let dirs = self.unflushed.take();
        if durable::flush(&dirs).is_err() {
            // Whoever makes the objects count tries again, and says why.
            self.unflushed.borrow_mut().extend(dirs);
        }
    }

    /// Directories in which objects got their names since the last call. They are flushed together
    /// with the ref that makes those objects count.
    pub(super) fn take_unflushed(&self) -> Vec<PathBuf> {
        self.unflushed.take()
    }

    fn write_pack(&self, objects: &[NewObject]) -> Result<()> {
        pack::write(&self.git, &self.common_dir, self.hash, objects, self.fsync)
    }

    /// Writes again those objects that are gone, and says how many.
    pub(super) fn restore(&self, objects: &[NewObject]) -> Result<usize> {
        let mut gone = Vec::new();
        for object in objects {
            if !self.has(object)? && self.is_whole(object) {
                gone.push(object.clone());
            }
        }
        if !gone.is_empty() {
            // What took them may still be at work, and it takes loose ones.
            self.write_pack(&gone)?;
        }
        Ok(gone.len())
    }

    /// Does so for everything that was written lately.
    pub(super) fn restore_all(&self) -> Result<usize> {
        self.restore(&self.spare.all())
    }

    fn is_whole(&self, object: &NewObject) -> bool {
        let again = NewObject::new(self.hash, object.kind, object.data.clone());
        again.id == object.id
    }

    /// Whether an object that was just written is still there.
    fn has(&self, object: &NewObject) -> Result<bool> {
        if loose::path_of(&self.common_dir, &object.id).exists() {
            return Ok(true);
        }
        match &self.way {
            Way::Lib(lib) => lib.has(&object.id),
            Way::Program(program) => program.has(&object.id),
        }
    }
}
