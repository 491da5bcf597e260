//! How GitHub writes what it answers: what is kept, over all the fields that its description demands.

use std::sync::LazyLock;

use chrono::{DateTime, SecondsFormat, Utc};
use serde_json::{Value, json};

use super::hosted::{CheckRun, Event, Hosted, Label, Status};

/// The least that the description accepts of each thing; `tests/github-contract/templates.py` makes it.
static TEMPLATES: LazyLock<Value> =
    LazyLock::new(|| serde_json::from_str(include_str!("templates.json")).unwrap());

/// A thing with these fields.
fn made(name: &str, own: Value) -> Value {
    let mut whole = TEMPLATES[name].clone();
    assert!(whole.is_object(), "{name}");
    put(&mut whole, own);
    whole
}

fn put(into: &mut Value, own: Value) {
    match (into, own) {
        (Value::Object(into), Value::Object(own)) => {
            for (field, value) in own {
                put(into.entry(field).or_insert(Value::Null), value);
            }
        }
        (into, own) => *into = own,
    }
}

fn at(time: DateTime<Utc>) -> String {
    time.to_rfc3339_opts(SecondsFormat::Secs, true)
}

fn user(login: &str) -> Value {
    let kind = if login.ends_with("[bot]") {
        "Bot"
    } else {
        "User"
    };
    made("user", json!({ "login": login, "id": 1, "type": kind }))
}

pub fn me(_url: &str, who: &str) -> Value {
    made("me", json!({ "login": who, "id": 1, "type": "User" }))
}

pub fn limits(limit: u64, remaining: u64) -> Value {
    let reset = Utc::now().timestamp() + 1800;
    let core = json!({ "limit": limit, "remaining": remaining, "used": limit - remaining, "reset": reset });
    let all = json!({ "resources": { "core": core, "search": core }, "rate": core });
    made("limits", all)
}

pub fn repo(_url: &str, role: &str) -> Value {
    let at_least = |roles: &[&str]| roles.contains(&role);
    made(
        "repo",
        json!({
            "id": 1, "name": "shop", "full_name": "octo/shop", "default_branch": "main", "archived": false,
            "permissions": {
                "admin": at_least(&["admin"]),
                "maintain": at_least(&["admin", "maintain"]),
                "push": at_least(&["admin", "maintain", "write"]),
                "triage": at_least(&["admin", "maintain", "write", "triage"]),
                "pull": true,
            },
        }),
    )
}

pub fn permission(_url: &str, login: &str, role: &str) -> Value {
    let permission = match role {
        "maintain" => "write",
        "triage" => "read",
        role => role,
    };
    let who = json!({ "login": login, "id": 1, "type": "User", "role_name": role });
    let who = made("collaborator", who);
    let own = json!({ "permission": permission, "role_name": role, "user": who });
    made("permission", own)
}

pub fn label(_url: &str, label: &Label) -> Value {
    let own = json!({ "id": 1, "name": label.name, "color": label.color, "description": label.description });
    made("label", own)
}

fn worn(hosted: &Hosted, url: &str, number: u64) -> Vec<Value> {
    let names = hosted.threads[&number].labels.iter();
    names
        .map(|name| label(url, hosted.label(name).unwrap()))
        .collect()
}

pub fn issue(hosted: &Hosted, url: &str, number: u64) -> Value {
    let thread = &hosted.threads[&number];
    let own = json!({
        "id": number, "node_id": format!("I_{number}"), "number": number,
        "repository_url": format!("{url}/repos/octo/shop"),
        "title": thread.title, "body": thread.body,
        "state": if thread.is_open { "open" } else { "closed" },
        "state_reason": thread.reason,
        "user": user(&thread.author),
        "assignees": thread.assignees.iter().map(|login| user(login)).collect::<Vec<_>>(),
        "labels": worn(hosted, url, number),
        "created_at": at(thread.created_at), "updated_at": at(thread.updated_at),
    });
    let mut shown = made("issue", own);
    if thread.pull.is_some() {
        let at = format!("{url}/repos/octo/shop/pulls/{number}");
        shown["pull_request"] =
            json!({ "url": at, "html_url": at, "diff_url": at, "patch_url": at });
    }
    shown
}

