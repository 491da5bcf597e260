//! What each call does, and what it is answered.

use std::collections::BTreeMap;

use hyper::body::Bytes;
use hyper::http::request::Parts;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use super::fault::Fault;
use super::hosted::{CheckRun, Hosted, Label, Status};
use super::shapes;

/// The repository that there is.
pub const REPO: &str = "octo/shop";
/// Calls of an hour.
const LIMIT: u64 = 5000;

/// A call as it came.
pub struct Asked {
    pub method: String,
    /// The path with its query.
    pub whole: String,
    /// The parts of the path, decoded.
    pub parts: Vec<String>,
    pub query: BTreeMap<String, String>,
    pub body: Value,
    /// The address of the API, as the client knows it.
    pub url: String,
    token: Option<String>,
    etag: Option<String>,
}

/// What is answered.
pub struct Answered {
    pub status: u16,
    pub headers: Vec<(String, String)>,
    pub body: Value,
}

impl Asked {
    pub fn new(parts: &Parts, body: &Bytes, url: String) -> Self {
        let header = |name: &str| {
            let value = parts.headers.get(name)?;
            value.to_str().ok().map(str::to_owned)
        };
        let pairs = parts.uri.query().unwrap_or_default().split('&');
        let pairs = pairs.filter_map(|pair| pair.split_once('='));
        let token = header("authorization");
        Self {
            method: parts.method.to_string(),
            whole: parts.uri.to_string(),
            parts: parts.uri.path().split('/').skip(1).map(decoded).collect(),
            query: pairs
                .map(|(name, value)| (decoded(name), decoded(value)))
                .collect(),
            body: serde_json::from_slice(body).unwrap_or_default(),
            url,
            token: token.and_then(|text| text.strip_prefix("Bearer ").map(str::to_owned)),
            etag: header("if-none-match"),
        }
    }

    fn text(&self, name: &str) -> String {
        self.body[name].as_str().unwrap_or_default().to_owned()
    }

    /// A list of texts, as they are or with a `name`.
    fn texts(&self, name: &str) -> Vec<String> {
        let list = self.body[name].as_array().cloned().unwrap_or_default();
        list.iter()
            .filter_map(|one| one.as_str().or(one["name"].as_str()).map(str::to_owned))
            .collect()
    }
}

fn decoded(text: &str) -> String {
    let mut bytes = Vec::new();
    let mut rest = text.bytes();
    while let Some(byte) = rest.next() {
        match byte {
            b'%' => {
                let digits: Vec<u8> = rest.by_ref().take(2).collect();
                let digits = String::from_utf8(digits).unwrap();
                bytes.push(u8::from_str_radix(&digits, 16).unwrap());
            }
            b'+' => bytes.push(b' '),
            byte => bytes.push(byte),
        }
    }
    String::from_utf8(bytes).unwrap()
}

pub(super) fn said(status: u16, body: Value) -> Answered {
    Answered {
        status,
        headers: Vec::new(),
        body,
    }
}

pub(super) fn wrong(status: u16, message: &str) -> Answered {
    let body = json!({ "message": message, "documentation_url": "https://docs.github.com/rest" });
    said(status, body)
}

fn invalid(resource: &str, field: &str, code: &str) -> Answered {
    let error = json!({ "resource": resource, "field": field, "code": code });
    let mut answered = wrong(422, "Validation Failed");
    answered.body["errors"] = json!([error]);
    answered
}

