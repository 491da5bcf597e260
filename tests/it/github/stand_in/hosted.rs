//! What the stand-in keeps. Tests read and change it as people do with a mouse.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, Utc};

/// The token of the bot, which may do everything.
pub const BOT_TOKEN: &str = "ghp_botbotbotbotbotbotbotbotbotbotbotbot00";
/// Who that is.
pub const BOT: &str = "coord-bot";
/// The token of an app, which may make check runs.
pub const APP_TOKEN: &str = "ghs_appappappappappappappappappappappapp00";
/// Who that is.
pub const APP: &str = "coord-app[bot]";

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Label {
    pub name: String,
    pub color: String,
    pub description: String,
}

#[derive(Clone, Debug)]
pub struct Thread {
    pub title: String,
    pub body: String,
    pub author: String,
    pub is_open: bool,
    pub reason: Option<String>,
    /// Names, as the repository spells them.
    pub labels: BTreeSet<String>,
    pub assignees: BTreeSet<String>,
    pub created_at: DateTime<Utc>,
    pub updated_at: DateTime<Utc>,
    pub pull: Option<Pull>,
}

#[derive(Clone, Debug)]
pub struct Pull {
    pub branch: String,
    pub sha: String,
    pub base: String,
    pub is_draft: bool,
    /// The fork that it comes from.
    pub fork: Option<String>,
    pub merged_as: Option<String>,
    pub merged_at: Option<DateTime<Utc>>,
}

#[derive(Clone, Debug)]
pub struct Comment {
    pub thread: u64,
    pub author: String,
    pub body: String,
    pub created_at: DateTime<Utc>,
    pub updated_at: DateTime<Utc>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Status {
    pub context: String,
    pub state: String,
    pub description: String,
}

#[derive(Clone, Debug)]
pub struct CheckRun {
    pub id: u64,
    pub sha: String,
    pub name: String,
    pub app: String,
    pub status: String,
    pub conclusion: Option<String>,
    pub title: String,
    pub summary: String,
}

/// Something that somebody did on a thread.
#[derive(Clone, Debug)]
pub struct Event {
    pub id: u64,
    pub thread: u64,
    pub actor: String,
    /// As GitHub calls it.
    pub event: String,
    /// What else it says.
    pub more: serde_json::Value,
    pub at: DateTime<Utc>,
}

/// A repository with everything on its pages.
#[derive(Clone, Debug)]
pub struct Hosted {
    /// Who has which token.
    pub tokens: BTreeMap<String, String>,
    /// What each may do; nobody else may more than look.
    pub roles: BTreeMap<String, String>,
    pub labels: Vec<Label>,
    pub threads: BTreeMap<u64, Thread>,
    pub comments: BTreeMap<u64, Comment>,
    pub statuses: BTreeMap<String, Vec<Status>>,
    /// Oldest first.
    pub events: Vec<Event>,
    pub checks: Vec<CheckRun>,
    /// Whether the heads of pull requests are what their branches are in the repository.
    pub follows: bool,
    /// The repository itself, for merging pull requests.
    pub repository: Option<std::path::PathBuf>,
    /// Statuses and check runs that `main` wants to see.
    pub required: Vec<String>,
    /// Those of them that rules ask for, and not the branch's protection.
    pub required_by_rules: Vec<String>,
    /// What somebody pushes to `main` in the moment of the next call: of a green status (`POST`), or of a
    /// merge (`PUT`).
    pub pushed_at: Option<(String, String)>,
    /// Most of one page, whatever is asked for.
    pub page_max: usize,
    /// Calls that are left; each that is no "as before" costs one.
    pub remaining: u64,
    pub(super) last_id: u64,
    /// Grows with each change.
    pub(super) moment: i64,
}

impl Default for Hosted {
    fn default() -> Self {
        let tokens = [(BOT_TOKEN, BOT), (APP_TOKEN, APP)];
        Self {
            tokens: tokens.map(|(token, who)| (token.into(), who.into())).into(),
            roles: [BOT, APP].map(|who| (who.into(), "admin".into())).into(),
            labels: Vec::new(),
            threads: BTreeMap::new(),
            comments: BTreeMap::new(),
            statuses: BTreeMap::new(),
            events: Vec::new(),
            checks: Vec::new(),
            follows: false,
            repository: None,
            required: Vec::new(),
            required_by_rules: Vec::new(),
            pushed_at: None,
            page_max: 100,
            remaining: 5000,
            last_id: 1000,
            moment: 0,
        }
    }
}

impl Hosted {
    /// A time that nothing else has: now, and a second later with each change.
    pub fn now(&mut self) -> DateTime<Utc> {
        self.moment += 1;
        let start = Utc::now().timestamp() - 3600;
        DateTime::from_timestamp(start + self.moment, 0).unwrap()
    }

