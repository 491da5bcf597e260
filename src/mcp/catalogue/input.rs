//! The types of arguments, from the JSON Schema of all operations, made plain enough for every
//! client: no references, no alternatives, no nulls, no number formats of Rust.

use clap::{Arg, Command};
use schemars::generate::SchemaSettings;
use serde_json::{Value, json};

use crate::ops::Operation;

use super::Object;

/// Arguments that only make sense at a command line, by the operation's words.
const SHELL_ONLY: &[(&str, &str)] = &[
    ("handoff write", "edit"),
    ("handoff write", "template"),
    ("queue run", "check"),
    ("queue run", "target"),
    ("queue land", "check"),
    ("queue land", "target"),
    ("doctor", "accept"),
    ("doctor", "restore_remote"),
    ("init", "uninstall"),
    ("status", "watch"),
    ("sync", "watch"),
    ("sync", "for"),
    ("sync", "count"),
];
/// How deep a type goes at most; ours go three levels down.
const DEPTH_MAX: usize = 8;

/// The schema of all operations.
pub(super) struct Types(Value);

impl Types {
    pub(super) fn of_operations() -> Self {
        let settings = SchemaSettings::draft2020_12().for_deserialize();
        let schema = settings
            .into_generator()
            .into_root_schema_for::<Operation>();
        Self(schema.to_value())
    }

    pub(super) fn root(&self) -> &Value {
        &self.0
    }

    /// Follows a reference, if it is one.
    fn resolved<'t>(&'t self, mut schema: &'t Value) -> &'t Value {
        while let Some(name) = schema.get("$ref").and_then(Value::as_str) {
            let Some(target) = self.0.pointer(name.trim_start_matches('#')) else {
                break;
            };
            schema = target;
        }
        schema
    }

    /// What stands under one name of an enumeration.
    pub(super) fn variant<'t>(&'t self, variants: &'t Value, name: &str) -> Option<&'t Value> {
        let variants = self.resolved(variants).get("oneOf")?.as_array()?;
        variants.iter().find_map(|variant| {
            if variant.get("const").is_some_and(|it| it == name) {
                return Some(variant);
            }
            let inner = variant.get("properties")?.get(name)?;
            Some(self.resolved(inner))
        })
    }

    /// The type of a field.
    pub(super) fn property<'t>(&'t self, schema: &'t Value, name: &str) -> Option<&'t Value> {
        let field = self.resolved(schema).get("properties")?.get(name)?;
        Some(self.resolved(field))
    }

    /// The arguments of one operation.
    pub(super) fn input(&self, schema: &Value, command: &Command, words: &str) -> Object {
        let schema = self.resolved(schema);
        let mut properties = Object::new();
        let fields = schema.get("properties").and_then(Value::as_object);
        for (name, field) in fields.into_iter().flatten() {
            if !SHELL_ONLY.contains(&(words, name.as_str())) {
                properties.insert(name.clone(), self.plain(field, 0).into());
            }
        }
        // JSON lets arguments be absent that have a default in Rust; clap knows which are needed.
        let named = schema.get("required").and_then(Value::as_array);
        let named = named.into_iter().flatten().filter_map(Value::as_str);
        let typed = command.get_arguments().filter(|arg| arg.is_required_set());
        let mut required: Vec<String> = named.map(str::to_owned).collect();
        required.extend(typed.map(name));
        required.retain(|name| properties.contains_key(name));
        required.sort();
        required.dedup();
        let mut input = Object::new();
        input.insert("type".into(), "object".into());
        input.insert("properties".into(), properties.into());
        if !required.is_empty() {
            input.insert("required".into(), required.into());
        }
        input.insert("additionalProperties".into(), false.into());
        input
    }

    /// A type that stands for itself.
    fn plain(&self, schema: &Value, depth: usize) -> Object {
        let mut plain = Object::new();
        if depth > DEPTH_MAX {
            return plain;
        }
        let outer = schema.get("description");
        let schema = self.without_null(schema);
        if let Some(about) = outer.or_else(|| schema.get("description")) {
            plain.insert("description".into(), about.clone());
        }
        if let Some(words) = consts(schema) {
            plain.insert("type".into(), "string".into());
            plain.insert("enum".into(), words.into());
            return plain;
        }
        let kind = match schema.get("type") {
            Some(Value::Array(kinds)) => kinds.iter().find(|kind| **kind != "null").cloned(),
            other => other.cloned(),
        };
        let Some(kind) = kind else {
            return plain;
        };
        if kind == "array" {
            let items = schema
                .get("items")
                .map(|items| self.plain(items, depth + 1));
            plain.insert("items".into(), items.unwrap_or_default().into());
        }
        if kind == "object" {
            let fields = schema.get("properties").and_then(Value::as_object);
            let fields: Object = fields
                .into_iter()
                .flatten()
                .map(|(name, field)| (name.clone(), self.plain(field, depth + 1).into()))
                .collect();
            plain.insert("properties".into(), fields.into());
            if let Some(required) = schema.get("required") {
                plain.insert("required".into(), required.clone());
            }
        }
        for bound in ["minimum", "maximum", "enum"] {
            if let Some(value) = schema.get(bound) {
                plain.insert(bound.into(), value.clone());
            }
        }
        plain.insert("type".into(), kind);
        plain
    }

    /// What may be absent is left out and never null.
    fn without_null<'t>(&'t self, schema: &'t Value) -> &'t Value {
        let schema = self.resolved(schema);
        let choices = schema.get("anyOf").and_then(Value::as_array);
        let is_null = |choice: &Value| choice.get("type").is_some_and(|kind| kind == "null");
        match choices.and_then(|all| all.iter().find(|choice| !is_null(choice))) {
            Some(choice) => self.resolved(choice),
            None => schema,
        }
    }
}

/// The words of an enumeration of words.
fn consts(schema: &Value) -> Option<Vec<Value>> {
    let choices = schema.get("oneOf")?.as_array()?;
    choices
        .iter()
        .map(|choice| choice.get("const").cloned())
        .collect()
}

/// The name of a command line's argument in JSON.
pub(super) fn name(arg: &Arg) -> String {
    let id = arg.get_id().as_str();
    match arg.get_long() {
        // A word of Rust's own needs another name there.
        Some(long) if id.starts_with(&format!("{long}_")) => long.to_owned(),
        _ => id.to_owned(),
    }
}

/// Models are loose with types: one text for a list of texts, a number for a text, a text for a
/// number. What can only be meant in one way is taken so.
pub(super) fn loosen(value: &mut Value, schema: &Value) {
    let kind = schema.get("type").and_then(Value::as_str);
    match (kind, &*value) {
        (Some("array"), Value::String(_) | Value::Number(_)) => {
            let mut one = value.take();
            if let Some(items) = schema.get("items") {
                loosen(&mut one, items);
            }
            *value = json!([one]);
        }
        (Some("array"), Value::Array(_)) => {
            let items = schema.get("items").cloned().unwrap_or_default();
            for one in value.as_array_mut().into_iter().flatten() {
                loosen(one, &items);
            }
        }
        (Some("string"), Value::Number(number)) => *value = number.to_string().into(),
        (Some("integer" | "number"), Value::String(text)) => {
            if let Ok(number) = text.parse::<serde_json::Number>() {
                *value = number.into();
            }
        }
        (Some("boolean"), Value::String(text)) => match text.as_str() {
            "true" => *value = true.into(),
            "false" => *value = false.into(),
            _ => {}
        },
        _ => {}
    }
}
