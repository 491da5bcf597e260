//! What GitHub writes, as far as it is read, and how it becomes the values of `model::forge`.
//!
//! Only fields that are needed, none of which GitHub may leave out by its own description; what is null
//! for an account that is gone, or a text that nobody wrote, is nothing here.

use serde::Deserialize;

use crate::model::forge::{
    CheckRun, Comment, Head, Label, Login, Reason, Repo, Status, StatusState, Thread,
};
use crate::model::time::Timestamp;

/// Most of a text of somebody else that is kept, in bytes.
const BODY_BYTES_MAX: usize = 64 * 1024;

#[derive(Deserialize)]
pub(super) struct User {
    login: String,
}

#[derive(Deserialize)]
pub(super) struct Labelled {
    name: String,
    #[serde(default)]
    color: Option<String>,
    #[serde(default)]
    description: Option<String>,
}

/// An issue, or what a pull request has of one.
#[derive(Deserialize)]
pub(super) struct Issue {
    number: u64,
    title: String,
    #[serde(default)]
    body: Option<String>,
    state: String,
    #[serde(default)]
    state_reason: Option<String>,
    user: Option<User>,
    #[serde(default)]
    assignees: Option<Vec<User>>,
    labels: Vec<Labelled>,
    updated_at: Timestamp,
    #[serde(default)]
    repository_url: Option<String>,
    #[serde(default)]
    pull_request: Option<serde::de::IgnoredAny>,
}

#[derive(Deserialize)]
pub(super) struct Pull {
    #[serde(flatten)]
    issue: Issue,
    #[serde(default)]
    draft: Option<bool>,
    head: End,
    base: End,
}

#[derive(Deserialize)]
struct End {
    #[serde(rename = "ref")]
    branch: String,
    sha: String,
    /// A fork may be gone.
    repo: Option<Home>,
}

#[derive(Deserialize)]
struct Home {
    full_name: String,
}

#[derive(Deserialize)]
pub(super) struct Commented {
    id: u64,
    node_id: String,
    #[serde(default)]
    body: Option<String>,
    user: Option<User>,
    issue_url: String,
    created_at: Timestamp,
    updated_at: Timestamp,
}

#[derive(Deserialize)]
pub(super) struct Combined {
    statuses: Vec<OneStatus>,
}

#[derive(Deserialize)]
struct OneStatus {
    context: String,
    state: String,
    description: Option<String>,
}

#[derive(Deserialize)]
pub(super) struct Checks {
    check_runs: Vec<OneCheck>,
}

#[derive(Deserialize)]
struct OneCheck {
    id: u64,
    name: String,
    conclusion: Option<String>,
    app: Option<App>,
    output: Output,
}

#[derive(Deserialize)]
struct App {
    slug: Option<String>,
}

#[derive(Deserialize)]
struct Output {
    title: Option<String>,
    summary: Option<String>,
}

fn login(user: Option<User>) -> Option<Login> {
    user?.login.parse().ok()
}

fn bounded(text: Option<String>) -> String {
    let mut text = text.unwrap_or_default();
    if text.len() > BODY_BYTES_MAX {
        let end = (0..=BODY_BYTES_MAX)
            .rev()
            .find(|at| text.is_char_boundary(*at));
        text.truncate(end.unwrap_or(0));
    }
    text
}

impl From<Labelled> for Label {
    fn from(one: Labelled) -> Self {
        Self {
            name: one.name,
            color: one.color.unwrap_or_default(),
            description: one.description.unwrap_or_default(),
        }
    }
}

impl From<Issue> for Thread {
    fn from(one: Issue) -> Self {
        let reason = one.state_reason.as_deref().and_then(|reason| match reason {
            "completed" => Some(Reason::Completed),
            "not_planned" => Some(Reason::NotPlanned),
            "duplicate" => Some(Reason::Duplicate),
            "reopened" => Some(Reason::Reopened),
            _ => None,
        });
        let assignees = one.assignees.unwrap_or_default();
        Self {
            number: one.number,
            title: bounded(Some(one.title)),
            body: bounded(one.body),
            is_open: one.state == "open",
            reason,
            author: login(one.user),
            assignees: assignees
                .into_iter()
                .filter_map(|user| login(Some(user)))
                .collect(),
            labels: one.labels.into_iter().map(Label::from).collect(),
            updated_at: one.updated_at,
            head: None,
            is_pull: one.pull_request.is_some(),
        }
    }
}

impl Issue {
    /// Whether it is in the repository with this path, as far as it says.
    pub(super) fn is_in(&self, home: &str) -> bool {
        let url = self.repository_url.as_ref().map(|url| url.to_lowercase());
        url.is_none_or(|url| url.ends_with(&home.to_lowercase()))
    }
}

impl Pull {
    /// As a thread of this repository.
    pub(super) fn into_thread(self, repo: &Repo) -> Thread {
        let is_here = |home: &Home| home.full_name.eq_ignore_ascii_case(&repo.to_string());
        let head = Head {
            branch: self.head.branch,
            sha: self.head.sha,
            is_here: self.head.repo.as_ref().is_some_and(is_here),
            base: self.base.branch,
            is_draft: self.draft.unwrap_or(false),
        };
        Thread {
            head: Some(head),
            is_pull: true,
            ..self.issue.into()
        }
    }
}

impl Commented {
    /// As a comment, if it is on a thread of this repository.
    pub(super) fn into_comment(self) -> Option<Comment> {
        let thread = self.issue_url.rsplit('/').next()?.parse().ok()?;
        Some(Comment {
            id: self.id,
            node_id: self.node_id,
            thread,
            author: login(self.user),
            body: bounded(self.body),
            created_at: self.created_at,
            updated_at: self.updated_at,
        })
    }
}

impl Combined {
    pub(super) fn into_statuses(self) -> Vec<Status> {
        let read = |one: OneStatus| {
            let state = match one.state.as_str() {
                "error" => StatusState::Error,
                "failure" => StatusState::Failure,
                "pending" => StatusState::Pending,
                "success" => StatusState::Success,
                _ => return None,
            };
            Some(Status {
                context: one.context,
                state,
                description: one.description.unwrap_or_default(),
            })
        };
        self.statuses.into_iter().filter_map(read).collect()
    }
}

impl Checks {
    /// Those of the app that asks.
    pub(super) fn into_checks(self, me: &Login) -> Vec<CheckRun> {
        let app = me.as_str().strip_suffix("[bot]");
        let is_mine = |one: &OneCheck| {
            let slug = one.app.as_ref().and_then(|app| app.slug.as_deref());
            slug.map(str::to_lowercase).as_deref() == app
        };
        let read = |one: OneCheck| CheckRun {
            id: one.id,
            name: one.name,
            conclusion: one.conclusion,
            title: one.output.title.unwrap_or_default(),
            summary: one.output.summary.unwrap_or_default(),
        };
        self.check_runs
            .into_iter()
            .filter(is_mine)
            .map(read)
            .collect()
    }
}
