//! A machine with one clone: its clocks, and what its commands keep for each other.

use std::collections::{BTreeMap, HashMap};

use git_coord_proof::model::id::{Actor, OpId};
use git_coord_proof::model::key::Key;
use git_coord_proof::model::refusal::{Conflict, Refusal};
use git_coord_proof::model::reply::Reply;
use git_coord_proof::model::stamp::Watch;
use git_coord_proof::model::time::Timestamp;

use super::chain::Ix;

/// When every simulation begins, in seconds.
const BEGINNING: i64 = 1_700_000_000;
/// Slack between wall clocks.
pub const SKEW_SECS: u64 = 600;

/// What an operation came to, and the state that the answer is about.
#[derive(Clone, Debug)]
pub enum Answer {
    Done {
        commit: Option<Ix>,
        on: Ix,
        reply: Reply,
    },
    Refused {
        refusal: Box<Refusal>,
        on: Ix,
    },
    /// Nothing was changed.
    Failed(&'static str),
    /// It may have been.
    Unknown,
}

pub struct Machine {
    /// The local state ref.
    pub tip: Ix,
    /// When the authority confirmed it, by the wall clock, and truly.
    pub confirmed: Option<(i64, u64)>,
    /// Who holds the lock of all writers here.
    pub guard: Option<usize>,
    /// Answers that a leader left.
    pub answers: HashMap<OpId, Answer>,
    /// True time until which the remote is out of reach.
    pub cut_until: u64,
    /// Whether its wall clock was set back since the view was confirmed.
    pub was_set_back: bool,
    seen: BTreeMap<(Key, Actor), (u64, u64)>,
    /// How fast its clock since the boot runs, in thousandths.
    rate: u64,
    /// What its wall clock is wrong by, in milliseconds.
    pub offset: i64,
    booted: u64,
    skew_secs: Option<u64>,
}

impl Machine {
    pub fn new(rate: u64, offset: i64, skew_secs: Option<u64>) -> Self {
        Self {
            tip: 0,
            confirmed: None,
            guard: None,
            answers: HashMap::new(),
            cut_until: 0,
            was_set_back: false,
            seen: BTreeMap::new(),
            rate,
            offset,
            booted: 0,
            skew_secs,
        }
    }

    /// The wall clock, in milliseconds.
    pub fn wall(&self, now: u64) -> i64 {
        BEGINNING * 1000 + now as i64 + self.offset
    }

    pub fn stamp(&self, now: u64) -> Timestamp {
        let wall = chrono::DateTime::from_timestamp_millis(self.wall(now));
        wall.unwrap().into()
    }

    fn boot_secs(&self, now: u64) -> u64 {
        (now - self.booted) * self.rate / 1_000_000
    }

    /// How old the view is by the wall clock, in milliseconds; unknown when that was set back.
    pub fn age(&self, now: u64) -> Option<u64> {
        let (confirmed, _) = self.confirmed?;
        u64::try_from(self.wall(now) - confirmed).ok()
    }

    pub fn confirm(&mut self, now: u64) {
        self.confirmed = Some((self.wall(now), now));
        self.was_set_back = false;
    }

    pub fn set_clock(&mut self, offset: i64) {
        self.was_set_back |= offset < self.offset;
        self.offset = offset;
    }

    /// It starts anew: nobody remembers what was observed.
    pub fn reboot(&mut self, now: u64) {
        self.booted = now;
        self.seen.clear();
        self.guard = None;
        self.answers.clear();
    }

    /// Notes holds that were met.
    pub fn note(&mut self, met: &[Conflict], now: u64) {
        let now = self.boot_secs(now);
        for met in met {
            let sight = (met.held.clone(), met.by.clone());
            let seen = self.seen.entry(sight).or_insert((met.rev, now));
            if seen.0 != met.rev {
                *seen = (met.rev, now);
            }
        }
    }

    /// What a decision that nothing is in the way of may know.
    pub fn plain_watch(&self) -> Watch {
        Watch {
            skew_secs: self.skew_secs,
            ..Watch::default()
        }
    }

    /// All that this machine knows about the lives of others.
    pub fn watch(&self, now: u64, dead: impl Iterator<Item = Actor>) -> Watch {
        let now = self.boot_secs(now);
        let seen = self.seen.iter();
        Watch {
            seen: seen
                .map(|((key, by), (rev, first))| ((key.clone(), by.clone(), *rev), now - first))
                .collect(),
            dead: dead.collect(),
            skew_secs: self.skew_secs,
        }
    }
}
