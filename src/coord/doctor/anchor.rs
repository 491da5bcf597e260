//! The state ref and the pin: what this clone has, and what it has seen.

use crate::coord::{Coord, pin};
use crate::model::object_id::ObjectId;
use crate::store::names;

use super::relation::{Relation, relate};
use super::tip::{Seen, Tip};

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
            Ok(id) => RefFact::At(Tip::of(coord, id)),
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
        Some(id) => PinFact::At(Tip::of(coord, id)),
        None if dir.join(pin::FILE).exists() => PinFact::Unreadable,
        None => PinFact::Absent,
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
