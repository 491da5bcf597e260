//! From typed words to the values of a request.

use std::collections::BTreeSet;

use crate::coord::Failure;
use crate::env;
use crate::model::limits::RECORD_BYTES_MAX;
use crate::model::text::Word;
use crate::model::time::Timestamp;

use super::super::Caller;
use super::Context;

/// Reads one value; the name of its option goes into the error.
pub(super) fn value<T>(text: &str, option: &str) -> Result<T, Failure>
where
    T: std::str::FromStr,
    T::Err: std::fmt::Display,
{
    let wrong =
        |why: T::Err| Failure::usage(format!("{option}: {why}"), "see `git coord help task`");
    text.parse().map_err(wrong)
}

/// Reads an optional value.
pub(super) fn optional<T>(text: Option<&str>, option: &str) -> Result<Option<T>, Failure>
where
    T: std::str::FromStr,
    T::Err: std::fmt::Display,
{
    text.map(|text| value(text, option)).transpose()
}

/// Reads words, also several in one text with commas between them.
pub(super) fn words(texts: &[String], option: &str) -> Result<BTreeSet<Word>, Failure> {
    let words = texts.iter().flat_map(|text| text.split(','));
    let words = words.map(str::trim).filter(|word| !word.is_empty());
    words.map(|word| value(word, option)).collect()
}

/// A long text: as it stands, and at a command line `@FILE` for what is in a file, `-` for standard
/// input.
pub(super) fn content(context: &Context<'_>, text: &str, option: &str) -> Result<String, Failure> {
    if let Caller::Remote(_) = context.caller {
        return Ok(text.to_owned());
    }
    let most = u64::try_from(RECORD_BYTES_MAX).unwrap_or(u64::MAX);
    let named = match text.strip_prefix('@') {
        Some(rest) if rest.starts_with('@') => return Ok(rest.to_owned()),
        Some(file) => file,
        None if text == "-" => text,
        None => return Ok(text.to_owned()),
    };
    context.read(named, most).map_err(|why| {
        Failure::usage(
            format!("{option}: {why}"),
            "name a file of text after `@`; `@@…` is a text that begins with one `@`",
        )
    })
}

/// A moment: a length of time from now, a day, or a time.
pub(super) fn moment(text: &str, option: &str) -> Result<Timestamp, Failure> {
    if let Ok(length) = humantime::parse_duration(text) {
        return Ok(env::now().plus_secs(length.as_secs()));
    }
    // A day is over at its end.
    let whole = match text.len() {
        10 => format!("{text}T23:59:59Z"),
        _ => text.to_owned(),
    };
    chrono::DateTime::parse_from_rfc3339(&whole)
        .map(|at| Timestamp::new(at.to_utc()))
        .map_err(|_| {
            let what = format!("{option}: `{}` is no time", text.escape_debug());
            Failure::usage(
                what,
                "write it as `2h`, `2026-01-31` or `2026-01-31T12:00:00Z`",
            )
        })
}
