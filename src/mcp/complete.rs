//! Values that complete what a person types into a prompt or a resource: keys, tasks, agents.

use rmcp::model::{CompletionInfo, Reference};
use serde_json::Value;

/// Where values come from.
pub struct Source {
    /// The operation.
    pub does: &'static str,
    /// The list in its answer.
    list: &'static str,
    /// Where in each of its items the value is.
    value: &'static str,
}

/// What completes an argument; `None` when nothing does.
pub fn source(of: &Reference, argument: &str) -> Option<Source> {
    let source = |does, list, value| Source { does, list, value };
    let place = match of {
        Reference::Prompt(prompt) => prompt.name.as_str(),
        Reference::Resource(resource) => resource.uri.as_str(),
        // What a later revision may have.
        _ => return None,
    };
    Some(match (place, argument) {
        ("coord://task/{id}", "id") => source("task list", "/tasks", "/id"),
        ("coord://agent/{agent}", "agent") | ("hand-over", "to") => {
            source("agent list", "/sessions", "/who/agent")
        }
        ("coord://why/{about}", "about")
        | ("edit-safely", "path")
        | ("resolve-conflict", "about") => source("locks", "/locks", "/key"),
        ("review", "branch") => source("feature list", "/features", "/id"),
        _ => return None,
    })
}

impl Source {
    /// The values that begin as typed, each once.
    pub fn values(&self, answer: &Value, typed: &str) -> CompletionInfo {
        let items = answer.pointer(self.list).and_then(Value::as_array);
        let values = items
            .into_iter()
            .flatten()
            .filter_map(|item| item.pointer(self.value)?.as_str())
            .filter(|value| value.starts_with(typed));
        let mut values: Vec<String> = values.map(str::to_owned).collect();
        values.sort();
        values.dedup();
        let total = u32::try_from(values.len()).ok();
        let has_more = values.len() > CompletionInfo::MAX_VALUES;
        values.truncate(CompletionInfo::MAX_VALUES);
        CompletionInfo::with_pagination(values, total, has_more).unwrap_or_default()
    }
}