    pub(super) fn fresh_id(&mut self) -> u64 {
        self.last_id += 1;
        self.last_id
    }

    /// Opens an issue.
    pub fn issue(&mut self, author: &str, title: &str, labels: &[&str]) -> u64 {
        self.open(author, title, labels, None)
    }

    /// Opens a pull request of a branch of this repository.
    pub fn pull(&mut self, author: &str, title: &str, branch: &str, sha: &str) -> u64 {
        let pull = Pull {
            branch: branch.into(),
            sha: sha.into(),
            base: "main".into(),
            is_draft: false,
            fork: None,
            merged_as: None,
            merged_at: None,
        };
        self.open(author, title, &[], Some(pull))
    }

    fn open(&mut self, author: &str, title: &str, labels: &[&str], pull: Option<Pull>) -> u64 {
        let number = self
            .threads
            .last_key_value()
            .map_or(1, |(last, _)| last + 1);
        let now = self.now();
        let thread = Thread {
            title: title.into(),
            body: String::new(),
            author: author.into(),
            is_open: true,
            reason: None,
            labels: BTreeSet::new(),
            assignees: BTreeSet::new(),
            created_at: now,
            updated_at: now,
            pull,
        };
        self.threads.insert(number, thread);
        labels.iter().for_each(|name| self.wear(number, name));
        number
    }

    /// Puts a label on a thread; one that there is not yet comes into being.
    pub fn wear(&mut self, number: u64, name: &str) {
        let name = match self.label(name) {
            Some(label) => label.name.clone(),
            None => {
                self.labels.push(Label {
                    name: name.into(),
                    color: "ededed".into(),
                    description: String::new(),
                });
                name.to_owned()
            }
        };
        let now = self.now();
        let thread = self.threads.get_mut(&number).unwrap();
        thread.labels.insert(name);
        thread.updated_at = now;
    }

    /// Notes what somebody did.
    pub fn did(&mut self, actor: &str, number: u64, event: &str, more: serde_json::Value) {
        let event = Event {
            id: self.fresh_id(),
            thread: number,
            actor: actor.into(),
            event: event.into(),
            more,
            // As it is told: in seconds.
            at: DateTime::from_timestamp(Utc::now().timestamp(), 0).unwrap(),
        };
        self.events.push(event);
    }

    /// Puts a label on a thread as somebody.
    pub fn wear_as(&mut self, actor: &str, number: u64, name: &str) {
        self.wear(number, name);
        let label = serde_json::json!({ "label": { "name": name, "color": "ededed" } });
        self.did(actor, number, "labeled", label);
    }

    /// Takes a label off a thread as somebody. Whether it was on it.
    pub fn doff_as(&mut self, actor: &str, number: u64, name: &str) -> bool {
        let Some(name) = self.label(name).map(|label| label.name.clone()) else {
            return false;
        };
        let now = self.now();
        let thread = self.threads.get_mut(&number).unwrap();
        if !thread.labels.remove(&name) {
            return false;
        }
        thread.updated_at = now;
        let label = serde_json::json!({ "label": { "name": name, "color": "ededed" } });
        self.did(actor, number, "unlabeled", label);
        true
    }

    /// Closes an issue, or opens it again, as somebody.
    pub fn set_open_as(&mut self, actor: &str, number: u64, reason: Option<&str>) {
        let now = self.now();
        let thread = self.threads.get_mut(&number).unwrap();
        thread.is_open = reason.is_none();
        thread.reason = Some(reason.unwrap_or("reopened").into());
        thread.updated_at = now;
        let event = if reason.is_none() {
            "reopened"
        } else {
            "closed"
        };
        self.did(
            actor,
            number,
            event,
            serde_json::json!({ "state_reason": reason }),
        );
    }

