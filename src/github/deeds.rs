//! What people did on the pages of late, and what each of them may do.

use serde::{Deserialize, Serialize};

use super::Trouble;
use super::page::{Reader, Trust, encoded};
use super::wire::Commented;
use crate::model::forge::command::WORD;
use crate::model::forge::{Comment, Deed, Happened, Label, Login, Number, Permission, Reason};
use crate::model::time::Timestamp;

/// Most pages of a list of deeds.
const PAGES_MAX: usize = 10;

/// What was done since a time, as far as anything here could depend on it.
#[derive(Clone, Debug, Default)]
pub struct Deeds {
    /// Comments with commands, and those of mirrors, which have no more than their beginning.
    pub comments: Vec<Comment>,
    /// Everything else.
    pub happened: Vec<Happened>,
}

impl Reader<'_> {
    /// What was done since a time; `marker` is what comments of mirrors begin with.
    ///
    /// # Errors
    /// As [`Reader::threads`].
    pub fn deeds(&self, since: Timestamp, marker: &str) -> Result<Deeds, Trouble> {
        // By the day, so that the list is asked for by the same address until tomorrow.
        let day = since.utc().date_naive();
        let path = format!(
            "/issues/comments?sort=updated&direction=desc&per_page=100&since={day}T00:00:00Z"
        );
        let comments = self.list(&path, Trust::Remembered, |one: Commented| {
            let mut comment = one.into_comment()?;
            if comment.body.starts_with(marker) {
                comment.body = marker.to_owned();
                return Some(comment);
            }
            comment.body.contains(WORD).then_some(comment)
        })?;
        let mut happened: Vec<Happened> = Vec::new();
        let mut next = Some(self.client().path("/issues/events?per_page=100"));
        for _ in 0..PAGES_MAX {
            let Some(path) = next.take() else { break };
            let keep = |events: Vec<Event>| Page {
                is_last: events.last().is_none_or(|event| event.created_at < since),
                happened: events
                    .into_iter()
                    .filter_map(Event::into_happened)
                    .collect(),
            };
            // Newest first; what is new moves all others on.
            let (page, following) = self.part(&path, Trust::Remembered, keep)?;
            happened.extend(page.happened);
            next = following.filter(|_| !page.is_last);
        }
        Ok(Deeds { comments, happened })
    }

    /// What somebody may do in the repository now.
    ///
    /// # Errors
    /// As [`Reader::threads`].
    pub fn permission(&self, login: &Login) -> Result<Permission, Trouble> {
        let path = format!("/collaborators/{}/permission", encoded(login.as_str()));
        let path = self.client().path(&path);
        // Always asked for: what it was when somebody last looked must not count.
        match self.client().get(&path, None) {
            Ok(answer) => answer.read().map(Told::permission),
            Err(Trouble::Missing(_)) => Ok(Permission::None),
            Err(trouble) => Err(trouble),
        }
    }
}

/// What is remembered of a page of deeds.
#[derive(Serialize, Deserialize)]
struct Page {
    is_last: bool,
    happened: Vec<Happened>,
}

/// An event of an issue or a pull request
/// (<https://docs.github.com/rest/using-the-rest-api/issue-event-types>).
#[derive(Deserialize)]
struct Event {
    #[serde(default)]
    node_id: String,
    event: String,
    #[serde(default)]
    actor: Option<User>,
    created_at: Timestamp,
    #[serde(default)]
    issue: Option<Numbered>,
    #[serde(default)]
    label: Option<Named>,
    #[serde(default)]
    rename: Option<Renamed>,
    #[serde(default)]
    state_reason: Option<String>,
}

#[derive(Deserialize)]
struct User {
    login: String,
}

#[derive(Deserialize)]
struct Numbered {
    number: Number,
    #[serde(default)]
    pull_request: Option<serde::de::IgnoredAny>,
}

#[derive(Deserialize)]
struct Named {
    name: String,
}

#[derive(Deserialize)]
struct Renamed {
    to: String,
}

impl Event {
    fn into_happened(self) -> Option<Happened> {
        let issue = self.issue?;
        let is_issue = issue.pull_request.is_none();
        let label = || Some(self.label.as_ref()?.name.clone());
        let reason = || match self.state_reason.as_deref()? {
            "completed" => Some(Reason::Completed),
            "not_planned" => Some(Reason::NotPlanned),
            "duplicate" => Some(Reason::Duplicate),
            _ => None,
        };
        let what = match self.event.as_str() {
            // One of the others may make an issue a task; which one is for a setting to say, and what is
            // remembered here outlives that.
            "labeled" => Deed::Labeled(label().filter(|name| is_issue || Label::is_ours(name))?),
            "unlabeled" => Deed::Unlabeled(label().filter(|name| Label::is_ours(name))?),
            // Only issues are tasks.
            "closed" if is_issue => Deed::Closed(reason()),
            "reopened" if is_issue => Deed::Reopened,
            "renamed" if is_issue => Deed::Renamed(self.rename?.to),
            "head_ref_force_pushed" => Deed::ForcePushed,
            _ => return None,
        };
        Some(Happened {
            id: self.node_id,
            thread: issue.number,
            by: self.actor.and_then(|user| user.login.parse().ok()),
            at: self.created_at,
            what,
        })
    }
}

