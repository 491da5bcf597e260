//! Claude Code. Silence is "no objection": an answer of `allow` would pass over the person's own
//! permissions.

use serde_json::{Value, json};

use super::{Answer, Kind, specific};

pub(super) fn kind(event: &str) -> Option<Kind> {
    Some(match event {
        "SessionStart" => Kind::Start,
        "UserPromptSubmit" => Kind::Prompt,
        "PreToolUse" => Kind::Before,
        "PostToolUse" | "PostToolUseFailure" => Kind::After,
        "PreCompact" => Kind::Compact,
        "Stop" => Kind::Stop,
        "SessionEnd" => Kind::End,
        _ => return None,
    })
}

pub(super) fn answer(event: &str, kind: Option<Kind>, answer: &Answer) -> Option<Value> {
    match (answer, kind) {
        (Answer::Context(text), Some(Kind::Start | Kind::Prompt)) => {
            Some(specific(event, &[("additionalContext", text)]))
        }
        (Answer::Deny(reason), Some(Kind::Before)) => Some(specific(
            event,
            &[
                ("permissionDecision", "deny"),
                ("permissionDecisionReason", reason),
            ],
        )),
        (Answer::Notice(text), Some(Kind::Stop)) => Some(json!({ "systemMessage": text })),
        _ => None,
    }
}
