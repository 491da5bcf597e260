//! Keys on what is not a file: an interface, a table, an event, a flag.
//!
//! Each prefix has one canonical form, so that two ways of writing one thing exclude each other.
//! Reading is lenient here; whether leniency is allowed is the caller's decision.

use super::error::KeyError;
use super::path::clean;
use super::text::shown;
use crate::model::id::Id;
use crate::model::limits::KEY_BYTES_MAX;
use crate::model::object_id::ObjectId;
use crate::model::queue::{CHECKS, CheckId};
use crate::model::task::CLAIMS;

/// The prefixes that every repository has.
pub const PREFIXES: [&str; 7] = ["api", "db", "event", "flag", "env", "contract", "feature"];

/// What follows the name of a feature in the key whose lock stops work on it.
pub(super) const PAUSE: &str = ":pause";

/// Longest prefix, in bytes.
const PREFIX_BYTES_MAX: usize = 32;

/// A key with a prefix, in canonical form.
///
/// A `*` at the end, alone or after a separator, covers everything that begins with what is
/// before it. `api:* /path` is every method on that path.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct LogicalKey {
    prefix: String,
    value: String,
}

impl LogicalKey {
    /// Returns the key for `value` under `prefix`, brought into canonical form.
    ///
    /// A prefix that is not in [`PREFIXES`] is a team's own: its values are only trimmed, and
    /// runs of blanks in them folded.
    pub fn new(prefix: &str, value: &str) -> Result<LogicalKey, KeyError> {
        let text = || shown(format!("{prefix}:{value}").as_bytes());
        let rule = rule(prefix);
        let wrong = |why| KeyError::Logical {
            text: text(),
            why,
            example: rule.example,
        };
        if !is_prefix(prefix) {
            return Err(wrong(
                "a prefix has lower-case letters, digits and `-`, 32 at most",
            ));
        }
        if clean(value.trim().as_bytes()).is_none() {
            return Err(wrong("it has a control or an invisible character"));
        }
        let folded = value.split_whitespace().collect::<Vec<_>>().join(" ");
        if folded.is_empty() {
            return Err(wrong("nothing follows the prefix"));
        }
        let value = (rule.canonical)(&folded).map_err(wrong)?;
        let key = LogicalKey {
            prefix: prefix.to_owned(),
            value,
        };
        let bytes = key.prefix.len() + 1 + key.value.len();
        if bytes > KEY_BYTES_MAX {
            return Err(KeyError::TooLong {
                text: text(),
                bytes,
            });
        }
        let (_, value) = key.parts();
        if let Some(at) = value.find('*') {
            let bounded = at == 0 || rule.separators.contains(&value.as_bytes()[at - 1]);
            if at + 1 < value.len() || !bounded {
                return Err(wrong("a `*` can only be last, alone or after a separator"));
            }
        }
        Ok(key)
    }

    /// The key that the claim of a task locks. Its prefix is ours: nobody types such a key.
    pub(super) fn claim_of_task(id: &Id) -> LogicalKey {
        LogicalKey {
            prefix: CLAIMS.to_owned(),
            value: id.to_string(),
        }
    }

    /// The key that is locked while a check runs on a tree. Its prefix is ours too.
    pub(super) fn run_of_check(tree: &ObjectId, check: &CheckId) -> LogicalKey {
        LogicalKey {
            prefix: CHECKS.to_owned(),
            value: format!("{tree}-{check}"),
        }
    }

    /// The tree that is checked by this check while this key is locked.
    pub fn checked_tree(&self, check: &CheckId) -> Option<ObjectId> {
        let value = self.value.strip_suffix(check.as_str())?;
        let tree = value.strip_suffix('-')?;
        (self.prefix == CHECKS).then(|| tree.parse().ok())?
    }

    /// The key whose lock stops work on a feature.
    pub(super) fn pause_of_feature(id: &Id) -> LogicalKey {
        LogicalKey {
            prefix: "feature".to_owned(),
            value: format!("{id}{PAUSE}"),
        }
    }

    /// Returns what is before the first colon.
    pub fn prefix(&self) -> &str {
        &self.prefix
    }

