//! Gemini CLI. Anything but one JSON object on standard output would turn a no into a yes.

use serde_json::{Value, json};

use super::{Answer, Kind, specific};

pub(super) fn kind(event: &str) -> Option<Kind> {
    Some(match event {
        "SessionStart" => Kind::Start,
        "BeforeAgent" => Kind::Prompt,
        "BeforeTool" => Kind::Before,
        "AfterTool" => Kind::After,
        "PreCompress" => Kind::Compact,
        "AfterAgent" => Kind::Stop,
        "SessionEnd" => Kind::End,
        _ => return None,
    })
}

pub(super) fn answer(event: &str, kind: Option<Kind>, answer: &Answer) -> Option<Value> {
    match (answer, kind) {
        (Answer::Context(text), Some(Kind::Start | Kind::Prompt)) => {
            Some(specific(event, &[("additionalContext", text)]))
        }
        (Answer::Deny(reason), Some(Kind::Before)) => {
            Some(json!({ "decision": "deny", "reason": reason }))
        }
        (Answer::Notice(text), Some(Kind::Stop)) => Some(json!({ "systemMessage": text })),
        _ => None,
    }
}
