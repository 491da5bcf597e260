//! Names of branches, by git's own rules.

use std::fmt;
use std::str::FromStr;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::limits::COMPONENT_BYTES_MAX;
use super::text::shown;

/// The name of a branch without `refs/heads/`, as `git check-ref-format` allows it, at most 200 bytes
/// long and with nothing in it that a terminal takes for more than a letter. It never looks like an option, and can stand in a refspec.
#[derive(
    Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
#[serde(try_from = "String")]
#[schemars(with = "String", extend("minLength" = 1, "maxLength" = 200))]
pub struct Branch(String);

/// A text that is no name of a branch.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is no name of a branch, by the rules of `git check-ref-format`")]
pub struct BadBranch(String);

impl Branch {
    /// The name.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The ref of this branch in the repository that has it.
    pub fn full(&self) -> String {
        format!("refs/heads/{}", self.0)
    }
}

/// The rules of `git check-ref-format --branch`
/// (<https://git-scm.com/docs/git-check-ref-format>).
fn is_branch(name: &str) -> bool {
    let is_plain = |c: char| !c.is_ascii_control() && !" ~^:?*[\\".contains(c);
    let is_part =
        |part: &str| !part.is_empty() && !part.starts_with('.') && !part.ends_with(".lock");
    name.len() <= COMPONENT_BYTES_MAX
        && !name.starts_with('-')
        && name != "HEAD"
        && name != "@"
        && !name.ends_with('.')
        && !name.contains("..")
        && !name.contains("@{")
        && name.chars().all(is_plain)
        && shown(name) == name
        && name.split('/').all(is_part)
}

impl TryFrom<String> for Branch {
    type Error = BadBranch;

    fn try_from(text: String) -> Result<Self, BadBranch> {
        if is_branch(&text) {
            Ok(Self(text))
        } else {
            Err(BadBranch(text.escape_debug().take(80).collect()))
        }
    }
}

impl FromStr for Branch {
    type Err = BadBranch;

    fn from_str(text: &str) -> Result<Self, BadBranch> {
        let short = text.strip_prefix("refs/heads/").unwrap_or(text);
        short.to_owned().try_into()
    }
}

impl fmt::Display for Branch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::Branch;

    #[test]
    fn names_follow_the_rules_of_git() {
        for good in [
            "main",
            "feat/x",
            "release-1.2",
            "a@b",
            "größe",
            "refs/heads/x",
        ] {
            assert!(good.parse::<Branch>().is_ok(), "{good}");
        }
        let long = "x".repeat(201);
        for bad in [
            "",
            "-x",
            "HEAD",
            "@",
            "a b",
            "a..b",
            "a/",
            "/a",
            "a//b",
            ".a",
            "a/.b",
            "a.lock",
            "a.",
            "a@{1}",
            "a~1",
            "a^",
            "a:b",
            "a?",
            "a*",
            "a[",
            "a\\b",
            "a\nb",
            "a\u{9b}b",
            "a\u{202e}b",
            &long,
        ] {
            assert!(bad.parse::<Branch>().is_err(), "{bad:?}");
        }
    }
}
