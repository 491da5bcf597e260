//! Random histories of many sessions: what has to hold in every state and after every step.

use std::collections::BTreeMap;

use proptest::prelude::*;

use super::words::{Done, World, actor, key, plain_lock};
use crate::model::event::{Event, RULES};
use crate::model::id::{Actor, OpId};
use crate::model::key::Key;
use crate::model::lock::Mode;
use crate::model::record::VERSION;
use crate::model::refusal::{Conflict, Refusal};
use crate::model::reply::Reply;
use crate::model::request::{
    Adopt, Compact, Land, Landed, Leave, Lock, Note, Renew, Request, Steal, Unlock, Which,
};
use crate::model::time::Ttl;

pub(super) const ACTORS: [&str; 5] = ["alice", "alice/2", "bob", "carol", "dave"];
const KEYS: [&str; 11] = [
    ".",
    "src/",
    "src/a.rs",
    "src/b.rs",
    "src/*.rs",
    "src/deep/",
    "doc/x",
    "doc/y",
    "**/*.rs",
    "api:GET /v1/users",
    "db:schema:users",
];

const PATHS: [&str; 5] = ["src/a.rs", "src/b.rs", "src/deep/c", "doc/x", "top"];

/// One step: time passes, and somebody asks.
#[derive(Clone)]
pub(super) struct Step {
    pass_secs: u64,
    by: usize,
    ask: Asked,
}

impl std::fmt::Debug for Step {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let ask = match &self.ask {
            Asked::Lock(lock, wait) => {
                format!(
                    "lock {} wait {wait:?}",
                    serde_json::to_string(lock).unwrap()
                )
            }
            Asked::Unlock(keys) => format!("unlock {}", serde_json::to_string(keys).unwrap()),
            other => format!("{other:?}"),
        };
        write!(out, "{}s later {}: {ask}", self.pass_secs, ACTORS[self.by])
    }
}

#[derive(Clone, Debug)]
enum Asked {
    Lock(Lock, Option<u64>),
    Unlock(Vec<Key>),
    UnlockAll,
    Renew(Vec<Key>),
    RenewAll,
    /// Of the nth hold there is, at its revision or another.
    Steal(usize, bool),
    Leave,
    Land(Vec<Key>, Landed, Vec<Key>),
    Note,
    Adopt(usize),
    Compact,
    Dies,
    IsWatched(u64),
}

fn some_keys(most: usize) -> impl Strategy<Value = Vec<Key>> {
    let one = proptest::sample::select(&KEYS[..]).prop_map(key);
    proptest::collection::vec(one, 1..=most)
}

fn some_paths() -> impl Strategy<Value = Vec<Key>> {
    proptest::collection::vec(proptest::sample::select(&PATHS[..]).prop_map(key), 1..4)
}

fn lock() -> impl Strategy<Value = Asked> {
    let ttl = proptest::option::of(60_u64..7200);
    let wait = proptest::option::weighted(0.4, 0_u64..4000);
    let flag = proptest::bool::weighted(0.15);
    (some_keys(3), any::<bool>(), ttl, flag, flag, wait).prop_map(
        |(keys, is_shared, ttl, takeover, narrow, wait)| {
            let lock = Lock {
                mode: if is_shared {
                    Mode::Shared
                } else {
                    Mode::Exclusive
                },
                ttl_secs: ttl.map(|secs| Ttl::try_from(secs).unwrap()),
                reason: ttl.map(|_| "a reason".parse().unwrap()),
                takeover,
                narrow,
                ..plain_lock(keys)
            };
            Asked::Lock(lock, wait)
        },
    )
}

