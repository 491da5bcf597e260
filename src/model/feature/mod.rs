//! The record of a feature: what somebody is about to change on a branch, said before it is touched.
//!
//! A claim of a feature keeps nobody out, as a lock does: it lets others see what is coming, and the
//! merge queue check the branch against what was announced.

mod ask;
mod overlap;
mod percent;
mod told;

use std::collections::{BTreeMap, BTreeSet};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::id::{Actor, Id};
use super::key::Key;
use super::object_id::ObjectId;
use super::place::{Place, encode_component};
use super::stored::{Body, Stored};
use super::task::Priority;
use super::text::{Text, Word};
use super::time::Timestamp;

pub use ask::{Ask, Finish, Register, Update};
pub use overlap::{Feasibility, Meeting, Overlaps, Side, WithFeature, WithLock};
pub use percent::Percent;
pub use told::{Did, Told};

/// The directory of features.
pub const FEATURES: &str = "features";
/// The directory of the locks that can pause one.
pub const PAUSES: &str = "locks/key/feature";

/// A stored feature.
pub type FeatureRecord = Stored<Feature>;

/// How far a feature is.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "lowercase")]
pub enum Status {
    /// Somebody works on it.
    #[default]
    Active,
    /// It is finished and waits to be landed.
    Queued,
    /// It is part of its target.
    Landed,
    /// It is no longer wanted.
    Cancelled,
}

impl Status {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Active, Self::Queued, Self::Landed, Self::Cancelled];

    /// Whether it is over.
    pub fn is_over(self) -> bool {
        matches!(self, Self::Landed | Self::Cancelled)
    }

    /// The word in text and JSON.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Active => "active",
            Self::Queued => "queued",
            Self::Landed => "landed",
            Self::Cancelled => "cancelled",
        }
    }
}

/// What somebody is about to change.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Feature {
    /// Its name.
    pub id: Id,
    /// One line.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub title: Option<Text>,
    /// The branch that it is made on, without `refs/heads/`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub branch: Option<Text>,
    /// Whose it is: any session of that agent may change it.
    pub owner: Actor,
    /// What it will change, each key once.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub claims: BTreeSet<Key>,
    /// How urgent it is to land.
    #[serde(default)]
    pub priority: Priority,
    /// The features that land first.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub depends_on: BTreeSet<Id>,
    /// How far it is.
    #[serde(default)]
    pub status: Status,
    /// What its people want to have with it.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub metadata: BTreeMap<Word, Text>,
    /// When it was registered first.
    pub since: Timestamp,
    /// When it was over.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ended_at: Option<Timestamp>,
    /// The commit of the target that it is in, where that is known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub landed_as: Option<ObjectId>,
    /// Why it was cancelled.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub why: Option<Text>,
}

impl Body for Feature {
    const KIND: &'static str = "feature";
}

impl Feature {
    /// Where a feature of this name stands.
    pub fn place(id: &Id) -> Place {
        let name = encode_component(id.as_str().as_bytes());
        Place::encoded(format!("{FEATURES}/{name}.json"))
    }

    /// The lock that stops work on it.
    pub fn pause(id: &Id) -> Key {
        Key::pause_of_feature(id)
    }
}
