//! What is answered about messages.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::MessageRecord;

/// What was done.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Did {
    /// It is on its way.
    Sent,
    /// They were acknowledged.
    Acked,
}

/// The answer to a request about messages.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Told {
    /// What was done.
    pub did: Did,
    /// The messages as they are now.
    pub messages: Vec<MessageRecord>,
}
