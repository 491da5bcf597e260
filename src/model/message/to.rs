//! To whom a message is, and where that one looks.

use std::fmt;
use std::str::FromStr;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::model::id::{Actor, AgentName, Id};
use crate::model::place::{Place, encode_component};
use crate::model::text::Word;

use super::MESSAGES;

/// To whom a message is: `alice`, `alice/s1`, `role:reviewer`, or `all`.
#[derive(
    Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
#[serde(try_from = "String", into = "String")]
#[schemars(with = "String", extend("minLength" = 1, "maxLength" = 129))]
pub enum To {
    /// Everybody but the sender.
    All,
    /// An agent, whichever of its sessions reads it.
    Agent(AgentName),
    /// One session.
    Session(Actor),
    /// Whoever has this capability.
    Role(Word),
}

impl To {
    /// The directory in which the receiver looks.
    pub fn dir(&self) -> String {
        match self {
            Self::All => format!("{MESSAGES}/all"),
            Self::Agent(agent) | Self::Session(Actor { agent, .. }) => {
                let agent = encode_component(agent.as_str().as_bytes());
                format!("{MESSAGES}/to/{agent}")
            }
            Self::Role(role) => {
                let role = encode_component(role.as_str().as_bytes());
                format!("{MESSAGES}/role/{role}")
            }
        }
    }

    /// Where a message of this name to it stands.
    pub fn place(&self, id: &Id) -> Place {
        Place::encoded(format!("{}/{id}.json", self.dir()))
    }

    /// Whether a message to it is for this session, which has these capabilities.
    pub fn is_for(&self, me: &Actor, has: impl Fn(&Word) -> bool) -> bool {
        match self {
            Self::All => true,
            Self::Agent(agent) => *agent == me.agent,
            Self::Session(actor) => actor == me,
            Self::Role(role) => has(role),
        }
    }
}

impl FromStr for To {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        if text == "all" {
            return Ok(Self::All);
        }
        if let Some(role) = text.strip_prefix("role:") {
            let role = role.parse::<Word>();
            return role.map(Self::Role).map_err(|why| why.to_string());
        }
        match text.split_once('/') {
            Some((agent, session)) => Ok(Self::Session(Actor {
                agent: agent.parse().map_err(|why| format!("{why}"))?,
                session: session.parse().map_err(|why| format!("{why}"))?,
            })),
            None => text.parse().map(Self::Agent).map_err(|why| why.to_string()),
        }
    }
}

impl TryFrom<String> for To {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        text.parse()
    }
}

impl fmt::Display for To {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::All => f.write_str("all"),
            Self::Agent(agent) => agent.fmt(f),
            Self::Session(Actor { agent, session }) => write!(f, "{agent}/{session}"),
            Self::Role(role) => write!(f, "role:{role}"),
        }
    }
}

impl From<To> for String {
    fn from(to: To) -> Self {
        to.to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::To;
    use crate::model::id::Actor;

    #[test]
    fn receivers_are_written_as_they_are_read() {
        let cases = [
            ("all", "messages/all/x.json"),
            ("alice", "messages/to/alice/x.json"),
            ("Alice/S1", "messages/to/^alice/x.json"),
            ("role:review", "messages/role/review/x.json"),
            ("role:a/b", "messages/role/a%2fb/x.json"),
        ];
        let id = "x".parse().expect("it is an id");
        for (text, place) in cases {
            let to: To = text.parse().expect(text);
            assert_eq!(to.to_string(), text);
            assert_eq!(to.place(&id).as_str(), place);
        }
        for bad in ["", "role:", "role:a b", "a/", "/a", "a/b/c", "a b"] {
            assert!(bad.parse::<To>().is_err(), "{bad:?}");
        }
    }

    #[test]
    fn a_message_is_for_whom_it_names() {
        let me = Actor {
            agent: "alice".parse().expect("a name"),
            session: "s1".parse().expect("a name"),
        };
        for (to, is_for) in [
            ("all", true),
            ("alice", true),
            ("alice/s1", true),
            ("alice/s2", false),
            ("bob", false),
            ("role:review", true),
            ("role:deploy", false),
        ] {
            let to: To = to.parse().expect("it is a receiver");
            assert_eq!(to.is_for(&me, |role| role.as_str() == "review"), is_for);
        }
    }
}
