//! Random histories of many sessions: what has to hold in every state and after every step.

use std::collections::BTreeMap;

use proptest::prelude::*;

use super::steps::{run, steps};
use super::words::World;
use crate::model::event::{Event, RULES};
use crate::model::id::{Actor, OpId};
use crate::model::key::Key;
use crate::model::record::VERSION;
use crate::model::refusal::{Conflict, Refusal};
use crate::model::reply::Reply;
use crate::model::request::{Request, Unlock, Which};

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
        _ => panic!("{refusal}"),
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
                        here: None,
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
