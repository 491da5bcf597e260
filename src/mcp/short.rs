//! Answers that a model can read: what is too long is cut where it is longest, and says so.

use serde_json::{Value, json};

/// Longest answer, in bytes of JSON: clients drop or cut what is longer.
const BYTES_MAX: usize = 64 * 1024;
/// Longest text of one that is still too long then, in bytes.
const TEXT_BYTES_MAX: usize = 2 * 1024;

/// Halves the longest list of the answer until it fits; `shortened` tells how long each was.
pub fn to_fit(answer: &mut Value) {
    let mut was: Vec<(String, usize)> = Vec::new();
    while size(answer) > BYTES_MAX {
        let Some(fields) = answer.as_object_mut() else {
            return;
        };
        let lists = fields.iter_mut().filter_map(|(name, value)| {
            let bytes = size(value);
            let list = value.as_array_mut()?;
            (list.len() > 1).then_some((bytes, name.clone(), list))
        });
        let Some((_, name, list)) = lists.max_by_key(|(bytes, ..)| *bytes) else {
            // What is long now is one record.
            cut_texts(answer);
            break;
        };
        if !was.iter().any(|(known, _)| *known == name) {
            was.push((name, list.len()));
        }
        list.truncate(list.len() / 2);
    }
    if let (false, Some(fields)) = (was.is_empty(), answer.as_object_mut()) {
        let was: serde_json::Map<String, Value> = was
            .into_iter()
            .map(|(name, length)| (name, length.into()))
            .collect();
        fields.insert("shortened".into(), json!(was));
    }
}

/// Cuts every long text, and says that it did.
fn cut_texts(value: &mut Value) {
    match value {
        Value::String(text) if text.len() > TEXT_BYTES_MAX => {
            let mut end = TEXT_BYTES_MAX;
            while !text.is_char_boundary(end) {
                end -= 1;
            }
            let rest = text.len() - end;
            text.truncate(end);
            text.push_str(&format!(" … ({rest} bytes more)"));
        }
        Value::Array(items) => items.iter_mut().for_each(cut_texts),
        Value::Object(fields) => fields.values_mut().for_each(cut_texts),
        _ => {}
    }
}

fn size(value: &Value) -> usize {
    serde_json::to_vec(value).map_or(0, |bytes| bytes.len())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::{BYTES_MAX, size, to_fit};

    #[test]
    fn only_what_is_too_long_is_cut() {
        let mut short = json!({ "ok": true, "locks": [1, 2, 3] });
        let before = short.clone();
        to_fit(&mut short);
        assert_eq!(short, before);

        let locks: Vec<String> = (0..5_000).map(|n| format!("src/file-{n}.rs")).collect();
        let mut long = json!({ "ok": true, "locks": locks, "notices": ["kept", "too"] });
        to_fit(&mut long);
        assert!(size(&long) <= BYTES_MAX + 100);
        assert_eq!(long["shortened"], json!({ "locks": 5_000 }));
        assert_eq!(long["locks"][0], "src/file-0.rs");
        assert_eq!(long["notices"], json!(["kept", "too"]));

        let mut record = json!({ "ok": true, "task": { "body": "ä".repeat(50_000) } });
        to_fit(&mut record);
        assert!(size(&record) <= BYTES_MAX);
        let body = record["task"]["body"].as_str().unwrap_or_default();
        assert!(body.ends_with(" … (97952 bytes more)"), "{body}");
    }
}
