//! Answers and failures as one JSON object on one line.

use serde_json::{Value, json};

use crate::coord::Failure;
use crate::ops::Answer;

/// The version of the JSON that is printed.
const SCHEMA: u32 = 1;

pub(super) fn of_answer(answer: &Answer) -> String {
    let mut value = serde_json::to_value(answer).unwrap_or_default();
    if let Value::Object(fields) = &mut value {
        fields.insert("schema".into(), SCHEMA.into());
        fields.insert("ok".into(), true.into());
        // The reply is what the caller branches on; its fields stand at the top.
        if let Some(Value::Object(reply)) = fields.remove("reply") {
            fields.extend(reply);
        }
    }
    line(&value)
}

pub(super) fn of_failure(failure: &Failure) -> String {
    let mut value = json!({
        "schema": SCHEMA,
        "ok": false,
        "code": failure.code(),
        "message": failure.to_string(),
    });
    if let Value::Object(fields) = &mut value {
        if let Failure::Refused(refusal) = failure
            && let Ok(Value::Object(refusal)) = serde_json::to_value(refusal)
        {
            fields.extend(refusal);
        }
        if let Some(hint) = failure.hint() {
            fields.insert("hint".into(), hint.into());
        }
    }
    line(&value)
}

/// JSON escapes the C0 controls; what else could move a terminal's cursor is escaped here.
fn line(value: &Value) -> String {
    let text = value.to_string();
    let mut out = String::with_capacity(text.len() + 1);
    let mut units = [0; 2];
    for c in text.chars() {
        if crate::model::text::shown(c.encode_utf8(&mut [0; 4])).starts_with('\\') && c != '\\' {
            for unit in c.encode_utf16(&mut units) {
                out.push_str(&format!("\\u{unit:04x}"));
            }
        } else {
            out.push(c);
        }
    }
    out.push('\n');
    out
}