/// Does what is asked, if whoever asks may.
pub fn answer(hosted: &mut Hosted, asked: &Asked, fault: Option<&Fault>) -> Answered {
    let Some(who) = asked
        .token
        .as_ref()
        .and_then(|token| hosted.tokens.get(token).cloned())
    else {
        return wrong(401, "Bad credentials");
    };
    hosted.follow_branches();
    let is_free = asked.parts == ["rate_limit"];
    if hosted.remaining == 0 && !is_free {
        let mut answered = wrong(403, &format!("API rate limit exceeded for {who}."));
        answered
            .headers
            .push(("x-ratelimit-remaining".into(), "0".into()));
        let reset = chrono::Utc::now().timestamp() + 1800;
        answered
            .headers
            .push(("x-ratelimit-reset".into(), reset.to_string()));
        return answered;
    }
    let role = hosted.roles.get(&who).cloned().unwrap_or("read".into());
    let is_writer = ["write", "maintain", "admin"].contains(&role.as_str());
    let repo: Vec<String> = REPO.split('/').map(str::to_owned).collect();
    let mut answered = match asked.parts.strip_prefix(&["repos".to_owned()]) {
        Some(rest) => match rest.strip_prefix(repo.as_slice()) {
            Some(_) if asked.method != "GET" && !is_writer => {
                wrong(403, "Resource not accessible by personal access token")
            }
            Some(rest) => {
                let rest: Vec<&str> = rest.iter().map(String::as_str).collect();
                in_repo(hosted, asked, &who, &role, &rest)
            }
            None => wrong(404, "Not Found"),
        },
        None => elsewhere(hosted, asked, &who),
    };
    if asked.method == "GET" && answered.status == 200 {
        mark(asked, fault, &mut answered);
    }
    if answered.status != 304 && !is_free {
        hosted.remaining -= 1;
    }
    for (name, value) in [
        ("x-ratelimit-limit", LIMIT),
        ("x-ratelimit-remaining", hosted.remaining),
    ] {
        answered.headers.push((name.into(), value.to_string()));
    }
    answered
}

/// The mark of what is answered; nothing else, when that is what was sent along.
fn mark(asked: &Asked, fault: Option<&Fault>, answered: &mut Answered) {
    let digest = Sha256::digest(answered.body.to_string());
    let digest: String = digest[..8]
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect();
    let etag = format!("W/\"{digest}\"");
    let is_stale = fault.is_some_and(|fault| fault.is_stale) && asked.etag.is_some();
    if asked.etag.as_ref() == Some(&etag) || is_stale {
        answered.status = 304;
        answered.body = Value::Null;
    }
    answered.headers.push(("etag".into(), etag));
}

fn elsewhere(hosted: &Hosted, asked: &Asked, who: &str) -> Answered {
    let parts: Vec<&str> = asked.parts.iter().map(String::as_str).collect();
    match (asked.method.as_str(), parts.as_slice()) {
        ("GET", ["user"]) if who.ends_with("[bot]") => {
            wrong(403, "Resource not accessible by integration")
        }
        ("GET", ["user"]) => said(200, shapes::me(&asked.url, who)),
        ("POST", ["graphql"]) => said(200, json!({ "data": { "viewer": { "login": who } } })),
        ("GET", ["rate_limit"]) => said(200, shapes::limits(LIMIT, hosted.remaining)),
        _ => wrong(404, "Not Found"),
    }
}

