//! OpenCode. Its hooks are functions; those of the plugin that git-coord writes ask with events and
//! in a form of our own.

use serde_json::{Value, json};

use super::{Answer, Kind};

pub(super) fn kind(event: &str) -> Option<Kind> {
    Some(match event {
        "session-start" => Kind::Start,
        "prompt" => Kind::Prompt,
        "before-tool" => Kind::Before,
        "after-tool" => Kind::After,
        "compact" => Kind::Compact,
        "stop" => Kind::Stop,
        "session-end" => Kind::End,
        _ => return None,
    })
}

pub(super) fn answer(_: &str, kind: Option<Kind>, answer: &Answer) -> Option<Value> {
    match (answer, kind) {
        (Answer::Context(text), Some(Kind::Start | Kind::Prompt | Kind::Compact)) => {
            Some(json!({ "context": text }))
        }
        (Answer::Deny(reason), Some(Kind::Before)) => Some(json!({ "deny": reason })),
        _ => None,
    }
}
