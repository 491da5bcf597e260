//! The record of a memory: what somebody learned and others need not learn again.

mod ask;
mod told;

use std::collections::BTreeSet;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::id::{AgentName, Id};
use super::key::Key;
use super::object_id::ObjectId;
use super::place::Place;
use super::stored::{Body, Stored};
use super::text::{Long, Text, Word};
use super::time::Timestamp;

pub use ask::{Ask, Forget, Remember, Used};
pub use told::{Did, Told};

/// The directory of memories.
pub const MEMORY: &str = "memory";

/// A stored memory.
pub type MemoryRecord = Stored<Memory>;

/// What a memory is about.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "lowercase")]
pub enum Sort {
    /// Something that went wrong, and why.
    Error,
    /// Something that worked.
    Success,
    /// Something that was decided, and why.
    Decision,
    /// Something that was found out.
    Discovery,
    /// Something that became faster or smaller.
    Optimisation,
}

impl Sort {
    /// All of them.
    pub const ALL: [Self; 5] = [
        Self::Error,
        Self::Success,
        Self::Decision,
        Self::Discovery,
        Self::Optimisation,
    ];

    /// The word in text and JSON.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Error => "error",
            Self::Success => "success",
            Self::Decision => "decision",
            Self::Discovery => "discovery",
            Self::Optimisation => "optimisation",
        }
    }
}

impl std::str::FromStr for Sort {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let text = if text == "optimization" {
            "optimisation"
        } else {
            text
        };
        let found = Self::ALL.into_iter().find(|sort| sort.as_str() == text);
        found.ok_or_else(|| {
            let known: Vec<_> = Self::ALL.iter().map(|sort| sort.as_str()).collect();
            format!("`{}` is none of {}", text.escape_debug(), known.join(", "))
        })
    }
}

/// How it went.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "lowercase")]
pub enum Outcome {
    /// Well.
    Positive,
    /// Badly.
    Negative,
    /// Neither.
    #[default]
    Neutral,
}

impl Outcome {
    /// The word in text and JSON.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Positive => "positive",
            Self::Negative => "negative",
            Self::Neutral => "neutral",
        }
    }
}

impl std::str::FromStr for Outcome {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let all = [Self::Positive, Self::Negative, Self::Neutral];
        let found = all.into_iter().find(|outcome| outcome.as_str() == text);
        found.ok_or_else(|| {
            let text = text.escape_debug();
            format!("`{text}` is none of positive, negative, neutral")
        })
    }
}

/// How much a memory matters: 1 little, 3 unless said otherwise, 5 most.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema,
)]
#[serde(try_from = "u8")]
#[schemars(with = "u8", extend("minimum" = 1, "maximum" = 5))]
pub struct Importance(u8);

impl Importance {
    /// The number.
    pub fn get(self) -> u8 {
        self.0
    }
}

impl Default for Importance {
    fn default() -> Self {
        Self(3)
    }
}

impl TryFrom<u8> for Importance {
    type Error = String;

    fn try_from(number: u8) -> Result<Self, String> {
        if (1..=5).contains(&number) {
            Ok(Self(number))
        } else {
            Err(format!("{number} is no importance: 1 is least, 5 most"))
        }
    }
}

impl std::str::FromStr for Importance {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let number = text.parse::<u8>();
        number
            .map_err(|_| format!("`{}` is no importance: 1 to 5", text.escape_debug()))?
            .try_into()
    }
}

/// What somebody learned.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Memory {
    /// Its name.
    pub id: Id,
    /// What it is about. (The field `kind` says what record it is.)
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
    /// The commits that it was learned at.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub commits: Vec<ObjectId>,
    /// How much it matters.
    #[serde(default)]
    pub importance: Importance,
    /// How often it was recalled.
    #[serde(default)]
    pub uses: u32,
    /// How often it was remembered: once, or as often as the same was said again within an hour.
    pub times: u32,
    /// Whose it is.
    pub agent: AgentName,
    /// When it was remembered first; it fades from then on.
    pub since: Timestamp,
}

impl Body for Memory {
    const KIND: &'static str = "memory";
}

impl Memory {
    /// Where a memory of this name stands.
    pub fn place(id: &Id) -> Place {
        Place::encoded(format!("{MEMORY}/{}/{id}.json", id.fan()))
    }
}
