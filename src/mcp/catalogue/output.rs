//! The types of answers. An answer and a failure are one flat object, because clients hold failures
//! to the schema too, and some know no alternatives at its top.

use std::sync::OnceLock;

use schemars::generate::SchemaSettings;
use serde_json::{Value, json};

use crate::ops::Answer;
use crate::ops::envelope::No;

use super::Object;

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
    let mut properties = schema.remove("properties").unwrap_or_default();
    let fields = properties.as_object_mut().expect("because it is one");
    fields.insert("schema".into(), json!({ "type": "integer" }));
    for of_failures in ["code", "message", "hint"] {
        fields.insert(of_failures.into(), json!({ "type": "string" }));
    }
    fields.insert("notices".into(), json!({ "type": "array" }));
    if !answers.is_empty() {
        fields.insert(
            "answer".into(),
            json!({ "type": "string", "enum": answers }),
        );
    }
    let types = types();
    for answer in answers {
        for (name, field) in types.of_answer(answer) {
            // A refusal, or another answer, may say something else under that name.
            let is_shared = types.of_failures.contains(&name)
                || fields.get(&name).is_some_and(|known| *known != field);
            let field = if is_shared { json!({}) } else { field };
            fields.insert(name, field);
        }
    }
    schema.insert("properties".into(), properties);
    schema.insert("required".into(), json!(["schema", "ok"]));
    schema
}

struct Types {
    answers: Value,
    of_failures: Vec<String>,
}

fn types() -> &'static Types {
    static TYPES: OnceLock<Types> = OnceLock::new();
    TYPES.get_or_init(|| {
        let settings = || SchemaSettings::draft2020_12().for_serialize();
        let failures = settings().into_generator().into_root_schema_for::<No<'_>>();
        let mut of_failures = Vec::new();
        names(failures.as_value(), &mut of_failures);
        let answers = settings().into_generator().into_root_schema_for::<Answer>();
        Types {
            answers: answers.to_value(),
            of_failures,
        }
    })
}

/// The names of all fields anywhere in a schema.
fn names(schema: &Value, into: &mut Vec<String>) {
    match schema {
        Value::Object(fields) => {
            if let Some(Value::Object(properties)) = fields.get("properties") {
                into.extend(properties.keys().cloned());
            }
            fields.values().for_each(|field| names(field, into));
        }
        Value::Array(items) => items.iter().for_each(|item| names(item, into)),
        _ => {}
    }
}

impl Types {
    /// The fields of one answer.
    fn of_answer(&self, name: &str) -> Object {
        let variants = self.answers.get("oneOf").and_then(Value::as_array);
        let variant = variants.into_iter().flatten().find(|variant| {
            let tag = variant.pointer("/properties/answer/const");
            tag.is_some_and(|tag| tag == name)
        });
        let mut fields = Object::new();
        if let Some(variant) = variant {
            self.gather(variant, &mut fields);
        }
        fields.remove("answer");
        fields
    }

    /// Fields of a type, and of those that are flattened into it.
    fn gather(&self, schema: &Value, into: &mut Object) {
        let schema = self.resolved(schema);
        let fields = schema.get("properties").and_then(Value::as_object);
        for (name, field) in fields.into_iter().flatten() {
            let field = self.shallow(field);
            let is_other = into
                .get(name)
                .is_some_and(|known| *known != Value::Object(field.clone()));
            let field = if is_other { Object::new() } else { field };
            into.insert(name.clone(), field.into());
        }
        for more in ["allOf", "anyOf", "oneOf"] {
            let parts = schema.get(more).and_then(Value::as_array);
            for part in parts.into_iter().flatten() {
                self.gather(part, into);
            }
        }
    }

    fn resolved<'t>(&'t self, mut schema: &'t Value) -> &'t Value {
        while let Some(name) = schema.get("$ref").and_then(Value::as_str) {
            let Some(target) = self.answers.pointer(name.trim_start_matches('#')) else {
                break;
            };
            schema = target;
        }
        schema
    }

    /// Its kind, and nothing of what is in it: a list of a hundred tools is long enough.
    fn shallow(&self, schema: &Value) -> Object {
        let mut shallow = Object::new();
        if let Some(kind @ Value::String(_)) = self.resolved(schema).get("type") {
            shallow.insert("type".into(), kind.clone());
        }
        shallow
    }
}
