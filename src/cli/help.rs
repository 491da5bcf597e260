//! `git coord help`: the same text as `--help`, which git turns into a manual page, and topics that
//! belong to no single command.

use clap::error::ErrorKind;

use crate::coord::Failure;

use super::{usage, whole};

/// What can be explained besides the commands.
const TOPICS: &[(&str, &str)] = &[
    ("exit-codes", include_str!("topics/exit-codes.txt")),
    ("github", include_str!("topics/github.txt")),
    ("identity", include_str!("topics/identity.txt")),
    ("json", include_str!("topics/json.txt")),
    ("keys", include_str!("topics/keys.txt")),
    ("relay", include_str!("topics/relay.txt")),
    ("settings", include_str!("topics/settings.txt")),
];

/// Explains a command, a topic, or everything.
///
/// # Errors
/// Usage, when there is no such thing.
pub(super) fn about(words: &[String]) -> Result<String, Failure> {
    if let [word] = words
        && let Some((_, text)) = TOPICS.iter().find(|(name, _)| name == word)
    {
        return Ok((*text).to_owned());
    }
    // The parser knows the commands, and what a misspelled one may have meant.
    let asked = std::iter::once("git-coord").chain(words.iter().map(String::as_str));
    match whole().try_get_matches_from(asked.chain(["--help"])) {
        Err(page) if page.kind() == ErrorKind::DisplayHelp => Ok(page.render().to_string()),
        Err(other) => Err(alike(words).unwrap_or_else(|| usage::failure(&other))),
        Ok(_) => Err(Failure::usage(
            "there is no help for that",
            "see `git coord help`",
        )),
    }
}

/// The failure for words that are nearly a topic: part of its name, or a longer form.
fn alike(words: &[String]) -> Option<Failure> {
    let [word] = words else { return None };
    let is_alike = |name: &str| {
        let word = word.to_ascii_lowercase().replace([' ', '_'], "-");
        word.len() > 2 && (name.contains(&word) || word.starts_with(name.trim_end_matches('s')))
    };
    let (name, _) = topics().find(|(name, _)| is_alike(name))?;
    let what = format!("there is no command or topic `{}`", word.escape_debug());
    Some(Failure::usage(
        what,
        format!("did you mean `git coord help {name}`?"),
    ))
}

/// The topics, by name.
pub(super) fn topics() -> impl Iterator<Item = (&'static str, &'static str)> {
    TOPICS.iter().copied()
}

/// The topics that a manual page has a section for, under the names that people look for there.
pub(super) fn manual_sections() -> impl Iterator<Item = (&'static str, &'static str)> {
    let title = |name| match name {
        "exit-codes" => "EXIT STATUS",
        "identity" => "ENVIRONMENT",
        "json" => "JSON",
        "keys" => "KEYS",
        "relay" => "REQUESTS ON BRANCHES",
        _ => "CONFIGURATION",
    };
    topics().map(move |(name, text)| (title(name), text))
}
