//! Check: the state ref, judged against the pin.

use crate::coord::Coord;
use crate::env;
use crate::model::time::Timestamp;

use super::anchor::{Anchor, PinFact, RefFact, rescued};
use super::finding::{Judged, State};
use super::honest::{self, Honest};
use super::objects;
use super::relation::Relation;
use super::tip::{Seen, Tip, describe};

pub(super) fn judge(coord: &Coord, anchor: &Anchor) -> Judged {
    let now = env::now();
    let mut judged = judge_at(anchor, now);
    if anchor.is_lost() {
        // Going on from an older state gives up what came after it: that is a person's decision.
        judged.is_fixable = coord.settings().remote.is_some();
        judged = match objects::newest_left(coord) {
            Some(left) => judged
                .details([format!("newest left: {}", describe(&left, now))])
                .advice(format!(
                    "find the missing objects, in a backup or another clone; to go on from the \
                     newest state that is left and give up what came after it: `git coord doctor \
                     --fix --accept {}`",
                    left.id
                )),
            None => judged.advice("find the missing objects, in a backup or another clone"),
        };
    }
    if let Some(Tip {
        id,
        seen: Seen::Alien(_),
    }) = anchor.trusted()
        && let Ok(Honest {
            tip: Some(below), ..
        }) = honest::below(coord, *id)
    {
        let below = describe(&Tip::of(coord, below), now);
        judged = judged.details([format!("newest that an operation made: {below}")]);
    }
    let rescued = rescued(coord)
        .into_iter()
        .map(|(name, id)| format!("set aside: {name}, {}", describe(&Tip::of(coord, id), now)));
    judged.details(rescued)
}

pub(super) fn judge_at(anchor: &Anchor, now: Timestamp) -> Judged {
    let (tip, pin) = match (&anchor.at, &anchor.pin) {
        (RefFact::Absent, PinFact::Absent | PinFact::Unreadable) => {
            return Judged::ok("nothing was ever locked here");
        }
        (RefFact::Broken(what), PinFact::Absent | PinFact::Unreadable) => {
            return Judged::problem(format!(
                "the state ref is damaged, and there is no pin to restore it from: {what}"
            ));
        }
        (RefFact::At(tip), PinFact::Absent) => return alone(tip, now),
        (RefFact::At(tip), PinFact::Unreadable) => {
            let judged = alone(tip, now);
            return match judged.state {
                State::Ok => Judged::note(format!(
                    "the pin cannot be read; the next command makes it anew from {}",
                    judged.found
                )),
                _ => judged,
            };
        }
        (at, PinFact::At(pin)) => (at, pin),
    };
    let sides = |at: String| [format!("ref: {at}"), format!("pin: {}", describe(pin, now))];
    let restore = |what: String, at: String| {
        Judged::problem(what)
            .details(sides(at))
            .advice(
                "`git coord doctor --fix` puts it back to the pin and sets the other aside; to \
                 take the other instead: `git coord doctor --fix --accept COMMIT`",
            )
            .fixable()
    };
    let gone = |what: &str, at: &str| restore(what.to_owned(), at.to_owned());
    let tip = match tip {
        RefFact::Absent => {
            return gone(
                "the state ref is gone, and this clone has seen a state",
                "none",
            );
        }
        RefFact::Broken(what) => {
            return gone(&format!("the state ref is damaged: {what}"), what);
        }
        RefFact::At(tip) => tip,
    };
    match (&tip.seen, anchor.relation.as_ref()) {
        (Seen::Missing | Seen::Damaged(_), _) => restore(
            format!("the state ref names {}", describe(tip, now)),
            describe(tip, now),
        ),
        (_, Some(Relation::Shortened(steps))) => restore(
            format!("the state was set back by {steps}"),
            describe(tip, now),
        ),
        (_, Some(Relation::Forked(common))) => restore(
            format!("the state was rewritten after {}", common.short()),
            describe(tip, now),
        ),
        (_, Some(Relation::Foreign)) => restore(
            "the state is a foreign chain, with nothing in common with the one seen here".into(),
            describe(tip, now),
        ),
        (_, Some(Relation::Unknown(why))) => restore(
            format!("it cannot be told whether the state continues the pin: {why}"),
            describe(tip, now),
        ),
        (_, Some(Relation::Continues) | None) => alone(tip, now),
    }
}

/// A ref that nothing contradicts.
fn alone(tip: &Tip, now: Timestamp) -> Judged {
    let text = describe(tip, now);
    match tip.seen {
        Seen::State { .. } => Judged::ok(text),
        // Whether something can be done about it is asked of the chain.
        Seen::Alien(_) => Judged::problem(text)
            .advice("`git coord doctor --fix` sets the state back below it and keeps it aside")
            .fixable(),
        Seen::Missing | Seen::Damaged(_) => {
            Judged::problem(format!("the state ref names {text}")).fixable()
        }
    }
}
