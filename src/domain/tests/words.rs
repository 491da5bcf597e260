//! The words that rule tests are written in: `world.by("bob").lock("src/a.rs").refused("lock_held")`.
//!
//! A name is an agent; `bob/2` is its session `2`. Several keys are separated with `, `. Every
//! granted request is decided again from its own event, and every state is checked to be sound.

use std::collections::BTreeMap;

use super::book::Book;
use crate::domain::{Plan, State, decide, staged::Edits};
use crate::model::id::{Actor, OpId};
use crate::model::key::Key;
use crate::model::lock::{Hold, Mode};
use crate::model::notice::NoticeRecord;
use crate::model::object_id::ObjectId;
use crate::model::record;
use crate::model::refusal::Refusal;
use crate::model::reply::{Granted, How, Reply};
use crate::model::request::{
    Compact, Land, Landed, Leave, Lock, Note, Renew, Request, Steal, Unlock, Which,
};
use crate::model::stamp::{Evidence, Stamp, Watch};
use crate::model::time::{Timestamp, Ttl};
use crate::model::wait::{WAITS, WaitRecord};

/// A state, a clock that the test moves, and what the observer knows.
#[derive(Clone)]
pub(super) struct World {
    pub(super) book: Book,
    pub(super) now: Timestamp,
    pub(super) watch: Watch,
    /// Whether all records were made by decisions, so that they agree with each other.
    pub(super) is_honest: bool,
    ops: u128,
}

/// A request on its way.
#[must_use = "say how it ends"]
pub(super) struct Ask<'w> {
    world: &'w mut World,
    by: Actor,
    also: Vec<Key>,
    request: Request,
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

/// Somebody who is about to ask.
pub(super) struct Someone<'w> {
    world: &'w mut World,
    by: Actor,
    also: Vec<Key>,
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

fn secs(text: &str) -> u64 {
    humantime::parse_duration(text).unwrap().as_secs()
}

impl World {
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

    pub(super) fn by(&mut self, name: &str) -> Someone<'_> {
        Someone {
            world: self,
            by: actor(name),
            also: Vec::new(),
        }
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
            op: OpId::new(ulid::Ulid(self.ops)),
            watch: self.watch.clone(),
        };
        let plan = decide(request, &self.book, &stamp, also)?;
        if plan.is_change {
            let again = Stamp {
                watch: evidence_only(&plan.evidence),
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
        }
    }
    watch
}

impl<'w> Someone<'w> {
    /// Keys that are renewed along when they are due.
    pub(super) fn holding(mut self, text: &str) -> Self {
        self.also = keys(text);
        self
    }

    pub(super) fn ask(self, request: Request) -> Ask<'w> {
        Ask {
            world: self.world,
            by: self.by,
            also: self.also,
            request,
        }
    }

    pub(super) fn lock(self, text: &str) -> Ask<'w> {
        self.ask(Request::Lock(plain_lock(keys(text))))
    }

    pub(super) fn unlock(self, text: &str) -> Ask<'w> {
        self.ask(Request::Unlock(Unlock {
            which: Which::Keys(keys(text)),
        }))
    }

    pub(super) fn unlock_all(self) -> Ask<'w> {
        self.ask(Request::Unlock(Unlock { which: Which::All }))
    }

    pub(super) fn renew(self, text: &str) -> Ask<'w> {
        self.ask(Request::Renew(Renew {
            which: Which::Keys(keys(text)),
            ttl_secs: None,
        }))
    }

    pub(super) fn steal(self, text: &str, rev: u64) -> Ask<'w> {
        self.ask(Request::Steal(Steal {
            key: key(text),
            rev,
            reason: "it is mine now".parse().unwrap(),
            ttl_secs: None,
            host: None,
        }))
    }

    pub(super) fn leave(self) -> Ask<'w> {
        self.ask(Request::Leave(Leave {}))
    }

    pub(super) fn note(self) -> Ask<'w> {
        self.ask(Request::Note(Note {
            text: "a fact".parse().unwrap(),
            commit: None,
            paths: Vec::new(),
        }))
    }

    pub(super) fn compact(self) -> Ask<'w> {
        self.ask(Request::Compact(Compact { closes: None }))
    }

    pub(super) fn land(self, paths: &str) -> Ask<'w> {
        self.ask(Request::Land(Land {
            target: "refs/heads/main".parse().unwrap(),
            old: None,
            new: "1".repeat(40).parse::<ObjectId>().unwrap(),
            paths: keys(paths),
            locks: Landed::Release,
            require: Vec::new(),
        }))
    }
}

