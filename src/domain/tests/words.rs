//! The words that rule tests are written in: `world.by("bob").lock("src/a.rs").refused("lock_held")`.
//!
//! A name is an agent; `bob/2` is its session `2`. Several keys are separated with `, `.

use std::collections::BTreeSet;

pub(super) use super::world::{Done, World, actor, key, keys};

use super::world::secs;
use crate::model::id::Actor;
use crate::model::key::Key;
use crate::model::lock::Mode;
use crate::model::object_id::ObjectId;
use crate::model::refusal::Refusal;
use crate::model::reply::{Granted, How, Reply};
use crate::model::request::{
    Compact, Land, Landed, Leave, Lock, Note, Renew, Request, Steal, Unlock, Which,
};
use crate::model::time::{Timestamp, Ttl};

impl World {
    pub(super) fn by(&mut self, name: &str) -> Someone<'_> {
        Someone {
            world: self,
            by: actor(name),
            also: Vec::new(),
        }
    }
}

/// A request on its way.
#[must_use = "say how it ends"]
pub(super) struct Ask<'w> {
    world: &'w mut World,
    by: Actor,
    also: Vec<Key>,
    request: Request,
}

/// Somebody who is about to ask.
pub(super) struct Someone<'w> {
    world: &'w mut World,
    by: Actor,
    also: Vec<Key>,
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
            branch: None,
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
    let blockers: BTreeSet<String> = conflicts
        .iter()
        .map(|conflict| format!("{} {}", conflict.by.agent, conflict.held))
        .collect();
    blockers.into_iter().collect::<Vec<_>>().join(", ")
}
