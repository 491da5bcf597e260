//! A world that requests are made in: a state, a clock, and what the observer knows.
//!
//! Every granted request is decided again from its own event, and every state is checked.

use super::book::Book;
use crate::domain::{Plan, State, decide, staged::Edits};
use crate::model::agent::Whereabouts;
use crate::model::id::{Actor, OpId};
use crate::model::key::Key;
use crate::model::lock::{Hold, Mode};
use crate::model::notice::NoticeRecord;
use crate::model::record;
use crate::model::refusal::Refusal;
use crate::model::relay;
use crate::model::reply::Reply;
use crate::model::request::Request;
use crate::model::stamp::{Evidence, Stamp, Watch};
use crate::model::time::Timestamp;
use crate::model::wait::{WAITS, WaitRecord};

/// A state, a clock that the test moves, and what the observer knows.
#[derive(Clone)]
pub(super) struct World {
    pub(super) book: Book,
    pub(super) now: Timestamp,
    pub(super) watch: Watch,
    /// Whether all records were made by decisions, so that they agree with each other.
    pub(super) is_honest: bool,
    /// Where all sessions act, when it is time to say so again.
    pub(super) here: Option<Whereabouts>,
    ops: u128,
}

/// What came of a granted request. A test may care only that it was granted.
#[derive(Debug)]
pub(super) struct Done {
    pub(super) reply: Reply,
    pub(super) is_change: bool,
    pub(super) edits: Edits,
    pub(super) evidence: Vec<Evidence>,
    pub(super) also: Vec<Key>,
    pub(super) notices: Vec<NoticeRecord>,
}

pub(super) fn actor(name: &str) -> Actor {
    let (agent, session) = name.split_once('/').unwrap_or((name, "1"));
    Actor {
        agent: agent.parse().unwrap(),
        session: session.parse().unwrap(),
    }
}

pub(super) fn keys(text: &str) -> Vec<Key> {
    let keys = text.split(", ").filter(|key| !key.is_empty());
    keys.map(|key| key.parse().unwrap()).collect()
}

pub(super) fn key(text: &str) -> Key {
    text.parse().unwrap()
}

pub(super) fn secs(text: &str) -> u64 {
    humantime::parse_duration(text).unwrap().as_secs()
}

impl World {
    /// Says how far an agent is trusted, whoever may.
    pub(super) fn trust(&mut self, agent: &str, level: u8) {
        let record = serde_json::json!({
            "v": 1, "kind": "trust", "op": "01M7VP83VN4T64QMBXD8QME0XB", "rev": 1,
            "at": "2026-11-20T05:18:12Z", "by": {"agent": "root", "session": "1"},
            "agent": agent, "level": level,
        });
        let place = crate::model::place::Place::new(&format!("trust/{agent}.json")).unwrap();
        self.book
            .places
            .insert(place, record.to_string().into_bytes());
    }

    /// Nothing is locked; wall clocks are trusted to ten minutes.
    pub(super) fn new() -> Self {
        Self {
            book: Book::default(),
            now: chrono::DateTime::from_timestamp(1_700_000_000, 0)
                .unwrap()
                .into(),
            watch: Watch {
                skew_secs: Some(600),
                ..Watch::default()
            },
            is_honest: true,
            here: None,
            ops: 0,
        }
    }

    /// Lets time pass.
    pub(super) fn pass(&mut self, time: &str) -> &mut Self {
        self.now = self.now.plus_secs(secs(time));
        self
    }

    /// The observer has seen the hold as it is now for this long.
    pub(super) fn seen(&mut self, held: &str, holder: &str, time: &str) {
        let sight = (key(held), actor(holder), self.hold(held, holder).rev);
        self.watch.seen.insert(sight, secs(time));
    }

    /// Somebody's hold, which has to be there.
    pub(super) fn hold(&self, key: &str, holder: &str) -> Hold {
        let lock = self
            .book
            .lock(key)
            .unwrap_or_else(|| panic!("`{key}` is not locked"));
        let mut holds = lock.holds.into_iter();
        holds
            .find(|hold| hold.is_of(&actor(holder)))
            .unwrap_or_else(|| panic!("{holder} does not hold `{key}`"))
    }

    /// Everybody's intents, also those that are over.
    pub(super) fn waits(&self) -> Vec<WaitRecord> {
        let found = self.book.under(WAITS).unwrap().into_iter();
        found
            .map(|(place, bytes)| record::parse(&place, &bytes.unwrap()).unwrap())
            .collect()
    }

    /// Who holds what: `alice src/a.rs, bob src/b.rs shared`.
    pub(super) fn held(&self) -> String {
        let mut lines = Vec::new();
        for lock in self.book.locks() {
            for hold in &lock.holds {
                let session = match hold.session.as_str() {
                    "1" => String::new(),
                    other => format!("/{other}"),
                };
                let shared = if lock.mode == Mode::Shared {
                    " shared"
                } else {
                    ""
                };
                lines.push(format!("{}{session} {}{shared}", hold.agent, lock.key));
            }
        }
        lines.sort();
        lines.join(", ")
    }

    pub(super) fn run(
        &mut self,
        by: &Actor,
        request: &Request,
        also: &[Key],
    ) -> Result<Done, Refusal> {
        self.ops += 1;
        let stamp = Stamp {
            at: self.now,
            by: by.clone(),
            op: match request {
                // It is the operation, wherever it is decided.
                Request::Relay(relay::Ask::Apply(relayed)) => relayed.asked.id,
                _ => OpId::new(ulid::Ulid(self.ops)),
            },
            watch: self.watch.clone(),
            here: self.here.clone(),
        };
        let plan = decide(request, &self.book, &stamp, also)?;
        if plan.is_change {
            let again = Stamp {
                watch: evidence_only(&plan.evidence),
                here: plan.here.clone(),
                ..stamp
            };
            let replayed = decide(request, &self.book, &again, &plan.also);
            let replayed = replayed
                .unwrap_or_else(|no| panic!("{request:?} was refused when decided again: {no}"));
            assert_eq!(
                replayed.edits, plan.edits,
                "{request:?} decided again is another thing"
            );
        }
        self.book = self.book.apply(&plan);
        if self.is_honest {
            self.book.assert_sound();
        }
        let Plan {
            edits,
            is_change,
            reply,
            subject: _,
            evidence,
            also,
            notices,
            here: _,
        } = plan;
        Ok(Done {
            reply,
            is_change,
            edits,
            evidence,
            also,
            notices,
        })
    }
}

/// All that somebody who decides an event again may know of the lives of others.
fn evidence_only(evidence: &[Evidence]) -> Watch {
    let mut watch = Watch::default();
    for evidence in evidence {
        match evidence.clone() {
            Evidence::Observed {
                key,
                holder,
                rev,
                secs,
            } => {
                watch.seen.insert((key, holder, rev), secs);
            }
            Evidence::Clock { skew_secs, .. } => watch.skew_secs = Some(skew_secs),
            Evidence::Dead { holder, .. } => {
                watch.dead.insert(holder);
            }
            Evidence::Ended { holder } => {
                watch.dead.insert(holder);
            }
        }
    }
    watch
}
