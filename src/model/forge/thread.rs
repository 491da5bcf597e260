//! Pull requests and issues, with what is on them.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::super::time::Timestamp;
use super::{Label, Login, Number};

/// A pull request or an issue.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Thread {
    /// Its number.
    pub number: Number,
    /// Its title, as its author wrote it.
    pub title: String,
    /// Its text.
    #[serde(default)]
    pub body: String,
    /// Whether it is open.
    pub is_open: bool,
    /// Why an issue is closed.
    #[serde(default)]
    pub reason: Option<Reason>,
    /// Who opened it; nobody when that account is gone.
    #[serde(default)]
    pub author: Option<Login>,
    /// Who should see to it.
    #[serde(default)]
    pub assignees: Vec<Login>,
    /// All its labels, ours and others.
    #[serde(default)]
    pub labels: Vec<Label>,
    /// When anything about it changed last.
    pub updated_at: Timestamp,
    /// The branch of a pull request; none for an issue.
    #[serde(default)]
    pub head: Option<Head>,
    /// Whether it is a pull request, whose branch may not have been asked for.
    #[serde(default)]
    pub is_pull: bool,
}

/// What a pull request wants to have merged.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Head {
    /// The branch.
    pub branch: String,
    /// Its commit.
    pub sha: String,
    /// Whether the branch is in this repository and not in a fork.
    pub is_here: bool,
    /// The branch to merge into.
    pub base: String,
    /// Whether its author says that it is not ready.
    #[serde(default)]
    pub is_draft: bool,
}

/// Why an issue is closed.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum Reason {
    /// It is done.
    Completed,
    /// It will not be done.
    NotPlanned,
    /// It is the same as another one.
    Duplicate,
    /// It was closed before, and is open.
    Reopened,
}

/// A comment on a thread.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Comment {
    /// Its number, among all comments of the host.
    pub id: u64,
    /// What the host calls it wherever it goes.
    #[serde(default)]
    pub node_id: String,
    /// Which thread it is on.
    pub thread: Number,
    /// Who wrote it; nobody when that account is gone.
    #[serde(default)]
    pub author: Option<Login>,
    /// What it says.
    pub body: String,
    /// When it was written.
    pub created_at: Timestamp,
    /// When it was edited last.
    pub updated_at: Timestamp,
}

/// What a commit status says.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "lowercase")]
pub enum StatusState {
    /// It could not be found out.
    Error,
    /// No.
    Failure,
    /// Not yet.
    Pending,
    /// Yes.
    Success,
}

/// A status of a commit, the newest of its context.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Status {
    /// Which one.
    pub context: String,
    /// What it says.
    pub state: StatusState,
    /// In a few words.
    #[serde(default)]
    pub description: String,
}

/// A check run of a commit.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct CheckRun {
    /// Its number.
    #[serde(default)]
    pub id: u64,
    /// Which one.
    pub name: String,
    /// How it ended; none while it runs.
    #[serde(default)]
    pub conclusion: Option<String>,
    /// Its headline.
    #[serde(default)]
    pub title: String,
    /// What it says, in Markdown.
    #[serde(default)]
    pub summary: String,
}
