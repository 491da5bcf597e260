//! Which check was run, and what for.

use std::fmt;
use std::str::FromStr;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::super::id::Id;
use super::super::object_id::ObjectId;

/// The identity of a check: what is run, and what else its outcome may depend on. Two runs of one
/// check on one tree answer the same question.
#[derive(
    Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
#[serde(try_from = "String")]
#[schemars(with = "String", extend("minLength" = 16, "maxLength" = 16))]
pub struct CheckId(String);

/// A text that is no identity of a check.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is no check: 16 lower-case hexadecimal digits")]
pub struct BadCheckId(String);

impl CheckId {
    /// The identity of these commands, run one after the other, in this environment: the system,
    /// the machine's kind, and what the team says about its tools.
    pub fn new(commands: &[String], environment: &[&str]) -> Self {
        let mut hash = Sha256::new();
        let mut part = |text: &str| {
            hash.update((text.len() as u64).to_be_bytes());
            hash.update(text.as_bytes());
        };
        part(&commands.len().to_string());
        commands.iter().for_each(|command| part(command));
        environment.iter().for_each(|text| part(text));
        let digest = hash.finalize();
        Self(
            digest[..8]
                .iter()
                .map(|byte| format!("{byte:02x}"))
                .collect(),
        )
    }

    /// The digits.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl TryFrom<String> for CheckId {
    type Error = BadCheckId;

    fn try_from(text: String) -> Result<Self, BadCheckId> {
        let is_digit = |byte: u8| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte);
        if text.len() == 16 && text.bytes().all(is_digit) {
            Ok(Self(text))
        } else {
            Err(BadCheckId(text.escape_debug().take(80).collect()))
        }
    }
}

impl FromStr for CheckId {
    type Err = BadCheckId;

    fn from_str(text: &str) -> Result<Self, BadCheckId> {
        text.to_owned().try_into()
    }
}

impl fmt::Display for CheckId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// What a run is for.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Purpose {
    /// Whether the target itself passes.
    Base,
    /// Whether one entry passes alone, on this commit of the target.
    Isolate {
        /// The entry.
        id: Id,
        /// Its sealed commit.
        sealed: ObjectId,
        /// The commit of the target.
        onto: ObjectId,
        /// The tree of what it was merged onto: of that commit, with what the entry comes after.
        before: ObjectId,
    },
    /// Whether these pass together, in this order. If so they land.
    Certify {
        /// The entries.
        ids: Vec<Id>,
    },
}

#[cfg(test)]
mod tests {
    use super::CheckId;

    #[test]
    fn a_check_is_its_commands_and_its_environment() {
        let id = |commands: &[&str], environment: &[&str]| {
            let commands: Vec<String> = commands.iter().map(|text| text.to_string()).collect();
            CheckId::new(&commands, environment)
        };
        let plain = id(&["make"], &["linux"]);
        assert_eq!(plain, id(&["make"], &["linux"]));
        assert_eq!(Ok(plain.clone()), plain.as_str().parse());
        for other in [
            id(&["make", ""], &["linux"]),
            id(&["make"], &["linux", ""]),
            id(&["make", "linux"], &[]),
            id(&["makelinux"], &[]),
            id(&["make"], &["macos"]),
        ] {
            assert_ne!(plain, other);
        }
    }
}
