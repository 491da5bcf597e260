//! What can be asked about memories.

use std::collections::{BTreeMap, BTreeSet};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::model::id::Id;
use crate::model::key::Key;
use crate::model::object_id::ObjectId;
use crate::model::text::{Long, Text, Word};

use super::{Importance, Outcome, Sort};

/// One request about memories.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Ask {
    /// Keep something in mind.
    Remember(Box<Remember>),
    /// Keep it no longer.
    Forget(Forget),
    /// Memories were recalled.
    Used(Used),
}

/// See [`Ask::Remember`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Remember {
    /// What it is about.
    pub sort: Sort,
    /// One line.
    pub summary: Text,
    /// As much as helps.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub details: Option<Long>,
    /// How it went.
    #[serde(default)]
    pub outcome: Outcome,
    /// What to do the next time.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub lessons: Vec<Text>,
    /// Words to find it by.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub tags: BTreeSet<Word>,
    /// The files and keys that it is about.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub files: Vec<Key>,
    /// The commit that it was learned at.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub commit: Option<ObjectId>,
    /// How much it matters.
    #[serde(default)]
    pub importance: Importance,
    /// Rules of the secret scan that are known to be wrong about these texts; kept in the log.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub allow_secrets: BTreeSet<Word>,
}

/// See [`Ask::Forget`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Forget {
    /// The memories.
    pub ids: Vec<Id>,
}

/// See [`Ask::Used`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Used {
    /// How often each was recalled in this clone since the last time. Those that are gone are left
    /// out.
    pub uses: BTreeMap<Id, u32>,
}

impl Remember {
    /// Every text in it, each with the name of its field.
    pub fn texts(&self) -> Vec<(&'static str, &str)> {
        let mut texts = vec![("summary", self.summary.as_str())];
        texts.extend(self.details.iter().map(|text| ("details", text.as_str())));
        texts.extend(self.lessons.iter().map(|text| ("lessons", text.as_str())));
        texts.extend(self.tags.iter().map(|word| ("tags", word.as_str())));
        texts
    }
}
