//! What clap says about wrong use, in this program's own form: what is wrong, and what to do.

use clap::error::{ContextKind, ContextValue};

use crate::coord::Failure;

/// A parse error as a failure; the same words in text and in JSON.
pub(super) fn failure(error: &clap::Error) -> Failure {
    let text = error.render().to_string();
    let text = text.strip_prefix("error: ").unwrap_or(&text);
    // The first paragraph says what is wrong; tips and usage follow.
    let first = text.split("\n\n").next().unwrap_or_default();
    let lines: Vec<&str> = first
        .lines()
        .map(str::trim)
        .filter(|line| !line.is_empty())
        .collect();
    Failure::usage(lines.join(" "), hint(error))
}

fn hint(error: &clap::Error) -> String {
    let suggestions = [
        ContextKind::SuggestedSubcommand,
        ContextKind::SuggestedArg,
        ContextKind::SuggestedValue,
    ];
    let meant: Vec<String> = suggestions
        .into_iter()
        .filter_map(|kind| error.get(kind))
        .flat_map(words)
        .map(|word| format!("`{word}`"))
        .collect();
    if !meant.is_empty() {
        return format!("did you mean {}?", meant.join(" or "));
    }
    match error.get(ContextKind::Usage) {
        Some(ContextValue::StyledStr(usage)) => {
            let usage = usage.to_string();
            let usage = usage.trim_start_matches("Usage:").trim();
            // Only the first form; the help has them all.
            let usage = usage.lines().next().unwrap_or_default();
            format!("use it as `{usage}`; `{}` explains", help(usage))
        }
        _ => "`git coord help` explains".into(),
    }
}

/// `git coord help lock` for the usage of `lock`.
fn help(usage: &str) -> String {
    let is_name = |word: &&str| word.starts_with(|c: char| c.is_ascii_lowercase());
    let names = usage.split(' ').take_while(is_name).skip(2);
    ["git", "coord", "help"]
        .into_iter()
        .chain(names)
        .collect::<Vec<_>>()
        .join(" ")
}

fn words(value: &ContextValue) -> Vec<String> {
    match value {
        ContextValue::String(word) => vec![word.clone()],
        ContextValue::Strings(words) => words.iter().rev().take(3).cloned().collect(),
        _ => Vec::new(),
    }
}
