//! Who pushes, as far as the server knows, and for which agents that person may act.

use std::collections::BTreeSet;
use std::fmt;

use crate::env;
use crate::model::id::AgentName;
use crate::store::Config;

/// Variables in which servers name the pusher, the most telling first.
const VARIABLES: &[&str] = &[
    "COORD_PUSHER",
    "GL_USERNAME",
    "GITEA_PUSHER_NAME",
    "REMOTE_USER",
    "GL_ID",
];

/// Who pushes.
#[derive(Debug)]
pub(super) enum Pusher {
    /// The server knows.
    Known {
        name: String,
        /// Names of agents, or beginnings of them followed by `*`.
        agents: Vec<String>,
    },
    /// It does not: what commits say of themselves is all there is, and it is a claim.
    Unknown { claimed: BTreeSet<AgentName> },
}

impl Pusher {
    pub(super) fn find(config: &Config) -> Self {
        let Some(name) = VARIABLES.iter().find_map(|name| env::var(name)) else {
            return Self::Unknown {
                claimed: BTreeSet::new(),
            };
        };
        let agents = match config.all(&format!("coord.pusher.{name}.agent")) {
            [] => vec![name.clone()],
            named => named.to_vec(),
        };
        Self::Known { name, agents }
    }

    /// Whether the pusher may speak for an agent.
    pub(super) fn is(&self, agent: &AgentName) -> bool {
        match self {
            Self::Known { agents, .. } => agents.iter().any(|rule| matches(rule, agent.as_str())),
            Self::Unknown { claimed } => claimed.contains(agent),
        }
    }

    /// Takes a claim along, where there is nothing better.
    pub(super) fn claim(&mut self, agent: AgentName) {
        if let Self::Unknown { claimed } = self {
            claimed.insert(agent);
        }
    }
}

impl fmt::Display for Pusher {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Known { name, agents } => {
                write!(f, "{name} pushes, and acts for {}", agents.join(", "))
            }
            Self::Unknown { .. } => f.write_str(
                "this server does not know who pushes; it goes by the `Coord-Agent:` trailers of \
                 the commits",
            ),
        }
    }
}

fn matches(rule: &str, agent: &str) -> bool {
    match rule.strip_suffix('*') {
        Some(beginning) => agent.starts_with(beginning),
        None => agent == rule,
    }
}

#[cfg(test)]
mod tests {
    use super::matches;

    #[test]
    fn rules() {
        for (rule, agent, is) in [
            ("alice", "alice", true),
            ("alice", "alice2", false),
            ("alice*", "alice2", true),
            ("alice*", "alic", false),
            ("*", "anybody", true),
            ("", "alice", false),
            ("a*e", "alice", false),
        ] {
            assert_eq!(matches(rule, agent), is, "{rule} {agent}");
        }
    }
}
