//! The moments at which git asks.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A hook of git's that git-coord answers in a clone.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "kebab-case")]
pub enum Event {
    /// Before a commit is made: refuses paths that somebody else holds.
    PreCommit,
    /// Before commits leave: the same for each of them.
    PrePush,
    /// When a message is begun: names the agent and its locks.
    PrepareCommitMsg,
    /// After a commit: renews locks and notices a check that was passed over.
    PostCommit,
    /// After a checkout: refreshes the view.
    PostCheckout,
    /// After a merge or pull: refreshes the view.
    PostMerge,
}

impl Event {
    /// All of them, in the order in which people meet them.
    pub const ALL: [Self; 6] = [
        Self::PreCommit,
        Self::PrePush,
        Self::PrepareCommitMsg,
        Self::PostCommit,
        Self::PostCheckout,
        Self::PostMerge,
    ];

    /// Git's name for it.
    pub fn name(self) -> &'static str {
        match self {
            Self::PreCommit => "pre-commit",
            Self::PrePush => "pre-push",
            Self::PrepareCommitMsg => "prepare-commit-msg",
            Self::PostCommit => "post-commit",
            Self::PostCheckout => "post-checkout",
            Self::PostMerge => "post-merge",
        }
    }

    /// The event of that name.
    pub fn of(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|event| event.name() == name)
    }

    /// Whether it stands between a person and a change; the others only help.
    pub fn is_guard(self) -> bool {
        matches!(self, Self::PreCommit | Self::PrePush)
    }
}
