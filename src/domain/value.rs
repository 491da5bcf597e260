//! Values: set, merge, count, append and delete, each on the revision that was seen if one is named.

use serde_json::Value as Json;

use crate::model::record::{self, Damage};
use crate::model::refusal::Refusal;
use crate::model::reply::Reply;
use crate::model::value::{Ask, Change, Told, VALUE_BYTES_MAX, Value, ValueName, ValueRecord};

use super::decide::{Decided, Desk};
use super::secret;
use super::staged::State;

/// The value of this name.
///
/// # Errors
/// When what stands there cannot be read, or is another value.
pub fn get(state: &dyn State, name: &ValueName) -> Result<Option<ValueRecord>, Damage> {
    let place = name.place();
    let Some(bytes) = state.get(&place)? else {
        return Ok(None);
    };
    let found: ValueRecord = record::parse(&place, &bytes)?;
    if found.name != *name {
        let why = format!("it is the value `{}`, which belongs elsewhere", found.name);
        return Err(Damage::new(&place, why));
    }
    Ok(Some(found))
}

pub(super) fn decide(desk: &mut Desk<'_>, ask: &Ask) -> Result<Decided, Refusal> {
    let Ask {
        name,
        rev: named,
        change,
        allow_secrets,
    } = ask;
    let before = get(&desk.staged, name)?;
    let now = before.as_ref().map_or(0, |record| record.head.rev);
    if let Some(named) = named.filter(|named| *named != now) {
        return Err(Refusal::Changed {
            what: "value".into(),
            name: name.to_string(),
            named,
            now,
        });
    }
    let old = before.map(|record| record.body.value);
    let Some(new) = changed(name, old.clone(), change)? else {
        if old.is_none() {
            return Err(Refusal::NotFound {
                what: "value".into(),
                name: name.to_string(),
            });
        }
        desk.staged.remove(&name.place());
        let subject = format!("state delete {name} by {}", desk.me().agent);
        return Ok(Decided::change(told(name, None, 0), subject));
    };
    let text = new.to_string();
    if text.len() > VALUE_BYTES_MAX {
        return Err(Refusal::Limit {
            what: format!("bytes in the value `{name}`"),
            most: VALUE_BYTES_MAX,
        });
    }
    secret::check([("value", text.as_str())], allow_secrets)?;
    if old.as_ref() == Some(&new) {
        return Ok(Decided {
            reply: told(name, Some(new), now),
            subject: String::new(),
            is_change: false,
        });
    }
    let rev = desk.staged.next_rev();
    let body = Value {
        name: name.clone(),
        value: new.clone(),
    };
    let record = ValueRecord::new(desk.stamp, rev, body);
    desk.staged.put(&name.place(), &record)?;
    let subject = format!("state {} {name} by {}", word(change), desk.me().agent);
    Ok(Decided::change(told(name, Some(new), rev), subject))
}

fn told(name: &ValueName, value: Option<Json>, value_rev: u64) -> Reply {
    Reply::Value(Box::new(Told {
        name: name.clone(),
        value,
        value_rev,
    }))
}

fn word(change: &Change) -> &'static str {
    match change {
        Change::Set(_) => "set",
        Change::Merge(_) => "update",
        Change::Incr(_) => "incr",
        Change::Append(_) => "append",
        Change::Delete => "delete",
    }
}

/// What becomes of a value; `None` when it goes.
fn changed(name: &ValueName, old: Option<Json>, change: &Change) -> Result<Option<Json>, Refusal> {
    let wrong = |is: &Json, needs: &str| Refusal::WrongState {
        what: "value".into(),
        name: name.to_string(),
        is: kind(is).into(),
        needs: needs.into(),
    };
    Ok(Some(match change {
        Change::Set(new) => new.clone(),
        Change::Merge(patch) => merged(old, patch),
        Change::Incr(by) => {
            let old = old.unwrap_or_else(|| 0.into());
            let number = old.as_i64().ok_or_else(|| wrong(&old, "a whole number"))?;
            let sum = number.checked_add(*by);
            sum.ok_or_else(|| Refusal::Limit {
                what: format!("the value `{name}`"),
                most: i64::MAX as usize,
            })?
            .into()
        }
        Change::Append(item) => match old.unwrap_or_else(|| Json::Array(Vec::new())) {
            Json::Array(mut items) => {
                items.push(item.clone());
                Json::Array(items)
            }
            other => return Err(wrong(&other, "a list")),
        },
        Change::Delete => return Ok(None),
    }))
}

/// JSON merge patch, RFC 7396 section 2.
fn merged(target: Option<Json>, patch: &Json) -> Json {
    let Json::Object(patch) = patch else {
        return patch.clone();
    };
    let mut members = match target {
        Some(Json::Object(members)) => members,
        _ => serde_json::Map::new(),
    };
    for (name, value) in patch {
        let before = members.remove(name);
        if !value.is_null() {
            members.insert(name.clone(), merged(before, value));
        }
    }
    Json::Object(members)
}

fn kind(value: &Json) -> &'static str {
    match value {
        Json::Null => "null",
        Json::Bool(_) => "a truth value",
        Json::Number(_) => "a number that is not whole",
        Json::String(_) => "a text",
        Json::Array(_) => "a list",
        Json::Object(_) => "an object",
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value as Json, json};

    use super::merged;

    /// The examples of RFC 7396, appendix A.
    #[test]
    fn a_merge_patch_is_that_of_the_rfc() {
        let table: &[(Json, Json, Json)] = &[
            (json!({"a":"b"}), json!({"a":"c"}), json!({"a":"c"})),
            (json!({"a":"b"}), json!({"b":"c"}), json!({"a":"b","b":"c"})),
            (json!({"a":"b"}), json!({"a":null}), json!({})),
            (
                json!({"a":"b","b":"c"}),
                json!({"a":null}),
                json!({"b":"c"}),
            ),
            (json!({"a":["b"]}), json!({"a":"c"}), json!({"a":"c"})),
            (json!({"a":"c"}), json!({"a":["b"]}), json!({"a":["b"]})),
            (
                json!({"a":{"b":"c"}}),
                json!({"a":{"b":"d","c":null}}),
                json!({"a":{"b":"d"}}),
            ),
            (json!({"a":[{"b":"c"}]}), json!({"a":[1]}), json!({"a":[1]})),
            (json!(["a", "b"]), json!(["c", "d"]), json!(["c", "d"])),
            (json!({"a":"b"}), json!(["c"]), json!(["c"])),
            (json!({"a":"foo"}), json!(null), json!(null)),
            (json!({"a":"foo"}), json!("bar"), json!("bar")),
            (json!({"e":null}), json!({"a":1}), json!({"e":null,"a":1})),
            (json!([1, 2]), json!({"a":"b","c":null}), json!({"a":"b"})),
            (
                json!({}),
                json!({"a":{"bb":{"ccc":null}}}),
                json!({"a":{"bb":{}}}),
            ),
        ];
        for (target, patch, result) in table {
            assert_eq!(merged(Some(target.clone()), patch), *result, "{patch}");
        }
    }
}
