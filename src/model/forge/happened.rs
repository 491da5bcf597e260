//! What people did on a thread, other than write a comment.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::super::time::Timestamp;
use super::{Login, Number, Reason};

/// One thing that somebody did.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Happened {
    /// What the host calls it wherever it goes.
    pub id: String,
    /// On which thread.
    pub thread: Number,
    /// Who did it; nobody when that account is gone.
    #[serde(default)]
    pub by: Option<Login>,
    /// When.
    pub at: Timestamp,
    /// What it was.
    pub what: Deed,
}

/// See [`Happened::what`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Deed {
    /// A label was added.
    Labeled(String),
    /// A label was taken off.
    Unlabeled(String),
    /// It was closed.
    Closed(Option<Reason>),
    /// It was opened again.
    Reopened,
    /// It has another title.
    Renamed(String),
    /// Its branch was set to other commits.
    ForcePushed,
}
