//! Random steps of many sessions.

use proptest::prelude::*;

use super::words::{Done, World, actor, key, plain_lock};
use crate::model::id::Actor;
use crate::model::key::Key;
use crate::model::lock::Mode;
use crate::model::refusal::Refusal;
use crate::model::request::{
    Adopt, Compact, Land, Landed, Leave, Lock, Note, Renew, Request, Steal, Unlock, Which,
};
use crate::model::time::Ttl;

const ACTORS: [&str; 5] = ["alice", "alice/2", "bob", "carol", "dave"];
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
                    rev: hold.rev.saturating_add(u64::from(!is_now)),
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
                branch: None,
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
                    records: Vec::new(),
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