fn asked() -> impl Strategy<Value = Asked> {
    let landed = proptest::sample::select(&[Landed::Release, Landed::Renew][..]);
    prop_oneof![
        12 => lock(),
        3 => some_keys(2).prop_map(Asked::Unlock),
        4 => Just(Asked::UnlockAll),
        1 => some_keys(2).prop_map(Asked::Renew),
        1 => Just(Asked::RenewAll),
        3 => (any::<usize>(), proptest::bool::weighted(0.9)).prop_map(|(n, is_now)| Asked::Steal(n, is_now)),
        1 => Just(Asked::Leave),
        3 => (some_paths(), landed, proptest::collection::vec(Just(key("src/")), 0..2))
            .prop_map(|(paths, locks, require)| Asked::Land(paths, locks, require)),
        1 => Just(Asked::Note),
        1 => (0_usize..20).prop_map(Asked::Adopt),
        1 => Just(Asked::Compact),
        1 => Just(Asked::Dies),
        2 => (0_u64..9000).prop_map(Asked::IsWatched),
    ]
}

pub(super) fn steps(most: usize) -> impl Strategy<Value = Vec<Step>> {
    let pass = prop_oneof![6 => 0_u64..20, 2 => 20_u64..600, 1 => 600_u64..20_000];
    let step = (pass, 0..ACTORS.len(), asked()).prop_map(|(pass_secs, by, ask)| Step {
        pass_secs,
        by,
        ask,
    });
    proptest::collection::vec(step, 1..most)
}

impl Asked {
    /// The request as it is in this world, if it is one.
    fn request(self, world: &mut World, past: &[World], by: &Actor) -> Option<Request> {
        let holds = || -> Vec<_> {
            let locks = world.book.locks().into_iter();
            locks
                .flat_map(|lock| {
                    lock.holds
                        .into_iter()
                        .map(move |hold| (lock.key.clone(), hold))
                })
                .collect()
        };
        Some(match self {
            Self::Lock(lock, wait) => {
                let wait_until = wait.map(|secs| world.now.plus_secs(secs));
                Request::Lock(Lock { wait_until, ..lock })
            }
            Self::Unlock(keys) => Request::Unlock(Unlock {
                which: Which::Keys(keys),
            }),
            Self::UnlockAll => Request::Unlock(Unlock { which: Which::All }),
            Self::Renew(keys) => Request::Renew(Renew {
                which: Which::Keys(keys),
                ttl_secs: None,
            }),
            Self::RenewAll => Request::Renew(Renew {
                which: Which::All,
                ttl_secs: None,
            }),
            Self::Steal(n, is_now) => {
                let holds = holds();
                let (key, hold) = holds.get(n.checked_rem(holds.len())?)?;
                Request::Steal(Steal {
                    key: key.clone(),
                    rev: hold.rev + u64::from(!is_now),
                    reason: "it is mine".parse().unwrap(),
                    ttl_secs: None,
                    host: None,
                })
            }
            Self::Leave => Request::Leave(Leave {}),
            Self::Land(paths, locks, require) => Request::Land(Land {
                target: "refs/heads/main".parse().unwrap(),
                old: None,
                new: "1".repeat(40).parse().unwrap(),
                paths,
                locks,
                require,
            }),
            Self::Note => Request::Note(Note {
                text: "a fact".parse().unwrap(),
                commit: None,
                paths: Vec::new(),
            }),
            Self::Adopt(n) => {
                let then = past.get(n.checked_rem(past.len())?)?;
                Request::Adopt(Adopt {
                    from: "2".repeat(40).parse().unwrap(),
                    locks: then.book.locks(),
                })
            }
            Self::Compact => Request::Compact(Compact { closes: None }),
            Self::Dies => {
                // Only for a while: sessions of one name come and go.
                if !world.watch.dead.remove(by) {
                    world.watch.dead.insert(by.clone());
                }
                return None;
            }
            Self::IsWatched(secs) => {
                for (key, hold) in holds() {
                    let holder = hold.actor();
                    world.watch.seen.insert((key, holder, hold.rev), secs);
                }
                return None;
            }
        })
    }
}