fn in_repo(hosted: &mut Hosted, asked: &Asked, who: &str, role: &str, rest: &[&str]) -> Answered {
    let method = asked.method.as_str();
    let thread = |text: &str| text.parse::<u64>().ok();
    match (method, rest) {
        ("GET", []) => said(200, shapes::repo(&asked.url, role)),
        ("GET", ["collaborators", login, "permission"]) => {
            let role = hosted.roles.get(*login).cloned().unwrap_or("read".into());
            said(200, shapes::permission(&asked.url, login, &role))
        }
        ("GET", ["labels"]) => {
            let all = hosted
                .labels
                .iter()
                .map(|label| shapes::label(&asked.url, label));
            let all = all.collect();
            page(hosted, asked, all)
        }
        ("GET", ["issues", "events"]) => {
            let all = hosted.events.iter().rev();
            let all = all
                .map(|event| shapes::event(hosted, &asked.url, event))
                .collect();
            page(hosted, asked, all)
        }
        ("POST", ["labels"]) => make_label(hosted, asked),
        ("PATCH", ["labels", name]) => change_label(hosted, asked, name),
        ("DELETE", ["labels", name]) => {
            let Some(name) = hosted.label(name).map(|label| label.name.clone()) else {
                return wrong(404, "Not Found");
            };
            hosted.labels.retain(|label| label.name != name);
            let now = hosted.now();
            for thread in hosted
                .threads
                .values_mut()
                .filter(|thread| thread.labels.contains(&name))
            {
                thread.labels.remove(&name);
                thread.updated_at = now;
            }
            said(204, Value::Null)
        }
        ("GET", ["pulls"]) => {
            let state = asked.query.get("state").map_or("open", String::as_str);
            let all =
                hosted.threads.iter().rev().filter(|(_, thread)| {
                    thread.pull.is_some() && is_wanted(thread.is_open, state)
                });
            let all = all
                .map(|(number, _)| shapes::pull(hosted, &asked.url, *number))
                .collect();
            page(hosted, asked, all)
        }
        ("GET", ["pulls", number]) => match thread(number).filter(|number| {
            hosted
                .threads
                .get(number)
                .is_some_and(|thread| thread.pull.is_some())
        }) {
            Some(number) => said(200, shapes::whole_pull(hosted, &asked.url, number)),
            None => wrong(404, "Not Found"),
        },
        ("GET", ["issues"]) => list_issues(hosted, asked),
        ("GET", ["issues", "comments"]) => {
            let ids = sorted_comments(hosted, asked, None);
            let all = ids
                .iter()
                .map(|id| shapes::comment(hosted, &asked.url, *id))
                .collect();
            page(hosted, asked, all)
        }
        ("PATCH" | "DELETE", ["issues", "comments", id]) => match thread(id) {
            Some(id) if hosted.comments.contains_key(&id) => {
                // Whoever may write may edit what others wrote, too.
                let now = hosted.now();
                let comment = hosted.comments.get_mut(&id).unwrap();
                if method == "DELETE" {
                    hosted.comments.remove(&id);
                    return said(204, Value::Null);
                }
                comment.body = asked.text("body");
                comment.updated_at = now;
                said(200, shapes::comment(hosted, &asked.url, id))
            }
            _ => wrong(404, "Not Found"),
        },
        (_, ["issues", number, rest @ ..]) => match thread(number) {
            Some(number) if hosted.threads.contains_key(&number) => {
                on_thread(hosted, asked, who, number, rest)
            }
            _ => wrong(404, "Not Found"),
        },
        ("GET", ["commits", sha, "status"]) => said(200, shapes::combined(hosted, &asked.url, sha)),
        ("POST", ["statuses", sha]) => {
            let status = Status {
                context: asked.text("context"),
                state: asked.text("state"),
                description: asked.text("description"),
            };
            if status.description.chars().count() > 140 {
                return invalid("Status", "description", "invalid");
            }
            if status.state == "success" {
                hosted.somebody_pushes("POST");
            }
            hosted
                .statuses
                .entry((*sha).into())
                .or_default()
                .push(status.clone());
            said(201, shapes::status(&asked.url, &status, sha, who))
        }
        ("GET", ["commits", sha, "check-runs"]) => {
            let name = asked.query.get("check_name");
            let all: Vec<Value> = hosted
                .checks
                .iter()
                .filter(|run| run.sha == *sha && name.is_none_or(|name| *name == run.name))
                .map(|run| shapes::check(&asked.url, run))
                .collect();
            said(200, json!({ "total_count": all.len(), "check_runs": all }))
        }
        ("POST", ["check-runs"]) if !who.ends_with("[bot]") => {
            wrong(403, "You must authenticate via a GitHub App.")
        }
        ("POST", ["check-runs"]) => {
            let run = CheckRun {
                id: hosted.fresh_id(),
                sha: asked.text("head_sha"),
                name: asked.text("name"),
                app: who.trim_end_matches("[bot]").into(),
                status: String::new(),
                conclusion: None,
                title: String::new(),
                summary: String::new(),
            };
            let shown = change_check(run, asked);
            hosted.checks.push(shown.clone());
            said(201, shapes::check(&asked.url, &shown))
        }
        ("PATCH", ["check-runs", id]) => {
            let id = thread(id);
            match hosted.checks.iter_mut().find(|run| Some(run.id) == id) {
                Some(run) => {
                    *run = change_check(run.clone(), asked);
                    said(200, shapes::check(&asked.url, run))
                }
                None => wrong(404, "Not Found"),
            }
        }
        _ => super::protected::answer(hosted, asked, rest),
    }
}

