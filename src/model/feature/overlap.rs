//! What the claims of a feature meet: claims of other features, and locks.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::model::id::{Actor, Id};
use crate::model::key::Key;
use crate::model::lock::Mode;
use crate::model::task::Priority;
use crate::model::text::Text;
use crate::model::time::Timestamp;

use super::Status;

/// Whether a feature can be made beside the others.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "UPPERCASE")]
pub enum Feasibility {
    /// It shares nothing.
    Full,
    /// It shares some of its claims: it can be made at the same time, with care.
    Partial,
    /// It shares most of its claims: better one after the other.
    Sequential,
}

impl Feasibility {
    /// The word in text and JSON.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Full => "FULL",
            Self::Partial => "PARTIAL",
            Self::Sequential => "SEQUENTIAL",
        }
    }
}

/// How much of one side's claims is shared.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Side {
    /// How many claims it has, each counted once.
    pub claims: usize,
    /// How many of them meet the other side.
    pub shared: usize,
    /// What follows from that.
    pub feasibility: Feasibility,
}

/// Two keys that overlap.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Meeting {
    /// The claim of the feature that was asked about.
    pub mine: Key,
    /// What it overlaps.
    pub theirs: Key,
}

/// Another feature with an overlapping claim.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct WithFeature {
    /// Its name.
    pub id: Id,
    /// One line.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub title: Option<Text>,
    /// Its branch.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub branch: Option<Text>,
    /// Whose it is.
    pub owner: Actor,
    /// How far it is.
    pub status: Status,
    /// How urgent it is.
    pub priority: Priority,
    /// How much of the asked feature's claims meets this one.
    pub mine: Side,
    /// How much of this one's claims meets the asked feature: the other direction can differ.
    pub theirs: Side,
    /// Which keys meet.
    pub keys: Vec<Meeting>,
    /// How many more do.
    #[serde(default, skip_serializing_if = "is_none")]
    pub more: usize,
}

/// A lock of another agent on a claimed key.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct WithLock {
    /// What is locked.
    pub key: Key,
    /// In which mode.
    pub mode: Mode,
    /// Who holds it.
    pub by: Actor,
    /// Since when.
    pub since: Timestamp,
    /// Until when.
    pub until: Timestamp,
    /// Why.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<Text>,
    /// On which branch.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub branch: Option<Text>,
    /// The claims that it meets.
    pub claims: Vec<Key>,
}

/// All that the claims of a feature meet.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Overlaps {
    /// Which feature.
    pub feature: Id,
    /// How many claims it has, each counted once.
    pub claims: usize,
    /// How many of them meet anything at all.
    pub shared: usize,
    /// What follows from that.
    pub feasibility: Feasibility,
    /// Other features, most urgent first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub features: Vec<WithFeature>,
    /// Locks of others.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub locks: Vec<WithLock>,
    /// Records that may matter and cannot be read.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub damaged: Vec<String>,
}

fn is_none(count: &usize) -> bool {
    *count == 0
}
