//! Tasks as JSON: with our names of fields, and with those that are common elsewhere.

use serde_json::{Map, Value};

use super::fields::Fields;
use super::{Draft, Drafts, Parent, Reading, Wrong, titled, word};

/// The lists of tasks in an object around them, such as our own `task list --json`.
const WRAPPERS: [&str; 4] = ["tasks", "issues", "items", "todos"];
/// What relates tasks without one waiting for the other.
const ASIDE: [&str; 6] = [
    "related",
    "relates-to",
    "discovered-from",
    "duplicates",
    "supersedes",
    "replies-to",
];
/// Most names of fields that were not read and are told.
const UNREAD_MAX: usize = 12;

/// An object of the text and the line in which it begins.
pub(super) type Object = (usize, Map<String, Value>);

/// The objects of a text: of one array, of an object around one, or one after the other.
pub(super) fn objects(text: &str) -> Result<Vec<Object>, Wrong> {
    let mut cursor = Cursor {
        text,
        at: 0,
        line: 1,
    };
    cursor.blanks();
    let is_array = cursor.eat('[');
    let mut found = Vec::new();
    let mut is_after_comma = false;
    loop {
        cursor.blanks();
        if is_array && !is_after_comma && cursor.eat(']') {
            cursor.blanks();
            if cursor.at < text.len() {
                return Err(cursor.wrong("there is more after the end of the list"));
            }
            break;
        }
        if cursor.at == text.len() {
            if is_array {
                return Err(cursor.wrong("the list has no end: `]` is missing"));
            }
            break;
        }
        let line = cursor.line;
        match cursor.value()? {
            Value::Object(object) => found.push((line, object)),
            other => {
                let what = format!("{} stands where a task belongs", name_of(&other));
                return Err(Wrong::at(line, what));
            }
        }
        cursor.blanks();
        is_after_comma = is_array && cursor.eat(',');
        if is_array && !is_after_comma && !cursor.text[cursor.at..].starts_with(']') {
            return Err(cursor.wrong("`,` or `]` is missing between tasks"));
        }
    }
    if let [(line, only)] = found.as_mut_slice()
        && !only.contains_key("title")
        && let Some(Value::Array(inside)) = WRAPPERS.iter().find_map(|name| only.remove(*name))
    {
        let line = *line;
        let object = |(number, value)| match value {
            Value::Object(object) => Ok((line, object)),
            other => {
                let what = format!("task {}: {} stands there", number + 1, name_of(&other));
                Err(Wrong::at(line, what))
            }
        };
        return inside.into_iter().enumerate().map(object).collect();
    }
    Ok(found)
}

/// Where in a text the reading is.
struct Cursor<'t> {
    text: &'t str,
    at: usize,
    line: usize,
}

impl Cursor<'_> {
    fn advance(&mut self, bytes: usize) {
        let passed = &self.text.as_bytes()[self.at..self.at + bytes];
        self.line += passed.iter().filter(|byte| **byte == b'\n').count();
        self.at += bytes;
    }

    fn blanks(&mut self) {
        let rest = &self.text[self.at..];
        let blanks = rest.len() - rest.trim_start_matches([' ', '\t', '\r', '\n']).len();
        self.advance(blanks);
    }

    fn eat(&mut self, wanted: char) -> bool {
        let is_there = self.text[self.at..].starts_with(wanted);
        if is_there {
            self.advance(wanted.len_utf8());
        }
        is_there
    }

    fn value(&mut self) -> Result<Value, Wrong> {
        let rest = &self.text[self.at..];
        let mut stream = serde_json::Deserializer::from_str(rest).into_iter::<Value>();
        match stream.next() {
            Some(Ok(value)) => {
                let bytes = stream.byte_offset();
                self.advance(bytes);
                Ok(value)
            }
            Some(Err(why)) => {
                let line = self.line + why.line().saturating_sub(1);
                // Its own line counts from where this value begins.
                let text = why.to_string();
                let text = text.split(" at line ").next().unwrap_or_default();
                let column = why.column();
                Err(Wrong::at(
                    line,
                    format!("this is no JSON: {text}, at column {column}"),
                ))
            }
            None => Err(self.wrong("a task is missing")),
        }
    }

    fn wrong(&self, what: &str) -> Wrong {
        Wrong::at(self.line, what)
    }
}

