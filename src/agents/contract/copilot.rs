//! GitHub Copilot CLI. Any exit code but 0 would block, and `allow` would approve without asking.

use serde_json::{Value, json};

use super::{Answer, Kind};

pub(super) fn kind(event: &str) -> Option<Kind> {
    Some(match event {
        "sessionStart" => Kind::Start,
        "userPromptSubmitted" => Kind::Prompt,
        "preToolUse" => Kind::Before,
        "postToolUse" => Kind::After,
        "preCompact" => Kind::Compact,
        "agentStop" => Kind::Stop,
        "sessionEnd" => Kind::End,
        _ => return None,
    })
}

pub(super) fn answer(_: &str, kind: Option<Kind>, answer: &Answer) -> Option<Value> {
    match (answer, kind) {
        (Answer::Context(text), Some(Kind::Start | Kind::Prompt)) => {
            Some(json!({ "additionalContext": text }))
        }
        (Answer::Deny(reason), Some(Kind::Before)) => Some(json!({
            "permissionDecision": "deny",
            "permissionDecisionReason": reason,
        })),
        _ => None,
    }
}