    /// Returns what is after the first colon, in canonical form.
    pub fn value(&self) -> &str {
        &self.value
    }

    /// Says whether both can mean the same thing.
    pub fn overlaps(&self, other: &LogicalKey) -> bool {
        let ((method, value), (other_method, other_value)) = (self.parts(), other.parts());
        self.prefix == other.prefix
            && (method == other_method || method == Some("*") || other_method == Some("*"))
            && match (stem(value), stem(other_value)) {
                (None, None) => value == other_value,
                (Some(stem), None) => other_value.starts_with(stem),
                (None, Some(stem)) => value.starts_with(stem),
                (Some(one), Some(two)) => one.starts_with(two) || two.starts_with(one),
            }
    }

    /// Returns the wildcard keys other than this one that cover it whole.
    pub fn wildcards(&self) -> Vec<LogicalKey> {
        let (method, value) = self.parts();
        let end = stem(value).map_or(value.len(), str::len);
        let separators = rule(&self.prefix).separators;
        let bounds = (0..=end).filter(|&at| match at {
            0 => method.is_none(),
            _ => separators.contains(&value.as_bytes()[at - 1]),
        });
        let mut values: Vec<String> = bounds.map(|at| format!("{}*", &value[..at])).collect();
        if let Some(method) = method {
            values.push(value.to_owned());
            values = ["*", method]
                .iter()
                .flat_map(|method| values.iter().map(move |path| format!("{method} {path}")))
                .collect();
        }
        values.sort();
        values.dedup();
        // What is not canonical, or too long, is nobody's key.
        let keys = values.iter().filter_map(|value| {
            Self::new(&self.prefix, value)
                .ok()
                .filter(|key| key.value == *value && key != self)
        });
        keys.collect()
    }

    /// Returns the values of the same prefix under which every other key that overlaps this one
    /// is found, as whole components between slashes; nothing if only [`Self::wildcards`] do.
    pub(super) fn below(&self) -> Vec<Vec<&str>> {
        let (method, value) = self.parts();
        if method == Some("*") {
            return vec![Vec::new()];
        }
        let Some(stem) = stem(value) else {
            return Vec::new();
        };
        let mut levels: Vec<&str> = stem.split('/').collect();
        levels.pop();
        match method {
            None => vec![levels],
            // The component before the first slash holds the method and its blank.
            Some(method) => [&self.value[..=method.len()], "* "]
                .map(|first| [&[first], &levels[1..]].concat())
                .to_vec(),
        }
    }

    /// Returns the method, for `api` only, and the part that a wildcard applies to.
    fn parts(&self) -> (Option<&str>, &str) {
        match self.value.split_once(' ') {
            Some((method, path)) if self.prefix == "api" => (Some(method), path),
            _ => (None, &self.value),
        }
    }
}

/// Returns what a wildcard's matches begin with.
fn stem(value: &str) -> Option<&str> {
    value.strip_suffix('*')
}

/// Splits at the first colon, if what is before it looks like a prefix in any case.
pub(super) fn split_prefix(text: &[u8]) -> Option<(&str, &[u8])> {
    let colon = text.iter().position(|&byte| byte == b':')?;
    let prefix = str::from_utf8(&text[..colon]).ok()?;
    let named = prefix.starts_with(|c: char| c.is_ascii_alphabetic())
        && prefix
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || byte == b'-');
    named.then_some((prefix, &text[colon + 1..]))
}

/// Says whether `prefix` can be a prefix, known or a team's own.
pub fn is_prefix(prefix: &str) -> bool {
    prefix.len() <= PREFIX_BYTES_MAX
        && prefix.starts_with(|c: char| c.is_ascii_lowercase())
        && prefix
            .bytes()
            .all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-')
}

/// What is particular to one prefix.
struct Rule {
    /// Brings a trimmed and folded value into canonical form, or says what is wrong with it.
    canonical: fn(&str) -> Result<String, &'static str>,
    /// Bytes after which a `*` may stand.
    separators: &'static [u8],
    /// A right key, for messages.
    example: &'static str,
}

