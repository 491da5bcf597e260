//! Merges for the plan, by git, each made once.

use std::collections::HashMap;

use crate::domain::queue::find;
use crate::domain::queue::plan::{Merged, Merges as Wanted, Point};
use crate::model::id::Id;
use crate::model::object_id::ObjectId;
use crate::model::queue::{Entry, Standing};
use crate::model::text::shown;
use crate::store::{self, MergeCommit, Merger, Person};

use super::super::Failure;
use super::Snapshot;

/// Merges, as far as they were asked for.
pub(super) struct Merges<'s> {
    snapshot: &'s Snapshot<'s>,
    merger: Merger<'s>,
    made: HashMap<(ObjectId, ObjectId), Merged>,
    touched: HashMap<ObjectId, Vec<Vec<u8>>>,
    /// Who could not be merged here, and why: the question that failed last.
    unmergeable: Option<(Id, String)>,
}

impl<'s> Merges<'s> {
    pub(super) fn new(snapshot: &'s Snapshot<'s>) -> Result<Self, Failure> {
        Ok(Self {
            merger: snapshot.coord.repo.merger(&snapshot.tip.commit)?,
            snapshot,
            made: HashMap::new(),
            touched: HashMap::new(),
            unmergeable: None,
        })
    }

    /// What an entry changes since it left the target.
    pub(super) fn touched(&mut self, entry: &Entry) -> Result<&Vec<Vec<u8>>, store::Error> {
        if !self.touched.contains_key(&entry.sealed) {
            let tip = &self.snapshot.tip.commit;
            let paths = self.snapshot.coord.repo.touched(tip, &entry.sealed)?;
            self.touched.insert(entry.sealed, paths);
        }
        Ok(&self.touched[&entry.sealed])
    }

    /// The entry whose merge was refused for good, if that is why planning failed.
    pub(super) fn take_unmergeable(&mut self) -> Option<(Id, String)> {
        self.unmergeable.take()
    }

    /// Sets an entry aside for which git has no answer, as when its commit is not here.
    fn of<T>(&mut self, entry: &Entry, answer: store::Result<T>) -> Result<T, Failure> {
        answer.map_err(|why| {
            let text = match &why {
                store::Error::Unmergeable { why } => Some(why.clone()),
                _ if !self.snapshot.coord.has_commit(&entry.sealed) => Some(format!(
                    "its sealed commit {} is not here",
                    entry.sealed.short()
                )),
                _ => None,
            };
            self.unmergeable = text.map(|text| (entry.id.clone(), text));
            why.into()
        })
    }

    /// The commit of a merge. Everything in it comes from the entry and what it is merged onto, so
    /// every clone makes the very same commit.
    fn commit(&self, onto: &Point, entry: &Entry, tree: ObjectId) -> store::Result<ObjectId> {
        let agent = &entry.submitter.agent;
        let from = entry.branch.as_ref().map_or_else(
            || entry.sealed.short(),
            |branch| format!("branch '{branch}'"),
        );
        let message = format!(
            "Merge {from}: {}\n\nCoord-Entry: {}\nCoord-Agent: {agent}\n",
            shown(entry.title.as_str()),
            entry.id
        );
        self.snapshot.coord.repo.merge_commit(&MergeCommit {
            tree,
            parents: vec![onto.commit, entry.sealed],
            person: Person::new(agent.as_str(), &format!("{agent}@git-coord.invalid")),
            at: entry.added_at.utc(),
            message,
        })
    }
}

impl Wanted for Merges<'_> {
    type Error = Failure;

    fn merge(&mut self, onto: &Point, entry: &Entry) -> Result<Merged, Failure> {
        let pair = (onto.commit, entry.sealed);
        if let Some(made) = self.made.get(&pair) {
            return Ok(made.clone());
        }
        let answer = self.merger.merge(&onto.commit, &entry.sealed);
        let merged = match self.of(entry, answer)? {
            store::Merged::Clean { tree } => Merged::Clean(Point {
                commit: self.commit(onto, entry, tree)?,
                tree,
            }),
            store::Merged::Conflict { paths } => {
                let paths = paths.iter().map(|path| String::from_utf8_lossy(path));
                Merged::Conflict(paths.map(|path| path.into_owned()).collect())
            }
        };
        self.made.insert(pair, merged.clone());
        Ok(merged)
    }

    fn has(&mut self, commit: &ObjectId, entry: &Entry) -> Result<bool, Failure> {
        match self.snapshot.coord.repo.is_ancestor(&entry.sealed, commit) {
            // The target is here with its past, so what is not here is no part of it.
            Err(_) if !self.snapshot.coord.has_commit(&entry.sealed) => Ok(false),
            answer => self.of(entry, answer),
        }
    }

    fn is_of_target(&mut self, commit: &ObjectId) -> Result<bool, Failure> {
        let (coord, tip) = (self.snapshot.coord, &self.snapshot.tip.commit);
        Ok(coord.has_commit(commit) && coord.repo.is_ancestor(commit, tip)?)
    }

    fn standing(&mut self, tree: &ObjectId) -> Result<Standing, Failure> {
        let (view, check) = (&self.snapshot.view, &self.snapshot.check);
        Ok(find::standing(view, tree, check)?)
    }
}