    /// Gives a thread another title as somebody.
    pub fn rename_as(&mut self, actor: &str, number: u64, title: &str) {
        let now = self.now();
        let thread = self.threads.get_mut(&number).unwrap();
        let from = std::mem::replace(&mut thread.title, title.into());
        thread.updated_at = now;
        let rename = serde_json::json!({ "rename": { "from": from, "to": title } });
        self.did(actor, number, "renamed", rename);
    }

    /// A label, however it is spelled.
    pub fn label(&self, name: &str) -> Option<&Label> {
        let name = name.to_lowercase();
        self.labels
            .iter()
            .find(|label| label.name.to_lowercase() == name)
    }

    /// Describes a label, if there is one.
    pub fn label_says(&mut self, name: &str, description: &str) {
        let all = self.labels.iter_mut();
        for label in all.filter(|label| label.name == name) {
            label.description = description.into();
        }
    }

    /// Writes a comment.
    pub fn comment(&mut self, number: u64, author: &str, body: &str) -> u64 {
        let (id, now) = (self.fresh_id(), self.now());
        // As it is told: in seconds.
        let at = DateTime::from_timestamp(Utc::now().timestamp(), 0).unwrap();
        let comment = Comment {
            thread: number,
            author: author.into(),
            body: body.into(),
            created_at: at,
            updated_at: at,
        };
        self.comments.insert(id, comment);
        self.threads.get_mut(&number).unwrap().updated_at = now;
        id
    }

    /// Closes an issue as a person does.
    pub fn close(&mut self, number: u64, reason: &str) {
        let now = self.now();
        let thread = self.threads.get_mut(&number).unwrap();
        thread.is_open = false;
        thread.reason = Some(reason.into());
        thread.updated_at = now;
    }

    /// Lets the heads of pull requests be what their branches are in the repository.
    pub fn follow_branches(&mut self) {
        let Some(repository) = self.repository.as_ref().filter(|_| self.follows) else {
            return;
        };
        let open = self.threads.values_mut().filter(|thread| thread.is_open);
        for pull in open.filter_map(|thread| thread.pull.as_mut()) {
            let file = repository.join("refs/heads").join(&pull.branch);
            // Packed or gone: it is what it was.
            if let Ok(sha) = std::fs::read_to_string(file) {
                pull.sha = sha.trim().to_owned();
            }
        }
    }

    /// A thread as people see it.
    pub fn seen(&self, number: u64) -> String {
        let thread = &self.threads[&number];
        let merged = thread
            .pull
            .as_ref()
            .and_then(|pull| pull.merged_as.as_ref());
        let state = match (merged, thread.is_open) {
            (Some(_), _) => "MERGED",
            (None, true) => "OPEN",
            (None, false) => "CLOSED",
        };
        let mut text = format!("{}  #{number}  {state}\n", thread.title);
        let labels = match self.labels_of(number).join(", ") {
            none if none.is_empty() => "none".into(),
            labels => labels,
        };
        text.push_str(&format!("labels: {labels}\n"));
        let sha = thread.pull.as_ref().map_or("", |pull| &pull.sha);
        let mut known = BTreeSet::new();
        for status in self.statuses.get(sha).into_iter().flatten().rev() {
            if known.insert(&status.context) {
                let Status {
                    context,
                    state,
                    description,
                } = status;
                text.push_str(&format!("status: {context}  {state}  {description}\n"));
            }
        }
        for comment in self
            .comments
            .values()
            .filter(|comment| comment.thread == number)
        {
            text.push_str(&format!(
                "\n{} commented:\n{}\n",
                comment.author, comment.body
            ));
        }
        text
    }

    /// The names of a thread's labels.
    pub fn labels_of(&self, number: u64) -> Vec<String> {
        self.threads[&number].labels.iter().cloned().collect()
    }

    /// What somebody has written on a thread.
    pub fn comments_of(&self, number: u64, author: &str) -> Vec<String> {
        let all = self.comments.values();
        all.filter(|comment| comment.thread == number && comment.author == author)
            .map(|comment| comment.body.clone())
            .collect()
    }

    /// The newest status of a context.
    pub fn status_of(&self, sha: &str, context: &str) -> Option<&Status> {
        let all = self.statuses.get(sha)?;
        all.iter().rev().find(|status| status.context == context)
    }
}