fn on_thread(
    hosted: &mut Hosted,
    asked: &Asked,
    who: &str,
    number: u64,
    rest: &[&str],
) -> Answered {
    match (asked.method.as_str(), rest) {
        ("GET", []) => said(200, shapes::issue(hosted, &asked.url, number)),
        ("PATCH", []) => {
            let now = hosted.now();
            let thread = hosted.threads.get_mut(&number).unwrap();
            if let Some(state) = asked.body["state"].as_str() {
                let reason = asked.body["state_reason"].as_str();
                thread.is_open = state == "open";
                thread.reason = match (thread.is_open, reason) {
                    (true, _) => Some("reopened".into()),
                    (false, reason) => Some(reason.unwrap_or("completed").into()),
                };
            }
            if let Some(title) = asked.body["title"].as_str() {
                thread.title = title.into();
            }
            if asked.body["assignees"].is_array() {
                thread.assignees = asked.texts("assignees").into_iter().collect();
            }
            thread.updated_at = now;
            said(200, shapes::issue(hosted, &asked.url, number))
        }
        ("GET", ["comments"]) => {
            let ids = sorted_comments(hosted, asked, Some(number));
            let all = ids
                .iter()
                .map(|id| shapes::comment(hosted, &asked.url, *id))
                .collect();
            page(hosted, asked, all)
        }
        ("POST", ["comments"]) => {
            let body = asked.text("body");
            if body.is_empty() || body.chars().count() > 65_536 {
                return invalid("IssueComment", "body", "custom");
            }
            let id = hosted.comment(number, who, &body);
            said(201, shapes::comment(hosted, &asked.url, id))
        }
        ("POST", ["labels"]) => {
            let names = asked.texts("labels");
            if names.iter().any(|name| name.chars().count() > 50) {
                return invalid("Label", "name", "invalid");
            }
            let worn = hosted.threads[&number].labels.len();
            if worn + names.len() > 100 {
                return invalid("Issue", "labels", "too_many");
            }
            for name in &names {
                hosted.wear_as(who, number, name);
            }
            worn_labels(hosted, asked, number)
        }
        ("POST", ["assignees"]) => {
            // Whoever may not push is passed over without a word.
            let may = |login: &String| {
                let role = hosted.roles.get(login).map_or("read", String::as_str);
                ["write", "maintain", "admin"].contains(&role)
            };
            let names: Vec<String> = asked.texts("assignees").into_iter().filter(may).collect();
            let now = hosted.now();
            let thread = hosted.threads.get_mut(&number).unwrap();
            thread.assignees.extend(names);
            thread.updated_at = now;
            said(201, shapes::issue(hosted, &asked.url, number))
        }
        ("DELETE", ["labels", name]) => {
            if !hosted.doff_as(who, number, name) {
                return wrong(404, "Label does not exist");
            }
            worn_labels(hosted, asked, number)
        }
        _ => wrong(404, "Not Found"),
    }
}

fn worn_labels(hosted: &Hosted, asked: &Asked, number: u64) -> Answered {
    let worn = hosted.threads[&number].labels.iter();
    let worn = worn.map(|name| shapes::label(&asked.url, hosted.label(name).unwrap()));
    said(200, Value::Array(worn.collect()))
}

fn make_label(hosted: &mut Hosted, asked: &Asked) -> Answered {
    let label = Label {
        name: asked.text("name"),
        color: asked.text("color"),
        description: asked.text("description"),
    };
    if hosted.label(&label.name).is_some() {
        return invalid("Label", "name", "already_exists");
    }
    if label.name.is_empty() || label.name.chars().count() > 50 {
        return invalid("Label", "name", "invalid");
    }
    if label.description.chars().count() > 100 {
        return invalid("Label", "description", "invalid");
    }
    let shown = shapes::label(&asked.url, &label);
    hosted.labels.push(label);
    said(201, shown)
}

fn change_label(hosted: &mut Hosted, asked: &Asked, name: &str) -> Answered {
    let name = name.to_lowercase();
    let Some(label) = hosted
        .labels
        .iter_mut()
        .find(|label| label.name.to_lowercase() == name)
    else {
        return wrong(404, "Not Found");
    };
    for (field, into) in [
        ("color", &mut label.color),
        ("description", &mut label.description),
    ] {
        if let Some(text) = asked.body[field].as_str() {
            *into = text.to_owned();
        }
    }
    said(200, shapes::label(&asked.url, label))
}

