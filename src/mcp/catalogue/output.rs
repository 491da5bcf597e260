//! The types of answers. An answer and a failure are one flat object, because clients hold failures
//! to the schema too, and some know no alternatives at its top.

use std::collections::btree_map::Entry;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::OnceLock;

use schemars::generate::SchemaSettings;
use serde_json::{Value, json};

use crate::ops::Answer;
use crate::ops::envelope::No;

use super::Object;

/// The kinds of value that JSON has.
const ANY: &[&str] = &["array", "boolean", "null", "number", "object", "string"];

/// The little that every answer has in common.
pub fn brief() -> Object {
    let schema = json!({
        "type": "object",
        "properties": { "ok": { "type": "boolean" } },
        "required": ["ok"],
    });
    let Value::Object(schema) = schema else {
        unreachable!("it is one");
    };
    schema
}

/// The schema of an operation that gives these answers. It goes one level deep: `git coord schema
/// answer` has the rest.
pub(super) fn of(answers: &[&str]) -> Object {
    let mut schema = brief();
    let mut fields = BTreeMap::from_iter([
        ("ok".to_owned(), Kinds::of("boolean")),
        ("schema".to_owned(), Kinds::of("integer")),
        ("notices".to_owned(), Kinds::of("array")),
    ]);
    for of_failures in ["code", "message", "hint"] {
        fields.insert(of_failures.to_owned(), Kinds::of("string"));
    }
    let types = types();
    for answer in answers {
        for (name, kinds) in types.of_answer(answer) {
            // A refusal, or another answer, may say something else under that name.
            let other = types.of_failures.get(&name).cloned();
            let known = fields
                .entry(name)
                .or_insert_with(|| Kinds(Some(BTreeSet::new())));
            known.or(kinds);
            if let Some(other) = other {
                known.or(other);
            }
        }
    }
    let mut properties = Object::new();
    for (name, kinds) in fields {
        properties.insert(name, kinds.schema());
    }
    if !answers.is_empty() {
        properties.insert(
            "answer".into(),
            json!({ "type": "string", "enum": answers }),
        );
    }
    schema.insert("properties".into(), properties.into());
    schema.insert("required".into(), json!(["schema", "ok"]));
    schema
}

/// Which kinds of value stand somewhere, and nothing of what is in them: a list of a hundred tools
/// is long enough. Nothing is known when any may stand there.
#[derive(Clone, Debug, PartialEq)]
struct Kinds(Option<BTreeSet<String>>);

impl Kinds {
    fn of(kind: &str) -> Self {
        Self(Some(BTreeSet::from([kind.to_owned()])))
    }

    /// Any of both.
    fn or(&mut self, other: Self) {
        self.0 = match (self.0.take(), other.0) {
            (Some(mut one), Some(other)) => {
                one.extend(other);
                Some(one)
            }
            _ => None,
        };
    }

    /// As a schema. Alternatives are spelled out, even all of them: some clients know only one type
    /// at once, and distrust a schema that says nothing.
    fn schema(self) -> Value {
        let any = || ANY.iter().map(|kind| (*kind).to_owned()).collect();
        let mut kinds = self.0.unwrap_or_else(any);
        if kinds.contains("number") {
            kinds.remove("integer");
        }
        let mut each = kinds.iter().map(|kind| json!({ "type": kind }));
        match kinds.len() {
            1 => each.next().unwrap_or_default(),
            _ => json!({ "anyOf": each.collect::<Vec<_>>() }),
        }
    }
}

struct Types {
    answers: Schema,
    of_failures: BTreeMap<String, Kinds>,
}

fn types() -> &'static Types {
    static TYPES: OnceLock<Types> = OnceLock::new();
    TYPES.get_or_init(|| {
        let settings = || SchemaSettings::draft2020_12().for_serialize();
        let failures = settings().into_generator().into_root_schema_for::<No<'_>>();
        let failures = Schema(failures.to_value());
        let mut of_failures = BTreeMap::new();
        failures.everywhere(&failures.0, &mut of_failures);
        let answers = settings().into_generator().into_root_schema_for::<Answer>();
        Types {
            answers: Schema(answers.to_value()),
            of_failures,
        }
    })
}

