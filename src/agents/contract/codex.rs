//! Codex CLI, which answers in the form of Claude Code. It knows neither `ask` nor `allow`, and a
//! field that it does not know makes it pass over the whole answer.

use serde_json::Value;

use super::{Answer, Kind, claude};

pub(super) fn kind(event: &str) -> Option<Kind> {
    claude::kind(event)
}

pub(super) fn answer(event: &str, kind: Option<Kind>, answer: &Answer) -> Option<Value> {
    claude::answer(event, kind, answer)
}
