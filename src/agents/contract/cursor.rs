//! Cursor. Alone among the agents it wants to hear that there is no objection: where its hooks are
//! to fail closed, silence is refused.

use serde_json::{Value, json};

use super::{Answer, Kind};

pub(super) fn kind(event: &str) -> Option<Kind> {
    Some(match event {
        "sessionStart" => Kind::Start,
        "beforeSubmitPrompt" => Kind::Prompt,
        "preToolUse" | "beforeShellExecution" | "beforeMCPExecution" => Kind::Before,
        "postToolUse" | "postToolUseFailure" | "afterFileEdit" | "afterShellExecution" => {
            Kind::After
        }
        "preCompact" => Kind::Compact,
        "stop" => Kind::Stop,
        "sessionEnd" => Kind::End,
        _ => return None,
    })
}

/// The tool that an event is about by its own name; the input's own fields are what it is given.
pub(super) fn tool(event: &str) -> Option<&'static str> {
    match event {
        "beforeShellExecution" | "afterShellExecution" => Some("Shell"),
        "afterFileEdit" => Some("Edit"),
        // Whatever tool it is, it is none of Cursor's own.
        "beforeMCPExecution" => Some(""),
        _ => None,
    }
}

pub(super) fn answer(event: &str, kind: Option<Kind>, answer: &Answer) -> Option<Value> {
    match (answer, kind) {
        (Answer::Deny(reason), Some(Kind::Before)) => Some(json!({
            "permission": "deny",
            "user_message": reason,
            "agent_message": reason,
        })),
        (Answer::Context(text), Some(Kind::Start)) => Some(json!({ "additional_context": text })),
        (Answer::Context(text), Some(Kind::After)) if event == "postToolUse" => {
            Some(json!({ "additional_context": text }))
        }
        (_, Some(Kind::Before)) => Some(json!({ "permission": "allow" })),
        (_, Some(Kind::Prompt)) => Some(json!({ "continue": true })),
        // Whichever event it was: one that asks for leave has it.
        (_, None) if event.starts_with("before") => Some(json!({ "permission": "allow" })),
        _ => None,
    }
}