impl Types {
    /// The fields of one answer.
    fn of_answer(&self, name: &str) -> BTreeMap<String, Kinds> {
        let variants = self.answers.0.get("oneOf").and_then(Value::as_array);
        let variant = variants.into_iter().flatten().find(|variant| {
            let tag = variant.pointer("/properties/answer/const");
            tag.is_some_and(|tag| tag == name)
        });
        let mut fields = BTreeMap::new();
        if let Some(variant) = variant {
            self.answers.gather(variant, &mut fields);
        }
        fields.remove("answer");
        fields
    }
}

/// A schema with the definitions that it refers to.
struct Schema(Value);

impl Schema {
    /// Fields of a type, and of those that are flattened into it.
    fn gather(&self, schema: &Value, into: &mut BTreeMap<String, Kinds>) {
        let schema = self.resolved(schema);
        self.fields(schema, into);
        for part in parts(schema) {
            self.gather(part, into);
        }
    }

    /// All fields anywhere, at whatever depth.
    fn everywhere(&self, schema: &Value, into: &mut BTreeMap<String, Kinds>) {
        match schema {
            Value::Object(inside) => {
                self.fields(schema, into);
                inside.values().for_each(|part| self.everywhere(part, into));
            }
            Value::Array(items) => items.iter().for_each(|part| self.everywhere(part, into)),
            _ => {}
        }
    }

    fn fields(&self, schema: &Value, into: &mut BTreeMap<String, Kinds>) {
        let fields = schema.get("properties").and_then(Value::as_object);
        for (name, field) in fields.into_iter().flatten() {
            let kinds = self.kinds(field);
            match into.entry(name.clone()) {
                Entry::Occupied(mut known) => known.get_mut().or(kinds),
                Entry::Vacant(place) => drop(place.insert(kinds)),
            }
        }
    }

    fn resolved<'t>(&'t self, mut schema: &'t Value) -> &'t Value {
        while let Some(name) = schema.get("$ref").and_then(Value::as_str) {
            let Some(target) = self.0.pointer(name.trim_start_matches('#')) else {
                break;
            };
            schema = target;
        }
        schema
    }

    fn kinds(&self, schema: &Value) -> Kinds {
        let schema = self.resolved(schema);
        match schema.get("type") {
            Some(Value::String(kind)) => return Kinds::of(kind),
            Some(Value::Array(kinds)) => {
                let kinds = kinds.iter().filter_map(Value::as_str);
                return Kinds(Some(kinds.map(str::to_owned).collect()));
            }
            _ => {}
        }
        let mut each = parts(schema).map(|part| self.kinds(part));
        let Some(mut kinds) = each.next() else {
            return Kinds(None);
        };
        each.for_each(|more| kinds.or(more));
        kinds
    }
}

/// What a schema is made of.
fn parts(schema: &Value) -> impl Iterator<Item = &Value> {
    let lists = ["allOf", "anyOf", "oneOf"].into_iter();
    let lists = lists.filter_map(|more| schema.get(more).and_then(Value::as_array));
    lists.flatten()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)] // a panic is how a test says no

    use serde_json::json;

    use super::super::all;

    /// Clients distrust a schema that takes anything, and some know only one type at once.
    #[test]
    fn every_field_of_an_answer_has_a_kind() {
        let mut alternatives = 0;
        for entry in all() {
            let schema = entry.output();
            for (name, field) in schema["properties"].as_object().unwrap() {
                let place = format!("{}: {name}: {field}", entry.words);
                let several = field.get("anyOf").and_then(|kinds| kinds.as_array());
                assert!(several.is_none_or(|kinds| kinds.len() > 1), "{place}");
                assert!(several.is_some() || field["type"].is_string(), "{place}");
                alternatives += usize::from(several.is_some());
            }
        }
        assert!(alternatives > 0);
    }

    /// An empty place is told as a null, and a refusal says things under the names of an answer.
    #[test]
    fn kinds_are_of_all_that_may_stand_there() {
        let kind = |words: &str, name: &str| {
            let entry = all().iter().find(|entry| entry.words == words).unwrap();
            entry.output()["properties"][name].clone()
        };
        assert_eq!(kind("lock", "ok"), json!({ "type": "boolean" }));
        assert_eq!(kind("locks", "locks"), json!({ "type": "array" }));
        assert_eq!(kind("lock", "conflicts"), json!({ "type": "array" }));
        let value = kind("state get", "value");
        assert_eq!(value["anyOf"].as_array().unwrap().len(), 6, "{value}");
    }
}
