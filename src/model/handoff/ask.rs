//! What can be asked about handoffs.

use std::collections::BTreeSet;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::model::id::Id;
use crate::model::text::{Text, Word};

use super::Content;

/// One request about handoffs.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Ask {
    /// Leave work for somebody else.
    Write(Box<Write>),
    /// Take it over.
    Accept(Accept),
}

/// See [`Ask::Write`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Write {
    /// What it says.
    #[serde(flatten)]
    pub content: Content,
    /// Offer none of the locks that the session holds.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub keep_locks: bool,
    /// Rules of the secret scan that are known to be wrong about these texts; kept in the log.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub allow_secrets: BTreeSet<Word>,
}

/// See [`Ask::Accept`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Accept {
    /// The handoff.
    pub id: Id,
    /// On which machine the locks are held now.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub host: Option<Text>,
}
