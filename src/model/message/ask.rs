//! What can be asked about messages.

use std::collections::BTreeSet;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::model::id::Id;
use crate::model::text::{Long, Word};
use crate::model::time::Timestamp;

use super::{Delivery, Sort, To};

/// One request about messages.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Ask {
    /// Send one.
    Send(Send),
    /// Say that one was taken note of.
    Ack(Ack),
}

/// A message that is there, and to whom it is: so that it is found without a search.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Named {
    /// Its name.
    pub id: Id,
    /// To whom it is.
    pub to: To,
}

/// See [`Ask::Send`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Send {
    /// To whom.
    pub to: To,
    /// What it says.
    pub text: Long,
    /// What it is.
    #[serde(default)]
    pub sort: Sort,
    /// How it is meant to reach its reader.
    #[serde(default)]
    pub delivery: Delivery,
    /// Whether it has to be acknowledged.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub needs_ack: bool,
    /// When it is of no use any more.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expires: Option<Timestamp>,
    /// The message that it answers, which is acknowledged with it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reply_to: Option<Named>,
    /// The task that it is about.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub task: Option<Id>,
    /// Rules of the secret scan that are known to be wrong about the text; kept in the log.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub allow_secrets: BTreeSet<Word>,
}

/// See [`Ask::Ack`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Ack {
    /// Which messages.
    pub messages: Vec<Named>,
}
