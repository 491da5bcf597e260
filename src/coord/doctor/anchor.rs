//! The state ref against the pin: what this clone has against what it has seen.

use std::collections::HashMap;

use crate::coord::{Coord, pin};
use crate::env;
use crate::model::event::Event;
use crate::model::object_id::ObjectId;
use crate::model::time::{Timestamp, span};
use crate::store::{Advance, Error, advance, history, names};

use super::finding::{Judged, State};
use super::honest::{self, Honest};
use super::objects;

/// A commit that a ref or the pin names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Tip {
    pub(super) id: ObjectId,
    pub(super) seen: Seen,
}

/// What is behind an id.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Seen {
    /// A state of git-coord.
    State {
        rev: u64,
        at: Timestamp,
        subject: String,
    },
    /// Nothing: the object is not here.
    Missing,
    /// Something that cannot be read.
    Damaged(String),
    /// A commit that no operation made.
    Alien(String),
}

/// What stands at the name of the state ref.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum RefFact {
    Absent,
    /// Something that is no id.
    Broken(String),
    At(Tip),
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum PinFact {
    Absent,
    Unreadable,
    At(Tip),
}

/// How a tip stands to the one that is trusted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Relation {
    /// The same, or it goes on from there.
    Continues,
    /// It is older by so many states.
    Shortened(u64),
    /// Both go on from a common state, another way each.
    Forked(ObjectId),
    /// They have nothing in common.
    Foreign,
    /// A commit on the way cannot be read.
    Unknown(String),
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Anchor {
    pub(super) at: RefFact,
    pub(super) pin: PinFact,
    /// The ref against the pin, where there are both.
    pub(super) relation: Option<Relation>,
}

impl Anchor {
    /// The tip that this clone can rely on: the ref where it continues the pin, else the pin.
    pub(super) fn trusted(&self) -> Option<&Tip> {
        match (&self.at, &self.pin, &self.relation) {
            (RefFact::At(tip), PinFact::At(_), Some(Relation::Continues)) => Some(tip),
            (_, PinFact::At(pin), _) => Some(pin),
            (RefFact::At(tip), _, _) => Some(tip),
            _ => None,
        }
    }

    /// Whether there was a state and it cannot be read.
    pub(super) fn is_lost(&self) -> bool {
        let is_traced = self.trusted().is_some() || self.at != RefFact::Absent;
        is_traced && self.now().is_none()
    }

    /// Whether ref and pin are both at this commit.
    pub(super) fn is_at(&self, id: ObjectId) -> bool {
        matches!(&self.at, RefFact::At(tip) if tip.id == id)
            && matches!(&self.pin, PinFact::At(pin) if pin.id == id)
    }

    /// The state to look into: the trusted one, if it can be read.
    pub(super) fn now(&self) -> Option<ObjectId> {
        let is_here = |tip: &&Tip| matches!(tip.seen, Seen::State { .. } | Seen::Alien(_));
        self.trusted().filter(is_here).map(|tip| tip.id)
    }
}

pub(super) fn gather(coord: &Coord) -> Anchor {
    // In this order: a writer that comes between moves the ref first, so that the pin that was
    // read is never the newer of the two.
    let pin = pin_fact(coord);
    let at = ref_fact(coord);
    let relation = match (&at, &pin) {
        (RefFact::At(tip), PinFact::At(pin)) => Some(relate(coord, pin.id, tip.id)),
        _ => None,
    };
    Anchor { at, pin, relation }
}

/// What is behind an id.
pub(super) fn tip(coord: &Coord, id: ObjectId) -> Tip {
    let seen = match history(coord.repo(), Some(id)).next() {
        Some(Ok((_, commit))) => match Event::rev_of(commit.body()) {
            Ok(rev) => Seen::State {
                rev,
                at: commit.at.into(),
                subject: commit.subject().to_owned(),
            },
            Err(_) => Seen::Alien(commit.subject().to_owned()),
        },
        Some(Err(Error::Missing { .. })) | None => Seen::Missing,
        Some(Err(why)) => Seen::Damaged(why.to_string()),
    };
    Tip { id, seen }
}

