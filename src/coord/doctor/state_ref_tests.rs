//! Every way in which a state ref and its pin can stand, over plain facts.

use super::anchor::{Anchor, PinFact, RefFact};
use super::finding::State;
use super::relation::Relation;
use super::state_ref::judge_at;
use super::tip::{Seen, Tip};
use crate::model::time::Timestamp;

fn tip(digit: &str, seen: Seen) -> Tip {
    let id = digit.repeat(40).parse().expect("forty digits");
    Tip { id, seen }
}

#[test]
fn every_way_to_lose_a_state_is_told_apart() {
    let now: Timestamp = chrono::DateTime::UNIX_EPOCH.into();
    let state = || Seen::State {
        rev: 1,
        at: now,
        subject: "lock".into(),
    };
    let at = |seen| RefFact::At(tip("a", seen));
    let pinned = || PinFact::At(tip("b", state()));
    let ours = tip("c", state()).id;
    let cases = [
        (
            RefFact::Absent,
            PinFact::Absent,
            None,
            State::Ok,
            "nothing was ever locked",
        ),
        (at(state()), PinFact::Absent, None, State::Ok, "number 1"),
        (
            at(state()),
            pinned(),
            Some(Relation::Continues),
            State::Ok,
            "number 1",
        ),
        (RefFact::Absent, pinned(), None, State::Problem, "is gone"),
        (
            RefFact::Broken("empty".into()),
            pinned(),
            None,
            State::Problem,
            "damaged: empty",
        ),
        (
            at(state()),
            pinned(),
            Some(Relation::Shortened(2)),
            State::Problem,
            "set back by 2",
        ),
        (
            at(state()),
            pinned(),
            Some(Relation::Forked(ours)),
            State::Problem,
            "rewritten",
        ),
        (
            at(state()),
            pinned(),
            Some(Relation::Foreign),
            State::Problem,
            "foreign",
        ),
        (
            at(Seen::Missing),
            pinned(),
            Some(Relation::Foreign),
            State::Problem,
            "not here",
        ),
        (
            at(Seen::Missing),
            PinFact::Absent,
            None,
            State::Problem,
            "not here",
        ),
        (
            at(Seen::Alien("x".into())),
            PinFact::Absent,
            None,
            State::Problem,
            "no operation",
        ),
    ];
    for (at, pin, relation, state, found) in cases {
        let anchor = Anchor { at, pin, relation };
        let judged = judge_at(&anchor, now);
        assert_eq!(judged.state, state, "{anchor:?}");
        assert!(judged.found.contains(found), "{anchor:?}: {}", judged.found);
        assert_eq!(judged.is_fixable, state == State::Problem, "{anchor:?}");
    }
}