fn change_check(mut run: CheckRun, asked: &Asked) -> CheckRun {
    let conclusion = asked.body["conclusion"].as_str().map(str::to_owned);
    run.status = match &conclusion {
        Some(_) => "completed".into(),
        None => asked.body["status"].as_str().unwrap_or("queued").into(),
    };
    run.conclusion = conclusion;
    let output = &asked.body["output"];
    for (field, into) in [("title", &mut run.title), ("summary", &mut run.summary)] {
        if let Some(text) = output[field].as_str() {
            *into = text.to_owned();
        }
    }
    run
}

fn is_wanted(is_open: bool, state: &str) -> bool {
    match state {
        "all" => true,
        "closed" => !is_open,
        _ => is_open,
    }
}

fn since(asked: &Asked) -> Option<chrono::DateTime<chrono::Utc>> {
    asked.query.get("since").map(|text| text.parse().unwrap())
}

fn list_issues(hosted: &mut Hosted, asked: &Asked) -> Answered {
    let state = asked.query.get("state").map_or("open", String::as_str);
    let labels: Vec<String> = match asked.query.get("labels") {
        Some(names) => names.split(',').map(str::to_lowercase).collect(),
        None => Vec::new(),
    };
    let since = since(asked);
    let mut all: Vec<(&u64, _)> = hosted
        .threads
        .iter()
        .filter(|(_, thread)| {
            let wears = |name: &String| {
                thread
                    .labels
                    .iter()
                    .any(|worn| worn.to_lowercase() == *name)
            };
            is_wanted(thread.is_open, state)
                && labels.iter().all(wears)
                && since.is_none_or(|since| thread.updated_at >= since)
        })
        .collect();
    let by_update = asked
        .query
        .get("sort")
        .is_some_and(|sort| sort == "updated");
    all.sort_by_key(|(number, thread)| {
        (
            if by_update {
                thread.updated_at
            } else {
                thread.created_at
            },
            **number,
        )
    });
    if asked
        .query
        .get("direction")
        .is_none_or(|direction| direction == "desc")
    {
        all.reverse();
    }
    let all = all
        .iter()
        .map(|(number, _)| shapes::issue(hosted, &asked.url, **number))
        .collect();
    page(hosted, asked, all)
}

fn sorted_comments(hosted: &Hosted, asked: &Asked, thread: Option<u64>) -> Vec<u64> {
    let since = since(asked);
    let mut all: Vec<(&u64, _)> = hosted
        .comments
        .iter()
        .filter(|(_, comment)| {
            thread.is_none_or(|thread| comment.thread == thread)
                && since.is_none_or(|since| comment.updated_at >= since)
        })
        .collect();
    if asked
        .query
        .get("sort")
        .is_some_and(|sort| sort == "updated")
    {
        all.sort_by_key(|(_, comment)| comment.updated_at);
        if asked
            .query
            .get("direction")
            .is_none_or(|direction| direction == "desc")
        {
            all.reverse();
        }
    }
    all.iter().map(|(id, _)| **id).collect()
}

/// One page of a list, with where the next one is.
fn page(hosted: &Hosted, asked: &Asked, all: Vec<Value>) -> Answered {
    let number = |name: &str, default: usize| {
        asked
            .query
            .get(name)
            .map_or(default, |text| text.parse().unwrap())
    };
    let size = number("per_page", 30).min(hosted.page_max);
    let page = number("page", 1);
    let shown: Vec<Value> = all
        .iter()
        .skip((page - 1) * size)
        .take(size)
        .cloned()
        .collect();
    let mut answered = said(200, Value::Array(shown));
    if page * size < all.len() {
        let path = asked.whole.split('?').next().unwrap();
        let mut query: Vec<String> = asked
            .whole
            .split('?')
            .nth(1)
            .unwrap_or_default()
            .split('&')
            .filter(|pair| !pair.is_empty() && !pair.starts_with("page="))
            .map(str::to_owned)
            .collect();
        query.push(format!("page={}", page + 1));
        let next = format!("<{}{path}?{}>; rel=\"next\"", asked.url, query.join("&"));
        answered.headers.push(("link".into(), next));
    }
    answered
}