/// Runs the steps; `look` sees each answer with the worlds before and after it.
pub(super) fn run(
    world: &mut World,
    steps: Vec<Step>,
    mut look: impl FnMut(&World, &World, &Actor, &Request, &Result<Done, Refusal>),
) {
    let mut past: Vec<World> = Vec::new();
    for Step { pass_secs, by, ask } in steps {
        world.now = world.now.plus_secs(pass_secs);
        let by = actor(ACTORS[by]);
        let Some(request) = ask.request(world, &past, &by) else {
            continue;
        };
        let before = world.clone();
        let known: Vec<Key> = KEYS.iter().copied().map(key).collect();
        let answer = world.run(&by, &request, &known);
        look(&before, world, &by, &request, &answer);
        past.push(before);
    }
}

/// A refusal names what is really there, and really in the way.
fn assert_real(world: &World, by: &Actor, request: &Request, refusal: &Refusal) {
    let is_there = |conflict: &Conflict| {
        let lock = world
            .book
            .lock(&conflict.held.to_string())
            .expect("it names a lock");
        let hold = lock.holds.iter().find(|hold| hold.is_of(&conflict.by));
        assert_eq!(hold.map(|hold| hold.rev), Some(conflict.rev));
        assert!(conflict.by != *by && conflict.held.overlaps(&conflict.wanted));
        lock.mode
    };
    match refusal {
        Refusal::LockHeld { conflicts } | Refusal::OtherSession { conflicts } => {
            assert!(!conflicts.is_empty());
            for conflict in conflicts {
                let mode = is_there(conflict);
                if let Request::Lock(lock) = request {
                    assert!(!mode.is_compatible(lock.mode) && lock.keys.contains(&conflict.wanted));
                    assert!(lock.wait_until.is_none_or(|until| until <= world.now));
                }
            }
        }
        Refusal::NotHeld { keys, conflicts } => {
            assert!(!keys.is_empty());
            let is_own = |key: &Key| {
                world
                    .book
                    .lock(&key.to_string())
                    .is_some_and(|lock| lock.holds.iter().any(|h| h.is_of(by)))
            };
            assert!(!keys.iter().any(is_own));
            conflicts.iter().for_each(|conflict| {
                is_there(conflict);
            });
        }
        Refusal::Reserved { ahead } => {
            assert!(!ahead.is_empty());
            for ahead in ahead {
                assert!(ahead.until > world.now && ahead.by != *by);
                let wait = world
                    .waits()
                    .into_iter()
                    .find(|wait| wait.by == ahead.by)
                    .expect("it waits");
                assert!(wait.keys.iter().any(|key| key.overlaps(&ahead.wanted)));
            }
        }
        Refusal::Deadlock { cycle, .. } => {
            assert!(cycle.len() > 2 && cycle.first() == Some(by) && cycle.last() == Some(by));
        }
        Refusal::RevChanged { .. } | Refusal::LockRequired { .. } => {}
        Refusal::Limit { .. } | Refusal::Damaged { .. } | Refusal::Behind { .. } => {
            panic!("{refusal}")
        }
    }
}

