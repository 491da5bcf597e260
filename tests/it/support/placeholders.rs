//! Replaces what differs from run to run, so that a snapshot holds only what was meant.
//!
//! The patterns are generous on purpose. A hexadecimal word of seven letters or more counts as an
//! object id, for an abbreviated id may by chance consist of digits alone or of letters alone, and
//! a pattern that misses those would fail one run in some dozens.

use std::path::Path;
use std::sync::LazyLock;

use regex::Regex;

/// Patterns and their placeholders, in the order in which they are applied.
///
/// Times come before durations and ids, which would match their parts.
static PATTERNS: LazyLock<Vec<(Regex, &str)>> = LazyLock::new(|| {
    let unit = "(?:ns|us|ms|s|m|h|d|secs?|seconds?|mins?|minutes?|hours?|days?|weeks?)";
    [
        (r"(127\.0\.0\.1|localhost):\d+".to_owned(), "$1:[port]"),
        (
            r"\b\d{4}-\d\d-\d\d[T ]\d\d:\d\d(:\d\d(\.\d+)?)?( ?(Z|UTC)\b|[+-]\d\d:?\d\d)?".into(),
            "[time]",
        ),
        (r"\b[0-7][0-9A-HJKMNP-TV-Z]{25}\b".into(), "[ulid]"),
        (r"\b[0-9a-f]{7,64}\b".into(), "[oid]"),
        (
            format!(r"\b\d+(\.\d+)? ?{unit}\b( \d+ ?{unit}\b)*"),
            "[duration]",
        ),
    ]
    .map(|(pattern, name)| (Regex::new(&pattern).unwrap(), name))
    .into()
});

/// Returns `text` with paths, ports, times, ids and durations replaced, and no trailing blanks.
///
/// Git pads what a server says with blanks, and no editor keeps those in a snapshot.
pub fn placeholders(text: &str, sandbox: &Path) -> String {
    let lines: Vec<_> = text.lines().map(str::trim_end).collect();
    let text = lines
        .join("\n")
        .replace(sandbox.to_str().unwrap(), "[sandbox]");
    PATTERNS.iter().fold(text, |text, (pattern, name)| {
        pattern.replace_all(&text, *name).into_owned()
    })
}
