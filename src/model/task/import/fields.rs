//! The fields of one JSON object, each read once and under whatever name it has.

use chrono::{DateTime, NaiveDate};
use serde_json::{Map, Value};

use super::Wrong;
use super::json::name_of;
use crate::model::limits::LIST_MAX;
use crate::model::time::Timestamp;

/// Which field of an object is the name of a task, by preference, and of anything else.
const OF_TASKS: [&str; 3] = ["id", "number", "name"];
const OF_OTHERS: [&str; 4] = ["login", "name", "title", "id"];

/// What is left of an object.
pub(super) struct Fields {
    pub(super) line: usize,
    left: Map<String, Value>,
}

impl Fields {
    /// Fields by their names in lower case with `_`: `dependsOn`, `depends-on` and `depends_on` are
    /// the same. What has no value is not there.
    pub(super) fn of(line: usize, object: Map<String, Value>) -> Self {
        let fields = object.into_iter().filter(|(_, value)| !value.is_null());
        let left = fields.map(|(name, value)| (snake(&name), value)).collect();
        Self { line, left }
    }

    pub(super) fn wrong(&self, field: &str, why: impl ToString) -> Wrong {
        Wrong::at(self.line, format!("`{field}`: {}", why.to_string()))
    }

    /// The first of these that is there.
    pub(super) fn take(&mut self, names: &[&str]) -> Option<(String, Value)> {
        let found = names.iter().find(|name| self.left.contains_key(**name))?;
        self.left
            .remove(*found)
            .map(|value| ((*found).to_owned(), value))
    }

    pub(super) fn peek_text(&self, name: &str) -> Option<&str> {
        self.left.get(name).and_then(Value::as_str)
    }

    /// Whether a field says yes; any other value is left to be told.
    pub(super) fn flag(&mut self, name: &str) -> bool {
        let found = self.left.get(name).and_then(Value::as_bool);
        if found.is_some() {
            self.left.remove(name);
        }
        found == Some(true)
    }

    pub(super) fn text(&mut self, names: &[&str]) -> Result<Option<String>, Wrong> {
        let Some((field, value)) = self.take(names) else {
            return Ok(None);
        };
        match value {
            Value::String(text) => Ok(Some(text)),
            Value::Number(number) => Ok(Some(number.to_string())),
            other => Err(self.wrong(&field, not_a("text", &other))),
        }
    }

    /// The name of somebody or something: as it is, or what an object says.
    pub(super) fn name(&mut self, names: &[&str]) -> Result<Option<String>, Wrong> {
        let Some((field, value)) = self.take(names) else {
            return Ok(None);
        };
        let name = name(&value, &OF_TASKS);
        let name = name.ok_or_else(|| self.wrong(&field, not_a("name", &value)))?;
        Ok(Some(name).filter(|name| !name.is_empty()))
    }

    /// Names of tasks in a list, or in a text with commas between them.
    pub(super) fn names(&mut self, names: &[&str]) -> Result<Vec<String>, Wrong> {
        self.all(names, &OF_TASKS)
    }

    /// The same for labels and for people.
    pub(super) fn words(&mut self, names: &[&str]) -> Result<Vec<String>, Wrong> {
        self.all(names, &OF_OTHERS)
    }

    fn all(&mut self, names: &[&str], inside: &[&str]) -> Result<Vec<String>, Wrong> {
        let Some((field, value)) = self.take(names) else {
            return Ok(Vec::new());
        };
        let items = self.items(&field, value)?;
        let one = |item: &Value| {
            name(item, inside).ok_or_else(|| self.wrong(&field, not_a("name", item)))
        };
        items.iter().map(one).collect()
    }

    /// Names of other tasks, each with the kind of its relation where that is said.
    pub(super) fn relations(
        &mut self,
        field: &str,
    ) -> Result<Vec<(Option<String>, String)>, Wrong> {
        let Some((field, value)) = self.take(&[field]) else {
            return Ok(Vec::new());
        };
        let mut found = Vec::new();
        for item in self.items(&field, value)? {
            let kind = ["type", "dependency_type"]
                .iter()
                .find_map(|name| item.get(*name));
            let kind = kind.and_then(Value::as_str).map(str::to_lowercase);
            let other = item.get("depends_on_id").or(item.get("depends_on"));
            let name = name(other.unwrap_or(&item), &OF_TASKS);
            let name = name.ok_or_else(|| self.wrong(&field, not_a("name of a task", &item)))?;
            found.push((kind, name));
        }
        Ok(found)
    }

    fn items(&self, field: &str, value: Value) -> Result<Vec<Value>, Wrong> {
        let items = match value {
            Value::Array(items) => items,
            Value::String(text) => {
                let parts = text.split(',').map(str::trim);
                parts
                    .filter(|part| !part.is_empty())
                    .map(Value::from)
                    .collect()
            }
            one => vec![one],
        };
        if items.len() > LIST_MAX {
            return Err(self.wrong(field, format!("more than {LIST_MAX} are in the list")));
        }
        Ok(items)
    }

    /// Reads a text as one of our values.
    pub(super) fn parsed<T>(&self, what: &str, text: &str) -> Result<T, Wrong>
    where
        T: std::str::FromStr<Err: ToString>,
    {
        text.parse()
            .map_err(|why: T::Err| Wrong::at(self.line, format!("{what}: {}", why.to_string())))
    }

    /// A time, or the end of a day.
    pub(super) fn time(&self, field: &str, text: &str) -> Result<Timestamp, Wrong> {
        time(text).map_err(|why| self.wrong(field, why))
    }

    /// The names of what nobody asked for.
    pub(super) fn unread(self) -> impl Iterator<Item = String> {
        let shown = |name: String| crate::model::text::shown(&name).chars().take(40).collect();
        self.left.into_iter().map(move |(name, _)| shown(name))
    }
}

/// A time such as `2026-03-01T12:00:00Z`, or the end of a day (UTC).
pub(super) fn time(text: &str) -> Result<Timestamp, String> {
    let text = text.trim();
    if let Ok(at) = DateTime::parse_from_rfc3339(text) {
        return Ok(at.to_utc().into());
    }
    let day: Option<NaiveDate> = text.parse().ok();
    let end = day.and_then(|day| day.and_hms_opt(23, 59, 59));
    end.map(|end| end.and_utc().into()).ok_or_else(|| {
        let text: String = text.escape_debug().take(40).collect();
        format!("`{text}` is no time such as 2026-03-01 or 2026-03-01T12:00:00Z")
    })
}

fn name(value: &Value, inside: &[&str]) -> Option<String> {
    match value {
        Value::String(text) => Some(text.trim().to_owned()),
        Value::Number(number) => Some(number.to_string()),
        Value::Object(fields) => inside
            .iter()
            .find_map(|name| fields.get(*name))
            .filter(|value| !value.is_object())
            .and_then(|value| name(value, inside)),
        _ => None,
    }
}

fn not_a(wanted: &str, value: &Value) -> String {
    format!("{} stands where a {wanted} belongs", name_of(value))
}

fn snake(name: &str) -> String {
    let mut out = String::with_capacity(name.len());
    let mut was_lower = false;
    for c in name.chars() {
        if c.is_uppercase() && was_lower {
            out.push('_');
        }
        was_lower = c.is_lowercase() || c.is_ascii_digit();
        match c {
            '-' | ' ' => out.push('_'),
            c => out.extend(c.to_lowercase()),
        }
    }
    out
}
