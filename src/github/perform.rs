//! Doing what was planned, call by call.

use serde_json::{Value, json};

use super::page::encoded;
use super::{Client, Method, Trouble};
use crate::domain::mirror::Call;
use crate::model::forge::{CheckRun, Label, Reason, StatusState};

/// A call as it goes over the wire: what it does, to which path below the repository, with what.
pub fn request(call: &Call) -> (Method, String, Option<Value>) {
    match call {
        Call::MakeLabel(label) => (Method::Post, "/labels".into(), Some(json!(Shape(label)))),
        Call::ChangeLabel(label) => (
            Method::Patch,
            format!("/labels/{}", encoded(&label.name)),
            Some(json!({ "description": label.description })),
        ),
        Call::DropLabel(name) => (Method::Delete, format!("/labels/{}", encoded(name)), None),
        Call::Wear(number, labels) => {
            let names: Vec<&str> = labels.iter().map(|label| label.name.as_str()).collect();
            let body = json!({ "labels": names });
            (Method::Post, format!("/issues/{number}/labels"), Some(body))
        }
        Call::Doff(number, name) => (
            Method::Delete,
            format!("/issues/{number}/labels/{}", encoded(name)),
            None,
        ),
        Call::Say(number, body) => (
            Method::Post,
            format!("/issues/{number}/comments"),
            Some(json!({ "body": body })),
        ),
        Call::Edit(_, id, body) => (
            Method::Patch,
            format!("/issues/comments/{id}"),
            Some(json!({ "body": body })),
        ),
        Call::Unsay(_, id) => (Method::Delete, format!("/issues/comments/{id}"), None),
        Call::SetStatus(_, sha, status) => {
            let state = match status.state {
                StatusState::Error => "error",
                StatusState::Failure => "failure",
                StatusState::Pending => "pending",
                StatusState::Success => "success",
            };
            let body = json!({
                "state": state, "context": status.context, "description": status.description,
            });
            (
                Method::Post,
                format!("/statuses/{}", encoded(sha)),
                Some(body),
            )
        }
        Call::MakeCheck(_, sha, check) => {
            let mut body = check_body(check);
            body["head_sha"] = sha.as_str().into();
            (Method::Post, "/check-runs".into(), Some(body))
        }
        Call::ChangeCheck(_, check) => (
            Method::Patch,
            format!("/check-runs/{}", check.id),
            Some(check_body(check)),
        ),
        Call::Assign(number, login) => (
            Method::Post,
            format!("/issues/{number}/assignees"),
            Some(json!({ "assignees": [login.as_str()] })),
        ),
        Call::Close(number, reason) => {
            let reason = match reason {
                Reason::NotPlanned | Reason::Duplicate => "not_planned",
                Reason::Completed | Reason::Reopened => "completed",
            };
            let body = json!({ "state": "closed", "state_reason": reason });
            (Method::Patch, format!("/issues/{number}"), Some(body))
        }
        Call::Reopen(number) => (
            Method::Patch,
            format!("/issues/{number}"),
            Some(json!({ "state": "open", "state_reason": "reopened" })),
        ),
    }
}

/// How a label is made.
struct Shape<'l>(&'l Label);

impl serde::Serialize for Shape<'_> {
    fn serialize<S: serde::Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        let Label {
            name,
            color,
            description,
        } = self.0;
        json!({ "name": name, "color": color, "description": description }).serialize(to)
    }
}

fn check_body(check: &CheckRun) -> Value {
    let mut body = json!({
        "name": check.name,
        "output": { "title": check.title, "summary": check.summary },
    });
    match &check.conclusion {
        Some(conclusion) => {
            body["status"] = "completed".into();
            body["conclusion"] = conclusion.as_str().into();
        }
        None => body["status"] = "in_progress".into(),
    }
    body
}

/// Does one. That a thing is there, or gone, already is as good as having done it.
///
/// # Errors
/// Why it was not done, or is not known to be.
pub fn perform(client: &Client, call: &Call) -> Result<Value, Trouble> {
    let (method, path, body) = request(call);
    let done = client.send(method, &client.path(&path), body.as_ref());
    match (done, call) {
        (Ok(answer), _) => Ok(answer.body),
        (Err(Trouble::Missing(_)), Call::Doff(..) | Call::DropLabel(_) | Call::Unsay(..)) => {
            Ok(Value::Null)
        }
        (Err(Trouble::Invalid(why)), Call::MakeLabel(label)) if why.contains("already_exists") => {
            // Somebody else was first; how it looks is seen to by the next round.
            let _ = label;
            Ok(Value::Null)
        }
        (Err(trouble), _) => Err(trouble),
    }
}