/// Returns the rule of a known prefix, or that of all others.
fn rule(prefix: &str) -> Rule {
    let rule = |canonical, separators, example| Rule {
        canonical,
        separators,
        example,
    };
    match prefix {
        "api" => rule(api, b"/", "api:GET /v1/users"),
        "db" => rule(db, b":.", "db:schema:users"),
        "event" => rule(event, b".", "event:user.created"),
        "flag" => rule(flag, b"/.-", "flag:billing/dark-mode"),
        "env" => rule(env, b"_-.", "env:database_url"),
        "contract" => rule(contract, b"/", "contract:openapi/v1.yaml"),
        "feature" => rule(feature, b":/", "feature:add-login:pause"),
        _ => rule(|value| Ok(value.to_owned()), b"/.:", "prefix:value"),
    }
}

fn api(value: &str) -> Result<String, &'static str> {
    let (method, path) = match value.split_once(' ') {
        Some((method, path)) => (method, path),
        None if value == "*" || value.starts_with('/') => ("*", value),
        None => return Err("it needs a method and a path"),
    };
    if method != "*"
        && !method
            .bytes()
            .all(|byte| byte.is_ascii_alphabetic() || byte == b'-')
    {
        return Err("the method is one word");
    }
    let path = match path {
        "*" => "/*",
        _ if !path.starts_with('/') => return Err("the path begins with `/`"),
        _ => path.trim_end_matches(['/', ' ']),
    };
    let path = if path.is_empty() { "/" } else { path };
    Ok(format!("{} {path}", method.to_ascii_uppercase()))
}

fn db(value: &str) -> Result<String, &'static str> {
    let value = value.to_ascii_lowercase();
    if matches!(value.as_str(), "migration-slot" | "*") {
        return Ok(value);
    }
    let table = value.strip_prefix("schema:").unwrap_or(&value);
    word(
        table,
        b"_.",
        "`db:` takes `migration-slot` or `schema:` and a table's name",
    )?;
    Ok(format!("schema:{table}"))
}

fn event(value: &str) -> Result<String, &'static str> {
    let value = value.to_ascii_lowercase();
    word(
        &value,
        b"._-",
        "an event has letters, digits, `.`, `_` and `-`",
    )?;
    Ok(value)
}

fn flag(value: &str) -> Result<String, &'static str> {
    let value = value.to_ascii_lowercase();
    word(
        &value,
        b"/._-",
        "a flag has letters, digits, `/`, `.`, `_` and `-`",
    )?;
    Ok(value)
}

fn env(value: &str) -> Result<String, &'static str> {
    let value = value.to_ascii_lowercase();
    let why = "a variable has letters, digits, `_`, `-` and `.`";
    word(value.trim_start_matches('_'), b"_-.", why)?;
    Ok(value)
}

fn contract(value: &str) -> Result<String, &'static str> {
    let mut path = value;
    while let Some(rest) = path.strip_prefix("./") {
        path = rest.trim_start_matches(['/', ' ']);
    }
    let path = path.trim_end_matches(['/', ' ']);
    match path {
        "" | "." => Err("a contract is named by its path"),
        _ if path.split('/').any(|part| part == "..") => Err("a contract's path has no `..`"),
        _ if path.starts_with('/') => Err("a contract's path is relative"),
        _ => Ok(path.to_owned()),
    }
}

fn feature(value: &str) -> Result<String, &'static str> {
    let fits = |byte: u8| byte.is_ascii_alphanumeric() || b"._/:*-".contains(&byte);
    if !value.bytes().all(fits) || value.starts_with(':') || value.ends_with(':') {
        return Err("a feature has an id, and perhaps `:` and a purpose");
    }
    Ok(match value.rsplit_once(':') {
        Some((id, purpose)) => format!("{id}:{}", purpose.to_ascii_lowercase()),
        None => value.to_owned(),
    })
}

/// Checks a lower-case name that begins with a letter and may end in a wildcard.
fn word(name: &str, marks: &[u8], why: &'static str) -> Result<(), &'static str> {
    let fits = |byte: u8| {
        byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'*' || marks.contains(&byte)
    };
    let begins = name.starts_with(|c: char| c.is_ascii_lowercase() || c == '*');
    if begins && name.bytes().all(fits) {
        Ok(())
    } else {
        Err(why)
    }
}