pub(super) fn plain_lock(keys: Vec<Key>) -> Lock {
    Lock {
        keys,
        mode: Mode::Exclusive,
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

impl Ask<'_> {
    fn on_lock(mut self, change: impl FnOnce(&mut Lock)) -> Self {
        match &mut self.request {
            Request::Lock(lock) => change(lock),
            other => panic!("{other:?} has no such option"),
        }
        self
    }

    pub(super) fn shared(self) -> Self {
        self.on_lock(|lock| lock.mode = Mode::Shared)
    }

    pub(super) fn takeover(self) -> Self {
        self.on_lock(|lock| lock.takeover = true)
    }

    pub(super) fn narrow(self) -> Self {
        self.on_lock(|lock| lock.narrow = true)
    }

    pub(super) fn reason(self, text: &str) -> Self {
        self.on_lock(|lock| lock.reason = Some(text.parse().unwrap()))
    }

    pub(super) fn work(self, branch: &str, task: &str) -> Self {
        self.on_lock(|lock| {
            lock.branch = Some(branch.parse().unwrap());
            lock.task = Some(task.parse().unwrap());
        })
    }

    pub(super) fn ttl(mut self, text: &str) -> Self {
        let ttl = Some(text.parse::<Ttl>().unwrap());
        match &mut self.request {
            Request::Lock(lock) => lock.ttl_secs = ttl,
            Request::Renew(renew) => renew.ttl_secs = ttl,
            Request::Steal(steal) => steal.ttl_secs = ttl,
            other => panic!("{other:?} has no ttl"),
        }
        self
    }

    /// Waits in line at most this long.
    pub(super) fn wait(self, time: &str) -> Self {
        let until = self.world.now.plus_secs(secs(time));
        self.wait_until(until)
    }

    pub(super) fn wait_until(self, until: Timestamp) -> Self {
        self.on_lock(|lock| lock.wait_until = Some(until))
    }

    pub(super) fn keep(mut self) -> Self {
        if let Request::Land(land) = &mut self.request {
            land.locks = Landed::Renew;
        }
        self
    }

    pub(super) fn require(mut self, text: &str) -> Self {
        if let Request::Land(land) = &mut self.request {
            land.require = keys(text);
        }
        self
    }

    pub(super) fn done(self) -> Result<Done, Refusal> {
        self.world.run(&self.by, &self.request, &self.also)
    }

    /// It is done.
    #[track_caller]
    pub(super) fn ok(self) -> Done {
        let what = format!("{} asked {:?}", self.by, self.request);
        let plan = self
            .done()
            .unwrap_or_else(|no| panic!("{what}\nand was refused: {no}"));
        if let Reply::Waiting { .. } = plan.reply {
            panic!("{what}\nand waits: {:?}", plan.reply);
        }
        plan
    }

    /// It is done, and changes nothing.
    #[track_caller]
    pub(super) fn no_change(self) -> Done {
        let plan = self.ok();
        assert!(!plan.is_change, "{:?}", plan.reply);
        plan
    }

    /// Locks are held, each in its own way.
    #[track_caller]
    pub(super) fn granted(self, hows: &[How]) -> Vec<Granted> {
        match self.ok().reply {
            Reply::Locked { locks, .. } => {
                let got: Vec<How> = locks.iter().map(|lock| lock.how).collect();
                assert_eq!(got, hows);
                locks
            }
            other => panic!("no lock but {other:?}"),
        }
    }

    /// It is in line, with so many before it.
    #[track_caller]
    pub(super) fn waits(self, before: usize) -> Done {
        let what = format!("{} asked {:?}", self.by, self.request);
        let plan = self
            .done()
            .unwrap_or_else(|no| panic!("{what}\nand was refused: {no}"));
        match &plan.reply {
            Reply::Waiting { ahead, .. } => assert_eq!(*ahead, before, "{what}"),
            other => panic!("{what}\nand does not wait: {other:?}"),
        }
        plan
    }

    /// It is refused with this code, and nothing is changed.
    #[track_caller]
    pub(super) fn refused(self, code: &str) -> Refusal {
        let Ask {
            world,
            by,
            also,
            request,
        } = self;
        let before = world.book.clone();
        match world.run(&by, &request, &also) {
            Ok(plan) => panic!(
                "{by} asked {request:?}\nand was not refused: {:?}",
                plan.reply
            ),
            Err(refusal) => {
                assert_eq!(refusal.code(), code, "{refusal}");
                assert_eq!(world.book, before);
                refusal
            }
        }
    }
}

/// Who stands in the way, once each: `alice src/`.
pub(super) fn blockers(refusal: &Refusal) -> String {
    let conflicts = match refusal {
        Refusal::LockHeld { conflicts }
        | Refusal::OtherSession { conflicts }
        | Refusal::NotHeld { conflicts, .. } => conflicts,
        other => panic!("{other} names no lock"),
    };
    let blockers: BTreeMap<String, ()> = conflicts
        .iter()
        .map(|conflict| (format!("{} {}", conflict.by.agent, conflict.held), ()))
        .collect();
    blockers.into_keys().collect::<Vec<_>>().join(", ")
}
