//! Faults and rivals on order: the state is whole whatever fails.

use std::rc::Rc;

use super::rig::{about, edits, place, swap_of, texts, write_one};
use crate::store::names::STATE;
use crate::store::{Backend, Draft, Fault, Memory, Pushed, Result, Snapshot, Swapped};

const A: &str = "locks/path/src/a.rs=";
const B: &str = "values/count.json";

/// Raises two records together, by one local operation.
fn raise(backend: &dyn Backend) -> Result<Swapped> {
    let tip = backend.tip(STATE)?;
    let snapshot = Snapshot::at(backend, tip)?;
    let count = |at| -> Result<usize> {
        let bytes = snapshot.get(&place(at))?;
        let text = bytes.map_or_else(|| "0".into(), |b| String::from_utf8_lossy(&b).into_owned());
        Ok(text.parse().expect("a number"))
    };
    let (a, b) = (count(A)? + 1, count(B)? + 1);
    let mut draft = Draft::on(&snapshot);
    let changes = edits(&[(A, Some(&a.to_string())), (B, Some(&b.to_string()))]);
    let id = draft.commit(&changes, about("raise"), false)?;
    draft.write()?;
    let _guard = backend.lock(super::rig::PATIENCE)?;
    draft.swap(&[swap_of(tip, id)])
}

/// Publishes to the remote instead.
fn raise_there(backend: &dyn Backend) -> Result<Pushed> {
    let tip = backend.fetch("origin", STATE)?;
    let snapshot = Snapshot::at(backend, tip)?;
    let count = snapshot.get(&place(A))?.map_or(0, |text| text.len()) + 1;
    let mut draft = Draft::on(&snapshot);
    let text = "x".repeat(count);
    let id = draft.commit(
        &edits(&[(A, Some(&text)), (B, Some(&text))]),
        about("raise"),
        false,
    )?;
    draft.write()?;
    backend.push("origin", &[swap_of(tip, id)])
}

#[test]
fn the_state_is_whole_after_a_fault_at_any_call() {
    let memory = Memory::new();
    assert_eq!(raise(&memory).expect("no fault"), Swapped::Moved);
    let mut done = 1;
    for n in 0.. {
        assert!(n < 100, "every run met a fault");
        let faulty = memory.same_clone();
        faulty.inject(Fault::FailCall(n));
        let outcome = raise(&faulty);
        let state = texts(&memory, memory.tip(STATE).expect("an answer"));
        assert_eq!(state[A], state[B], "fault at call {n}");
        let now: usize = state[A].parse().expect("a number");
        if faulty.calls() <= n {
            assert_eq!(outcome.expect("no fault was met"), Swapped::Moved);
            assert_eq!(now, done + 1);
            return;
        }
        // A failure that was reported may have happened, once; a success has.
        match outcome {
            Ok(_) => assert_eq!(now, done + 1, "fault at call {n}"),
            Err(_) => assert!(now == done || now == done + 1, "fault at call {n}"),
        }
        done = now;
    }
}

#[test]
fn the_remote_state_is_whole_after_a_fault_at_any_call() {
    let memory = Memory::new();
    assert_eq!(raise_there(&memory).expect("no fault"), Pushed::Moved);
    for n in 0.. {
        assert!(n < 100, "every run met a fault");
        let faulty = Memory::clone_of(&memory);
        faulty.inject(Fault::FailCall(n));
        let outcome = raise_there(&faulty);
        let tip = memory.fetch("origin", STATE).expect("no fault");
        let state = texts(&memory, tip);
        assert_eq!(state[A], state[B], "fault at call {n}");
        if faulty.calls() <= n {
            assert_eq!(outcome.expect("no fault was met"), Pushed::Moved);
            return;
        }
        assert!(outcome.is_err(), "the fault at call {n} was swallowed");
    }
}

#[test]
fn a_rival_between_reading_and_moving_wins() {
    let memory = Rc::new(Memory::new());
    let one = write_one(&*memory, None, "1");
    let rivals = write_one(&*memory, None, "rival");
    let rival = memory.same_clone();
    memory.race(move || {
        let swapped = rival.swap(&[swap_of(None, rivals)]).expect("an answer");
        assert_eq!(swapped, Swapped::Moved);
    });
    let swapped = memory.swap(&[swap_of(None, one)]).expect("an answer");
    assert_eq!(swapped, Swapped::Lost);
    assert_eq!(memory.tip(STATE).expect("an answer"), Some(rivals));
}

#[test]
fn a_lost_answer_is_unknown_and_settled_by_the_chain() {
    let memory = Memory::new();
    let one = write_one(&memory, None, "1");
    memory.inject(Fault::LoseAnswer(0));
    let pushed = memory.push("origin", &[swap_of(None, one)]);
    assert!(matches!(pushed.expect("an answer"), Pushed::Unknown(_)));
    let tip = memory.fetch("origin", STATE).expect("an answer");
    assert!(crate::store::contains(&memory, tip, one).expect("an answer"));
}

#[test]
fn an_unreachable_remote_changes_nothing() {
    let memory = Memory::new();
    let one = write_one(&memory, None, "1");
    memory.inject(Fault::Unreachable(0));
    let pushed = memory.push("origin", &[swap_of(None, one)]);
    assert!(matches!(pushed.expect("an answer"), Pushed::Unreached(_)));
    assert_eq!(memory.fetch("origin", STATE).expect("an answer"), None);
    memory.inject(Fault::Unreachable(0));
    assert!(memory.fetch("origin", STATE).is_err());
}
