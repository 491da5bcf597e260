//! Commits and trees that are sets of entries, and merges of them.

use std::collections::BTreeMap;

use git_coord::domain::queue::plan::{Merged, Merges, Point};
use git_coord::model::object_id::ObjectId;
use git_coord::model::queue::{Entry, Standing};
use git_coord::model::record::Damage;

use super::ledger::Ledger;
use super::truth::{Tree, Truth};

/// What an entry has sealed: its number, and what it was last rebased onto.
#[derive(Clone, Debug)]
struct Sealed {
    entry: usize,
    knows: Tree,
}

/// Everything that was ever made.
pub struct Repository<'t> {
    truth: &'t Truth,
    count: u64,
    trees: BTreeMap<Tree, ObjectId>,
    contents: BTreeMap<ObjectId, Tree>,
    /// The same merge is the same commit.
    merges: BTreeMap<(ObjectId, ObjectId), Point>,
    points: BTreeMap<ObjectId, Point>,
    sealed: BTreeMap<ObjectId, Sealed>,
    latest: BTreeMap<usize, ObjectId>,
}

impl<'t> Repository<'t> {
    /// An empty one.
    pub fn new(truth: &'t Truth) -> Self {
        Self {
            truth,
            count: 0,
            trees: BTreeMap::new(),
            contents: BTreeMap::new(),
            merges: BTreeMap::new(),
            points: BTreeMap::new(),
            sealed: BTreeMap::new(),
            latest: BTreeMap::new(),
        }
    }

    fn name(&mut self) -> ObjectId {
        self.count += 1;
        let mut bytes = [0; 20];
        // Digits that differ at the beginning, as those of hashes do.
        bytes[..8].copy_from_slice(&self.count.wrapping_mul(0x9e37_79b9_7f4a_7c15).to_be_bytes());
        bytes[12..].copy_from_slice(&self.count.to_be_bytes());
        ObjectId::from_bytes(&bytes).expect("because it has 20 bytes")
    }

    fn point(&mut self, tree: Tree) -> Point {
        let id = match self.trees.get(&tree) {
            Some(id) => *id,
            None => {
                let id = self.name();
                self.trees.insert(tree.clone(), id);
                self.contents.insert(id, tree);
                id
            }
        };
        let point = Point {
            commit: self.name(),
            tree: id,
        };
        self.points.insert(point.commit, point);
        point
    }

    /// The commit that everything begins with.
    pub fn root(&mut self) -> Point {
        self.point(Tree::default())
    }

    /// What a tree consists of.
    pub fn tree(&self, id: &ObjectId) -> &Tree {
        &self.contents[id]
    }

    /// A commit with an entry, as it was written at first.
    pub fn seal(&mut self, entry: usize) -> ObjectId {
        self.seal_on(entry, Tree::default())
    }

    /// A commit with an entry, which conflicts with nothing that is there now.
    pub fn rebase(&mut self, entry: usize, onto: &Point) -> ObjectId {
        let knows = self.tree(&onto.tree).clone();
        self.seal_on(entry, knows)
    }

    fn seal_on(&mut self, entry: usize, knows: Tree) -> ObjectId {
        let id = self.name();
        self.sealed.insert(id, Sealed { entry, knows });
        self.latest.insert(entry, id);
        id
    }

    /// What an entry has sealed last.
    pub fn sealed(&self, entry: usize) -> ObjectId {
        self.latest[&entry]
    }

    /// Whose sealed commit this is.
    pub fn entry(&self, sealed: &ObjectId) -> usize {
        self.sealed[sealed].entry
    }

    /// The merge of an entry onto a commit, whatever the texts say.
    pub fn clean(&mut self, onto: &Point, entry: usize) -> Point {
        let key = (onto.commit, self.latest[&entry]);
        if let Some(point) = self.merges.get(&key) {
            return *point;
        }
        let tree = self.tree(&onto.tree).with(entry);
        let point = self.point(tree);
        self.merges.insert(key, point);
        point
    }

    fn merge(&mut self, onto: &Point, sealed: &ObjectId) -> Merged {
        let Sealed { entry, knows } = self.sealed[sealed].clone();
        let onto = &self.points[&onto.commit].clone();
        let rival = self
            .tree(&onto.tree)
            .entries()
            .find(|other| !knows.has(*other) && self.truth.do_conflict(entry, *other));
        match rival {
            Some(rival) => Merged::Conflict(vec![format!("what e{rival:04} changes")]),
            None => Merged::Clean(self.clean(onto, entry)),
        }
    }
}

/// What planning sees.
pub struct View<'v, 't> {
    /// The records.
    pub ledger: &'v Ledger,
    /// The commits.
    pub repository: &'v mut Repository<'t>,
}

impl Merges for View<'_, '_> {
    type Error = Damage;

    fn merge(&mut self, onto: &Point, entry: &Entry) -> Result<Merged, Damage> {
        Ok(self.repository.merge(onto, &entry.sealed))
    }

    fn has(&mut self, commit: &ObjectId, entry: &Entry) -> Result<bool, Damage> {
        let tree = self.repository.points[commit].tree;
        let number = self.repository.entry(&entry.sealed);
        Ok(self.repository.tree(&tree).has(number))
    }

    fn is_of_target(&mut self, _commit: &ObjectId) -> Result<bool, Damage> {
        Ok(true)
    }

    fn standing(&mut self, tree: &ObjectId) -> Result<Standing, Damage> {
        Ok(self.ledger.standing(tree))
    }
}