pub fn pull(hosted: &Hosted, url: &str, number: u64) -> Value {
    made("pull", pull_own(hosted, url, number))
}

fn pull_own(hosted: &Hosted, url: &str, number: u64) -> Value {
    let thread = &hosted.threads[&number];
    let pull = thread.pull.as_ref().unwrap();
    let home = pull.fork.as_deref().unwrap_or("octo/shop");
    json!({
        "id": number, "node_id": format!("PR_{number}"), "number": number,
        "title": thread.title, "body": thread.body,
        "state": if thread.is_open { "open" } else { "closed" },
        "user": user(&thread.author),
        "assignees": thread.assignees.iter().map(|login| user(login)).collect::<Vec<_>>(),
        "labels": worn(hosted, url, number),
        "draft": pull.is_draft,
        "merge_commit_sha": pull.merged_as,
        "merged_at": pull.merged_at.map(at),
        "head": { "ref": pull.branch, "sha": pull.sha, "repo": { "full_name": home } },
        "base": { "ref": pull.base, "sha": "0".repeat(40), "repo": { "full_name": "octo/shop" } },
        "created_at": at(thread.created_at), "updated_at": at(thread.updated_at),
    })
}

pub fn whole_pull(hosted: &Hosted, url: &str, number: u64) -> Value {
    let mut shown = made("whole-pull", pull_own(hosted, url, number));
    let merged = hosted.threads[&number]
        .pull
        .as_ref()
        .unwrap()
        .merged_as
        .is_some();
    shown["merged"] = merged.into();
    shown["mergeable"] = (!merged).into();
    shown
}

pub fn comment(hosted: &Hosted, url: &str, id: u64) -> Value {
    let comment = &hosted.comments[&id];
    made(
        "comment",
        json!({
            "id": id, "node_id": format!("IC_{id}"), "body": comment.body, "user": user(&comment.author),
            "issue_url": format!("{url}/repos/octo/shop/issues/{}", comment.thread),
            "created_at": at(comment.created_at), "updated_at": at(comment.updated_at),
        }),
    )
}

pub fn status(_url: &str, status: &Status, _sha: &str, who: &str) -> Value {
    made(
        "status",
        json!({
            "id": 1, "context": status.context, "state": status.state, "description": status.description,
            "creator": user(who),
        }),
    )
}

pub fn combined(hosted: &Hosted, url: &str, sha: &str) -> Value {
    let none = Vec::new();
    let all = hosted.statuses.get(sha).unwrap_or(&none);
    let mut newest: Vec<&Status> = Vec::new();
    for one in all.iter().rev() {
        if !newest.iter().any(|newer| newer.context == one.context) {
            newest.push(one);
        }
    }
    let is = |state: &str| newest.iter().any(|one| one.state == state);
    let state = match () {
        () if is("failure") || is("error") => "failure",
        () if newest.is_empty() || is("pending") => "pending",
        () => "success",
    };
    let newest: Vec<Value> = newest
        .iter()
        .map(|one| status(url, one, sha, "octo"))
        .collect();
    let own =
        json!({ "state": state, "sha": sha, "total_count": newest.len(), "statuses": newest });
    made("combined-status", own)
}

pub fn check(_url: &str, run: &CheckRun) -> Value {
    let mut shown = made(
        "check-run",
        json!({
            "id": run.id, "name": run.name, "head_sha": run.sha, "status": run.status,
            "conclusion": run.conclusion,
            "output": { "title": run.title, "summary": run.summary },
        }),
    );
    shown["app"] = made("app", json!({ "id": 1, "slug": run.app, "name": run.app }));
    shown
}

pub fn event(hosted: &Hosted, url: &str, event: &Event) -> Value {
    let mut shown = json!({
        "id": event.id, "node_id": format!("LE_{}", event.id), "event": event.event,
        "actor": user(&event.actor), "commit_id": null, "commit_url": null,
        "url": format!("{url}/repos/octo/shop/issues/events/{}", event.id),
        "created_at": at(event.at), "issue": issue(hosted, url, event.thread),
    });
    for (name, value) in event.more.as_object().into_iter().flatten() {
        shown[name] = value.clone();
    }
    shown
}
