//! Who acts, and the identity of what they do.

use std::fmt;
use std::str::FromStr;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::limits::NAME_BYTES_MAX;

/// A name that broke the rules for names.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "`{0}` is no name: use 1 to {NAME_BYTES_MAX} letters, digits and `. _ - @ +`, beginning with a \
     letter or a digit"
)]
pub struct BadName(String);

fn check_name(text: &str) -> Result<(), BadName> {
    let mut bytes = text.bytes();
    let is_name = text.len() <= NAME_BYTES_MAX
        && bytes
            .next()
            .is_some_and(|first| first.is_ascii_alphanumeric())
        && bytes.all(|byte| byte.is_ascii_alphanumeric() || b"._-@+".contains(&byte));
    if is_name {
        Ok(())
    } else {
        Err(BadName(text.escape_debug().take(80).collect()))
    }
}

macro_rules! name {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
        #[serde(try_from = "String")]
        #[schemars(with = "String", extend("minLength" = 1, "maxLength" = 64))]
        pub struct $name(String);

        impl $name {
            /// The name itself.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl TryFrom<String> for $name {
            type Error = BadName;

            fn try_from(text: String) -> Result<Self, BadName> {
                check_name(&text).map(|()| Self(text))
            }
        }

        impl FromStr for $name {
            type Err = BadName;

            fn from_str(text: &str) -> Result<Self, BadName> {
                text.to_owned().try_into()
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }
    };
}

name!(
    /// Who acts: a person or a coding agent.
    AgentName
);
name!(
    /// One run of an agent; a lock belongs to agent *and* session.
    SessionName
);

/// An agent in one of its sessions: the owner of what it takes.
#[derive(
    Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
pub struct Actor {
    /// Who acts.
    pub agent: AgentName,
    /// In which run.
    pub session: SessionName,
}

impl fmt::Display for Actor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} (session {})", self.agent, self.session)
    }
}

/// The identity of one operation; sorts by the time it was made.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
#[serde(try_from = "String", into = "String")]
#[schemars(with = "String", extend("minLength" = 26, "maxLength" = 26))]
pub struct OpId(ulid::Ulid);

impl OpId {
    /// Wraps a fresh id; the edge makes one for each request.
    pub fn new(id: ulid::Ulid) -> Self {
        Self(id)
    }
}

impl fmt::Display for OpId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl From<OpId> for String {
    fn from(id: OpId) -> Self {
        id.to_string()
    }
}

impl TryFrom<String> for OpId {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        ulid::Ulid::from_string(&text)
            .map(Self)
            .map_err(|_| format!("`{}` is no operation id", text.escape_debug()))
    }
}

#[cfg(test)]
mod tests {
    use super::AgentName;

    #[test]
    fn names_are_checked() {
        for good in ["a", "claude-1", "jane.doe@host", "x+y_z"] {
            assert!(good.parse::<AgentName>().is_ok(), "{good}");
        }
        for bad in ["", "-x", ".x", "a b", "a/b", "é", "a\n", &"x".repeat(65)] {
            assert!(bad.parse::<AgentName>().is_err(), "{bad:?}");
        }
    }
}