/// The ref as git resolves it, whether or not the object is here. Neither libgit2 nor a child that
/// reads objects tells a ref to a missing object from one that is not there.
pub(super) fn ref_fact(coord: &Coord) -> RefFact {
    let git = coord.repo().git();
    let run = |args: &[&str]| git.run(args, None, None).ok().filter(|o| o.success());
    if let Some(to) = run(&["symbolic-ref", "--quiet", names::STATE]) {
        return RefFact::Broken(format!("it only points to `{}`", to.text()));
    }
    if let Some(found) = run(&["rev-parse", "--verify", "--quiet", names::STATE]) {
        return match found.text().parse() {
            Ok(id) => RefFact::At(tip(coord, id)),
            Err(_) => RefFact::Broken(format!("git reads it as `{}`", found.text())),
        };
    }
    let file = coord.repo().layout().common_dir.join(names::STATE);
    match std::fs::symlink_metadata(&file) {
        Ok(meta) if meta.is_file() && meta.len() == 0 => {
            RefFact::Broken("its file is empty".into())
        }
        Ok(meta) if meta.is_dir() => RefFact::Absent,
        Ok(_) => RefFact::Broken("its file holds no id".into()),
        Err(_) => RefFact::Absent,
    }
}

fn pin_fact(coord: &Coord) -> PinFact {
    let dir = coord.repo().coord_dir();
    match pin::load(&dir) {
        Some(id) => PinFact::At(tip(coord, id)),
        None if dir.join(pin::FILE).exists() => PinFact::Unreadable,
        None => PinFact::Absent,
    }
}

/// How `offered` stands to `trusted`.
pub(super) fn relate(coord: &Coord, trusted: ObjectId, offered: ObjectId) -> Relation {
    match advance(coord.repo(), Some(trusted), Some(offered)) {
        Ok(Advance::Same | Advance::Forward(_) | Advance::NewEpoch) => Relation::Continues,
        Err(Error::Rewritten { .. }) => part(coord, trusted, offered),
        Err(why) => Relation::Unknown(why.to_string()),
    }
}

/// Where two chains part.
fn part(coord: &Coord, trusted: ObjectId, offered: ObjectId) -> Relation {
    let ours: HashMap<ObjectId, u64> = ancestry(coord, trusted).zip(0..).collect();
    if let Some(steps) = ours.get(&offered) {
        return Relation::Shortened(*steps);
    }
    match ancestry(coord, offered).find(|id| ours.contains_key(id)) {
        Some(common) => Relation::Forked(common),
        None => Relation::Foreign,
    }
}

/// A tip and everything before it, also in earlier epochs, as far as it is here.
fn ancestry(coord: &Coord, tip: ObjectId) -> impl Iterator<Item = ObjectId> {
    let mut next = Some(tip);
    std::iter::from_fn(move || {
        let id = next.take()?;
        let (_, commit) = history(coord.repo(), Some(id)).next()?.ok()?;
        let link = commit.epoch_link().map(|link| link.tip);
        next = commit.parent.or(link);
        Some(id)
    })
}

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
        let below = describe(&tip(coord, below), now);
        judged = judged.details([format!("newest that an operation made: {below}")]);
    }
    let rescued = rescued(coord)
        .into_iter()
        .map(|(name, id)| format!("set aside: {name}, {}", describe(&tip(coord, id), now)));
    judged.details(rescued)
}

fn judge_at(anchor: &Anchor, now: Timestamp) -> Judged {
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

/// A tip for people.
pub(super) fn describe(tip: &Tip, now: Timestamp) -> String {
    let id = tip.id;
    match &tip.seen {
        Seen::State { rev, at, subject } => {
            format!("{id}, number {rev}, {}: {subject}", age(*at, now))
        }
        Seen::Missing => format!("{id}, which is not here"),
        Seen::Damaged(why) => format!("{id}, which cannot be read: {why}"),
        Seen::Alien(subject) => format!("{id}, a commit that no operation made: {subject}"),
    }
}

fn age(at: Timestamp, now: Timestamp) -> String {
    match now.secs_since(at) {
        ago @ 0.. => format!("{} ago", span(ago.unsigned_abs())),
        ahead => format!("{} in the future", span(ahead.unsigned_abs())),
    }
}

/// The tips that repairs have set aside.
pub(super) fn rescued(coord: &Coord) -> Vec<(String, ObjectId)> {
    let args = [
        "for-each-ref",
        "--format=%(objectname) %(refname)",
        names::RESCUED,
    ];
    let listed = coord.repo().git().run(&args, None, None);
    let listed = listed.map(|output| output.text()).unwrap_or_default();
    let split = |line: &str| {
        let (id, name) = line.split_once(' ')?;
        Some((name.to_owned(), id.parse().ok()?))
    };
    listed.lines().filter_map(split).collect()
}

#[cfg(test)]
mod tests {
    use super::{Anchor, PinFact, RefFact, Relation, Seen, Tip, judge_at};
    use crate::coord::doctor::finding::State;
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
}