pub(super) fn name_of(value: &Value) -> &'static str {
    match value {
        Value::Null => "nothing",
        Value::Bool(_) => "a yes or no",
        Value::Number(_) => "a number",
        Value::String(_) => "a text",
        Value::Array(_) => "a list",
        Value::Object(_) => "an object",
    }
}

/// Tasks with our fields or those of others.
pub(super) fn read(objects: Vec<Object>, how: &Reading<'_>) -> Result<Drafts, Wrong> {
    let mut drafts = Drafts::default();
    let mut unread = std::collections::BTreeSet::new();
    let mut aside = 0;
    for (line, object) in objects {
        let mut fields = Fields::of(line, object);
        let name = fields.name(&["id", "task_id", "issue_id", "number", "uuid"])?;
        if is_over(&mut fields)? {
            drafts.skipped += 1;
            drafts.over.extend(name);
            continue;
        }
        let mut draft = Draft {
            line,
            name,
            new: title(&mut fields)?,
            parent: None,
            after: Vec::new(),
            before: fields.names(&["blocks"])?,
            reviews: fields.name(&["reviews"])?,
        };
        plain(&mut fields, &mut draft, how)?;
        draft.parent = fields
            .name(&["parent", "parent_id", "epic", "epic_id"])?
            .map(Parent::Named);
        for field in [
            "depends",
            "depends_on",
            "deps",
            "blocked_by",
            "after",
            "dependencies",
        ] {
            for (kind, name) in fields.relations(field)? {
                match kind
                    .as_deref()
                    .map(|kind| kind.replace('_', "-"))
                    .as_deref()
                {
                    Some("parent-child" | "parent") => draft.parent = Some(Parent::Named(name)),
                    Some(kind) if ASIDE.contains(&kind) => aside += 1,
                    _ => draft.after.push(name),
                }
            }
        }
        unread.extend(fields.unread());
        drafts.push(draft)?;
    }
    if aside > 0 {
        let what = format!("{aside} relations that nothing waits for are not taken over");
        drafts.notes.push(what);
    }
    if !unread.is_empty() {
        let more = unread.len().saturating_sub(UNREAD_MAX);
        let names: Vec<String> = unread.into_iter().take(UNREAD_MAX).collect();
        let more = if more > 0 {
            format!(" and {more} more")
        } else {
            String::new()
        };
        let what = format!("fields that were not read: {}{more}", names.join(", "));
        drafts.notes.push(what);
    }
    Ok(drafts)
}

/// Whether a task is over, however that is said.
pub(super) fn is_over(fields: &mut Fields) -> Result<bool, Wrong> {
    let mut is_over = false;
    for field in ["stage", "status", "state"] {
        let word = fields.text(&[field])?.unwrap_or_default().to_lowercase();
        is_over |= matches!(
            word.replace(['_', ' '], "-").as_str(),
            "done"
                | "closed"
                | "completed"
                | "complete"
                | "resolved"
                | "cancelled"
                | "canceled"
                | "failed"
                | "dead"
                | "wontfix"
                | "won't-do"
                | "tombstone"
                | "merged"
                | "archived"
        );
    }
    for field in ["done", "completed", "closed"] {
        is_over |= fields.flag(field);
    }
    Ok(is_over)
}

fn title(fields: &mut Fields) -> Result<crate::model::task::New, Wrong> {
    let line = fields.line;
    let title = fields.text(&["title", "name", "summary", "subject", "content"])?;
    let title = match title {
        Some(title) => title,
        // Some have only a description; its first line says what it is about.
        None => fields
            .peek_text("description")
            .and_then(|text| text.lines().find(|line| !line.trim().is_empty()))
            .map(|first| first.chars().take(200).collect())
            .ok_or_else(|| Wrong::at(line, "the task has no `title`"))?,
    };
    titled(&title).map_err(|why| Wrong::at(line, why))
}