/// What GitHub says of somebody's rights.
#[derive(Deserialize)]
struct Told {
    #[serde(default)]
    permission: String,
    #[serde(default)]
    role_name: String,
    #[serde(default)]
    user: Option<WithRights>,
}

#[derive(Deserialize)]
struct WithRights {
    #[serde(default)]
    permissions: Option<Rights>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Rights {
    admin: bool,
    maintain: bool,
    push: bool,
    triage: bool,
    pull: bool,
}

impl Told {
    fn permission(self) -> Permission {
        // A role of an organisation's own has a name of its own, and is based on one of these.
        let by_rights = self
            .user
            .and_then(|user| user.permissions)
            .map(|may| match may {
                Rights { admin: true, .. } => Permission::Admin,
                Rights { maintain: true, .. } => Permission::Maintain,
                Rights { push: true, .. } => Permission::Write,
                Rights { triage: true, .. } => Permission::Triage,
                Rights { pull: true, .. } => Permission::Read,
                _ => Permission::None,
            });
        let by_role = self.role_name.parse().ok();
        let by_word = || self.permission.parse().ok();
        by_rights.or(by_role).or_else(by_word).unwrap_or_default()
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)] // a panic is how a test says no
mod tests {
    use serde_json::json;

    use super::{Event, Told};
    use crate::model::forge::{Deed, Permission};

    #[test]
    fn what_somebody_may_is_the_most_exact_that_is_said() {
        let rights = |name: &str| {
            let mut user = json!({ "login": "ada", "permissions": { "pull": true } });
            user["permissions"][name] = true.into();
            user
        };
        for (told, is) in [
            (json!({ "permission": "admin" }), Permission::Admin),
            (
                json!({ "permission": "write", "role_name": "maintain" }),
                Permission::Maintain,
            ),
            (
                json!({ "permission": "read", "role_name": "triage" }),
                Permission::Triage,
            ),
            (
                json!({ "permission": "write", "role_name": "security" }),
                Permission::Write,
            ),
            (
                json!({ "permission": "read", "role_name": "security", "user": rights("triage") }),
                Permission::Triage,
            ),
            (
                json!({ "permission": "none", "role_name": "none" }),
                Permission::None,
            ),
            (json!({ "permission": "x" }), Permission::None),
            (json!({}), Permission::None),
        ] {
            let read: Told = serde_json::from_value(told.clone()).unwrap();
            assert_eq!(read.permission(), is, "{told}");
        }
    }

    #[test]
    fn only_deeds_that_could_matter_are_kept() {
        let event = |event: &str| {
            json!({ "id": 1, "node_id": "LE_1", "event": event, "actor": { "login": "Ada" },
                "created_at": "2026-11-20T15:00:00Z", "issue": { "number": 12 },
                "label": { "name": "Coord:pause", "color": "ededed" },
                "rename": { "from": "a", "to": "b" }, "state_reason": "not_planned" })
        };
        for (name, is) in [
            ("labeled", true),
            ("unlabeled", true),
            ("closed", true),
            ("reopened", true),
            ("renamed", true),
            ("head_ref_force_pushed", true),
            ("mentioned", false),
        ] {
            let read: Event = serde_json::from_value(event(name)).unwrap();
            assert_eq!(read.into_happened().is_some(), is, "{name}");
        }
        for name in ["labeled", "unlabeled", "closed", "renamed"] {
            let mut other = event(name);
            other["label"]["name"] = "bug".into();
            other["issue"]["pull_request"] = json!({});
            let read: Event = serde_json::from_value(other).unwrap();
            assert!(read.into_happened().is_none(), "{name}");
        }
        let mut other = event("unlabeled");
        other["label"]["name"] = "bug".into();
        let read: Event = serde_json::from_value(other).unwrap();
        assert!(read.into_happened().is_none());
        let mut gone = event("renamed");
        gone["actor"] = json!(null);
        let read: Event = serde_json::from_value(gone).unwrap();
        let read = read.into_happened().unwrap();
        assert_eq!((read.by, read.what), (None, Deed::Renamed("b".into())));
    }
}
