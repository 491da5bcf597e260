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

    /// What it is made of.
    pub fn ulid(self) -> ulid::Ulid {
        self.0
    }
}

/// The name of a task, a handoff, a memory or a message: short, since people and agents type it. A
/// beginning that only one of them has is enough to name it.
#[derive(
    Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
#[serde(try_from = "String")]
#[schemars(with = "String", extend("minLength" = 1, "maxLength" = 64))]
pub struct Id(String);

/// A text that names nothing.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "`{0}` is no id: use 1 to {NAME_BYTES_MAX} lower-case letters, digits and `-`, beginning with a \
     letter or a digit"
)]
pub struct BadId(String);

impl Id {
    /// The `n`th id of an operation: eight hexadecimal digits, spread evenly. Whoever makes one
    /// looks whether it is taken, and then asks for the next.
    pub fn of_op(op: OpId, n: u32) -> Self {
        // The golden ratio keeps neighbours apart.
        let spread = n.wrapping_mul(0x9e37_79b9);
        Self(format!(
            "{:08x}",
            (op.0.random() as u32).wrapping_add(spread)
        ))
    }

    /// The id of a text that is to be known again, such as an idempotency key.
    pub fn of_text(text: &str) -> Self {
        Self(format!("{:016x}", fnv(text.as_bytes())))
    }

    /// The id itself.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Two hexadecimal digits that spread ids over directories: the last ones of the 64-bit FNV-1a
    /// of the id.
    pub fn fan(&self) -> String {
        format!("{:02x}", fnv(self.0.as_bytes()) & 0xff)
    }
}

/// 64-bit FNV-1a (<http://www.isthe.com/chongo/tech/comp/fnv/>).
fn fnv(bytes: &[u8]) -> u64 {
    bytes.iter().fold(0xcbf2_9ce4_8422_2325, |hash, byte| {
        (hash ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3)
    })
}

impl TryFrom<String> for Id {
    type Error = BadId;

    fn try_from(text: String) -> Result<Self, BadId> {
        let is_plain = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit();
        let is_id = text.len() <= NAME_BYTES_MAX
            && text.bytes().next().is_some_and(is_plain)
            && text.bytes().all(|byte| is_plain(byte) || byte == b'-');
        if is_id {
            Ok(Self(text))
        } else {
            Err(BadId(text.escape_debug().take(80).collect()))
        }
    }
}

impl FromStr for Id {
    type Err = BadId;

    fn from_str(text: &str) -> Result<Self, BadId> {
        text.to_owned().try_into()
    }
}

impl fmt::Display for Id {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
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
    use super::{AgentName, Id, OpId};

    #[test]
    fn ids_are_checked_and_spread() {
        for good in ["a", "3f2a91c4", "parse-config", "0-0"] {
            assert!(good.parse::<Id>().is_ok(), "{good}");
        }
        for bad in ["", "-x", "A", "a b", "a/b", "a_b", "é", &"x".repeat(65)] {
            assert!(bad.parse::<Id>().is_err(), "{bad:?}");
        }
        let op = OpId::new(ulid::Ulid::from_parts(1, u128::from(u32::MAX)));
        let ids: std::collections::BTreeSet<Id> = (0..1000).map(|n| Id::of_op(op, n)).collect();
        assert_eq!(ids.len(), 1000);
        let fans: std::collections::BTreeSet<String> = ids.iter().map(Id::fan).collect();
        assert!(fans.len() > 240, "{}", fans.len());
        assert_eq!(Id::of_text("a").as_str(), "af63dc4c8601ec8c");
    }

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
