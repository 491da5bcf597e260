//! The words that feature tests are written in.

use crate::domain::feature::{find, overlap, plan};
use crate::domain::tests::words::{World, actor, keys};
use crate::model::feature::{
    Ask, Feature, FeatureRecord, Finish, Overlaps, Percent, Register, Status, Told, Update,
};
use crate::model::id::Id;
use crate::model::refusal::Refusal;
use crate::model::reply::Reply;
use crate::model::request::Request;
use crate::model::stamp::{Stamp, Watch};

pub(super) fn id(text: &str) -> Id {
    text.parse().unwrap()
}

/// A feature with these claims, such as `src/a.rs, db:users`.
pub(super) fn register(name: &str, claims: &str) -> Register {
    Register {
        claims: keys(claims),
        ..serde_json::from_value(serde_json::json!({ "id": name })).unwrap()
    }
}

pub(super) fn update(name: &str, change: impl FnOnce(&mut Update)) -> Ask {
    let mut update: Update = serde_json::from_value(serde_json::json!({ "id": name })).unwrap();
    change(&mut update);
    Ask::Update(Box::new(update))
}

pub(super) fn finish(name: &str, status: Status) -> Finish {
    Finish {
        id: id(name),
        status,
        landed_as: None,
        why: None,
        takeover: false,
        allow_secrets: Default::default(),
    }
}

impl From<Register> for Ask {
    fn from(register: Register) -> Self {
        Ask::Register(Box::new(register))
    }
}

impl From<Finish> for Ask {
    fn from(finish: Finish) -> Self {
        Ask::Finish(finish)
    }
}

impl World {
    /// A request about features; what comes of it is an answer about features, or a refusal.
    pub(super) fn feature(&mut self, by: &str, ask: impl Into<Ask>) -> Result<Told, Refusal> {
        match self
            .run(&actor(by), &Request::Feature(ask.into()), &[])?
            .reply
        {
            Reply::Feature(told) => Ok(*told),
            other => panic!("{other:?} is no answer about features"),
        }
    }

    /// Registers features of these agents: `alice login src/a.rs, src/b.rs` on each line.
    pub(super) fn features(&mut self, lines: &[&str]) {
        for line in lines {
            let (by, rest) = line.split_once(' ').unwrap();
            let (name, claims) = rest.split_once(' ').unwrap_or((rest, ""));
            self.feature(by, register(name, claims)).unwrap();
            self.pass("1s");
        }
    }

    /// A feature, which has to be there.
    pub(super) fn known(&self, name: &str) -> FeatureRecord {
        find::expect(&self.book, &id(name)).unwrap()
    }

    pub(super) fn stamp_of(&self, who: &str) -> Stamp {
        Stamp {
            at: self.now,
            by: actor(who),
            op: crate::model::id::OpId::new(ulid::Ulid::nil()),
            watch: Watch {
                skew_secs: Some(600),
                ..Watch::default()
            },
            here: None,
        }
    }

    pub(super) fn overlaps(&self, name: &str) -> Overlaps {
        let feature: Feature = self.known(name).body;
        let stamp = self.stamp_of("anybody");
        overlap::of(&self.book, &stamp, &feature, Percent::default()).unwrap()
    }

    pub(super) fn plan(&self) -> plan::Plan {
        plan::of(&self.book, &self.stamp_of("anybody"), Percent::default()).unwrap()
    }
}
