//! What can be asked about features.

use std::collections::{BTreeMap, BTreeSet};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::model::id::Id;
use crate::model::key::Key;
use crate::model::object_id::ObjectId;
use crate::model::task::Priority;
use crate::model::text::{Text, Word};

use super::{Percent, Status};

/// One request about features.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Ask {
    /// Say what it will change, in place of what was said before.
    Register(Box<Register>),
    /// Change some of what was said.
    Update(Box<Update>),
    /// It is over.
    Finish(Finish),
}

/// See [`Ask::Register`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Register {
    /// Its name.
    pub id: Id,
    /// What it will change: all of it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub claims: Vec<Key>,
    /// One line; kept when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub title: Option<Text>,
    /// Its branch; kept when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub branch: Option<Text>,
    /// How urgent it is; kept when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub priority: Option<Priority>,
    /// What lands first; kept when none is named.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub depends_on: BTreeSet<Id>,
    /// Added to what is there.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub metadata: BTreeMap<Word, Text>,
    /// Taken off what is there.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub remove_metadata: BTreeSet<Word>,
    /// It is another agent's, and becomes one's own.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub takeover: bool,
    /// More shared claims than this are SEQUENTIAL.
    #[serde(default)]
    pub sequential_above: Percent,
    /// Rules of the secret scan that are known to be wrong about these texts; kept in the log.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub allow_secrets: BTreeSet<Word>,
}

/// See [`Ask::Update`]. What is absent stays as it is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Update {
    /// Its name.
    pub id: Id,
    /// What it will change besides.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub add_claims: Vec<Key>,
    /// What it will not change after all.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub remove_claims: Vec<Key>,
    /// One line.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub title: Option<Text>,
    /// Its branch.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub branch: Option<Text>,
    /// How urgent it is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub priority: Option<Priority>,
    /// What lands first, in addition.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub add_depends_on: BTreeSet<Id>,
    /// What need not land first any more.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub remove_depends_on: BTreeSet<Id>,
    /// Added to what is there.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub metadata: BTreeMap<Word, Text>,
    /// Taken off what is there.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub remove_metadata: BTreeSet<Word>,
    /// It is another agent's, and becomes one's own.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub takeover: bool,
    /// More shared claims than this are SEQUENTIAL.
    #[serde(default)]
    pub sequential_above: Percent,
    /// The revision that was seen; another one refuses the change.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rev: Option<u64>,
    /// Rules of the secret scan that are known to be wrong about these texts; kept in the log.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub allow_secrets: BTreeSet<Word>,
}

/// See [`Ask::Finish`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Finish {
    /// Its name.
    pub id: Id,
    /// What it is from now on: landed or cancelled.
    pub status: Status,
    /// The commit of the target that it is in.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub landed_as: Option<ObjectId>,
    /// Why.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub why: Option<Text>,
    /// It is another agent's, and becomes one's own.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub takeover: bool,
    /// Rules of the secret scan that are known to be wrong about these texts; kept in the log.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub allow_secrets: BTreeSet<Word>,
}