/// The fields that name no other task.
fn plain(fields: &mut Fields, draft: &mut Draft, how: &Reading<'_>) -> Result<(), Wrong> {
    let new = &mut draft.new;
    let mut body = Vec::new();
    body.extend(fields.text(&["body", "description", "desc", "details"])?);
    for (field, head) in [
        ("design", "Design"),
        ("acceptance_criteria", "Acceptance criteria"),
        ("notes", "Notes"),
    ] {
        let text = fields.text(&[field])?;
        body.extend(
            text.filter(|text| !text.trim().is_empty())
                .map(|text| format!("{head}:\n{text}")),
        );
    }
    let body = body.join("\n\n");
    if !body.trim().is_empty() {
        new.body = Some(fields.parsed("the body", &body)?);
    }
    if let Some(sort) = fields.text(&["sort", "issue_type", "task_type", "type", "kind"])? {
        new.sort = Some(word(&sort).map_err(|why| fields.wrong("sort", why))?);
    }
    if let Some((field, value)) = fields.take(&["priority", "prio"]) {
        new.priority = how
            .scale
            .read(&value)
            .map_err(|why| fields.wrong(&field, why))?;
    }
    for label in fields.words(&["labels", "tags"])? {
        new.labels
            .insert(word(&label).map_err(|why| fields.wrong("labels", why))?);
    }
    if let Some(text) = fields.text(&["on_fail"])? {
        new.on_fail =
            serde_json::from_value(text.into()).map_err(|why| fields.wrong("on_fail", why))?;
    }
    for key in fields.words(&["keys", "files", "paths"])? {
        new.keys
            .push((how.key)(&key).map_err(|why| fields.wrong("keys", why))?);
    }
    let agent = fields.words(&["assignee", "assigned_to", "agent"])?;
    if let Some(name) = agent.first().filter(|name| !name.is_empty()) {
        new.assignee = Some(name.parse().map_err(|why| fields.wrong("assignee", why))?);
    }
    requires(fields, draft)?;
    let new = &mut draft.new;
    if let Some(text) = fields.text(&["deadline", "due", "due_at", "due_date", "due_on"])? {
        new.deadline = Some(fields.time("deadline", &text)?);
    }
    if let Some((field, value)) = fields.take(&["ttl_secs", "ttl", "lease"]) {
        let ttl = match &value {
            Value::String(text) => text.parse().map_err(|why| fields.wrong(&field, why))?,
            _ => serde_json::from_value(value).map_err(|why| fields.wrong(&field, why))?,
        };
        new.ttl_secs = Some(ttl);
    }
    if let Some((field, value)) = fields.take(&["attempts_max", "max_attempts"]) {
        new.attempts_max =
            Some(serde_json::from_value(value).map_err(|why| fields.wrong(&field, why))?);
    }
    if let Some(run) = fields.text(&["run"])? {
        new.run = Some(word(&run).map_err(|why| fields.wrong("run", why))?);
    }
    if let Some(name) = fields.name(&["feature", "feature_id"])? {
        new.feature = Some(fields.parsed("feature", &name)?);
    }
    if let Some(text) = fields.text(&["idempotency", "idempotency_key"])? {
        new.idempotency = Some(fields.parsed("idempotency", &text)?);
    }
    Ok(())
}

/// What an agent must have, under one field or under several.
fn requires(fields: &mut Fields, draft: &mut Draft) -> Result<(), Wrong> {
    let requires = &mut draft.new.requires;
    if let Some((field, value)) = fields.take(&["requires", "agent_requirements"]) {
        let Value::Object(object) = value else {
            let what = format!("{} stands where an object belongs", name_of(&value));
            return Err(fields.wrong(&field, what));
        };
        let mut inside = Fields::of(fields.line, object);
        for name in inside.words(&["capabilities"])? {
            let name = word(&name).map_err(|why| fields.wrong("capabilities", why))?;
            requires.capabilities.insert(name);
        }
        if let Some((field, value)) = inside.take(&["trust", "min_trust_level"]) {
            let trust = value.as_u64().and_then(|trust| u8::try_from(trust).ok());
            let trust = trust.filter(|trust| *trust <= 4);
            let wrong = || fields.wrong(&field, "trust is a number from 0 to 4");
            requires.trust = Some(trust.ok_or_else(wrong)?);
        }
    }
    for name in fields.words(&["capabilities"])? {
        let name = word(&name).map_err(|why| fields.wrong("capabilities", why))?;
        requires.capabilities.insert(name);
    }
    Ok(())
}