fn assert_same_json<T>(value: &T)
where
    T: serde::Serialize + serde::de::DeserializeOwned + PartialEq + std::fmt::Debug,
{
    let text = serde_json::to_string(value).unwrap();
    let back: T = serde_json::from_str(&text).unwrap_or_else(|why| panic!("{why}: {text}"));
    assert_eq!(&back, value);
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(100) })]

    /// No two sessions hold what excludes the other, whatever happens; each decision comes out the
    /// same again from its event alone (both are checked at every step); what is refused changes
    /// nothing and says why.
    #[test]
    fn refusals_change_nothing_and_name_what_is_in_the_way(steps in steps(40)) {
        run(&mut World::new(), steps, |before, after, by, request, answer| {
            if let Err(refusal) = answer {
                assert_eq!(before.book, after.book);
                assert_real(before, by, request, refusal);
            }
        });
    }

    #[test]
    fn the_revision_of_a_key_only_grows(steps in steps(40)) {
        let mut last: BTreeMap<Key, u64> = BTreeMap::new();
        run(&mut World::new(), steps, |before, after, _, _, _| {
            for lock in after.book.locks() {
                let earlier = before.book.lock(&lock.key.to_string());
                for hold in &lock.holds {
                    let is_old = |earlier: &crate::model::lock::LockRecord| earlier.holds.contains(hold);
                    if !earlier.as_ref().is_some_and(is_old) {
                        let last = last.entry(lock.key.clone()).or_default();
                        assert!(hold.rev > *last && hold.rev == after.book.rev, "{lock:#?}");
                    }
                }
                let newest = lock.holds.iter().map(|hold| hold.rev).max();
                last.insert(lock.key.clone(), newest.unwrap());
            }
        });
    }

    #[test]
    fn what_was_granted_is_held_and_what_was_given_back_is_not(steps in steps(40)) {
        run(&mut World::new(), steps, |_, after, by, request, answer| {
            let Ok(done) = answer else { return };
            let own = |key: &Key| {
                let lock = after.book.lock(&key.to_string())?;
                let hold = lock.holds.iter().find(|hold| hold.is_of(by))?;
                Some((lock.mode, hold.rev, hold.until()))
            };
            match &done.reply {
                Reply::Locked { locks, replaced } => {
                    let Request::Lock(asked) = request else { panic!("{request:?}") };
                    assert_eq!(locks.len(), asked.keys.iter().collect::<std::collections::BTreeSet<_>>().len());
                    for lock in locks {
                        assert_eq!(own(&lock.key), Some((lock.mode, lock.rev, lock.until)), "{:?}", done.reply);
                    }
                    for key in &asked.keys {
                        let covers = |lock: &crate::model::reply::Granted| lock.key.covers(key) && lock.mode >= asked.mode;
                        assert!(locks.iter().any(covers), "{key}");
                    }
                    assert!(replaced.iter().all(|key| own(key).is_none()), "{:?}", done.reply);
                    assert!(after.waits().iter().all(|wait| wait.by != *by || wait.keys != asked.keys));
                }
                Reply::Stolen { lock, .. } => assert_eq!(own(&lock.key).map(|own| own.1), Some(lock.rev)),
                Reply::Renewed { locks } => {
                    assert!(locks.iter().all(|lock| own(&lock.key) == Some((lock.mode, lock.rev, lock.until))));
                }
                Reply::Unlocked { released, .. } | Reply::Landed { released, .. } => {
                    assert!(released.iter().all(|key| own(key).is_none()));
                    if matches!(request, Request::Unlock(Unlock { which: Which::All })) {
                        let session = serde_json::to_string(by).unwrap();
                        let traces = after.book.places.iter().filter(|(place, bytes)| {
                            place.as_str().starts_with("locks/") && String::from_utf8_lossy(bytes).contains(&format!("\"holds\":[{session}"))
                        });
                        assert_eq!(traces.count(), 0);
                        assert!(after.book.locks().iter().all(|lock| lock.holds.iter().all(|hold| !hold.is_of(by))));
                    }
                }
                _ => {}
            }
        });
    }

    #[test]
    fn everything_survives_the_way_through_json(steps in steps(30)) {
        run(&mut World::new(), steps, |before, _, by, request, answer| {
            assert_same_json(request);
            match answer {
                Err(refusal) => assert_same_json(refusal),
                Ok(done) => {
                    assert_same_json(&done.reply);
                    let event = Event {
                        v: VERSION,
                        rules: RULES,
                        op: OpId::new(ulid::Ulid(7)),
                        rev: before.book.rev + 1,
                        at: before.now,
                        by: by.clone(),
                        request: request.clone(),
                        evidence: done.evidence.clone(),
                        also: done.also.clone(),
                        refused: Vec::new(),
                    };
                    assert_same_json(&event);
                    let message = event.message("subject", None).unwrap();
                    let body = message.split_once("\n\n").unwrap().1;
                    assert_eq!(Event::parse(body), Ok(event));
                }
            }
        });
    }
}
