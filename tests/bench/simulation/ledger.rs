//! A state in memory that is changed by real decisions alone.

use std::collections::BTreeMap;

use git_coord::domain::queue::find;
use git_coord::domain::staged::Found;
use git_coord::domain::{State, decide};
use git_coord::model::branch::Branch;
use git_coord::model::bytes::Bytes;
use git_coord::model::id::{Actor, Id, OpId};
use git_coord::model::key::Key;
use git_coord::model::object_id::ObjectId;
use git_coord::model::place::Place;
use git_coord::model::queue::{
    Ask, CheckId, EntryRecord, Line, QUEUE, Standing, Told, VERDICTS, VerdictRecord,
};
use git_coord::model::record::{self, Damage};
use git_coord::model::refusal::Refusal;
use git_coord::model::reply::Reply;
use git_coord::model::request::Request;
use git_coord::model::stamp::{Stamp, Watch};
use git_coord::model::time::Timestamp;

/// One state, and what is read of it all the time.
pub struct Ledger {
    rev: u64,
    places: BTreeMap<Place, Bytes>,
    ops: u128,
    /// The wall clock.
    pub now: Timestamp,
    /// The branch that everybody lands on.
    pub target: Branch,
    /// The check that counts.
    pub check: CheckId,
    entries: BTreeMap<Id, EntryRecord>,
    standings: BTreeMap<ObjectId, Standing>,
}

impl State for Ledger {
    fn rev(&self) -> u64 {
        self.rev
    }

    fn get(&self, place: &Place) -> Result<Option<Bytes>, Damage> {
        Ok(self.places.get(place).cloned())
    }

    fn under(&self, dir: &str) -> Result<Vec<Found>, Damage> {
        let from = format!("{dir}/");
        let found = self.places.iter();
        let found = found.filter(|(place, _)| place.as_str().starts_with(&from));
        Ok(found
            .map(|(place, bytes)| (place.clone(), Ok(bytes.clone())))
            .collect())
    }
}

impl Ledger {
    /// An empty one.
    pub fn new() -> Self {
        let start = chrono::DateTime::from_timestamp(1_700_000_000, 0);
        Self {
            rev: 0,
            places: BTreeMap::new(),
            ops: 0,
            now: start.expect("because it is in range").into(),
            target: "main".parse().expect("because it is a branch"),
            check: CheckId::new(&["make check".into()], &[]),
            entries: BTreeMap::new(),
            standings: BTreeMap::new(),
        }
    }

    /// Makes a request, as somebody.
    pub fn ask(&mut self, by: &Actor, ask: Ask) -> Result<Told, Refusal> {
        self.ops += 1;
        let stamp = Stamp {
            at: self.now,
            by: by.clone(),
            op: OpId::new(ulid::Ulid(self.ops)),
            watch: Watch::default(),
            here: None,
        };
        let plan = decide(&Request::Queue(ask), self, &stamp, &[])?;
        if plan.is_change {
            self.rev += 1;
        }
        for (place, bytes) in plan.edits {
            match bytes {
                Some(bytes) => {
                    self.read(&place, &bytes);
                    self.places.insert(place, bytes.into());
                }
                None => {
                    self.places.remove(&place);
                }
            }
        }
        match plan.reply {
            Reply::Queue(told) => Ok(*told),
            other => panic!("{other:?} is no answer about the queue"),
        }
    }

    /// Remembers what a record says, so that a plan need not parse all of them again.
    fn read(&mut self, place: &Place, bytes: &[u8]) {
        let is_below = |dir: &str| place.components().next() == Some(dir);
        if is_below(QUEUE) {
            let entry: EntryRecord = record::parse(place, bytes).expect("because it was written");
            self.entries.insert(entry.id.clone(), entry);
        } else if is_below(VERDICTS) {
            let verdict: VerdictRecord =
                record::parse(place, bytes).expect("because it was written");
            self.standings.insert(verdict.tree, verdict.standing());
        }
    }

    /// All entries.
    pub fn entries(&self) -> Vec<EntryRecord> {
        self.entries.values().cloned().collect()
    }

    /// What the runs on a tree come to.
    pub fn standing(&self, tree: &ObjectId) -> Standing {
        self.standings.get(tree).copied().unwrap_or_default()
    }

    /// The line.
    pub fn line(&self) -> Line {
        find::line(self, &self.target).expect("because it was written")
    }

    /// Whether somebody runs the check on a tree.
    pub fn is_running(&self, tree: &ObjectId) -> bool {
        let key = Key::run_of_check(tree, &self.check);
        let lock = git_coord::domain::locks::get(self, &key);
        lock.expect("because it was written").is_some()
    }
}
