//! As whom a call acts: by the process or by the connection, never by what the call says.

use crate::coord::{Coord, Failure};

/// Who calls.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Who {
    /// Whoever was named when the server was started, or when its token was given out: `AGENT` or
    /// `AGENT/SESSION`.
    Named(String),
    /// The program that started this server and speaks with it alone. What its environment or its
    /// hooks do not say is filled in from how it introduced itself.
    Process {
        /// The name by which the client introduced itself.
        client: Option<String>,
        /// What tells this server from the others of this worktree.
        connection: String,
    },
    /// One of several clients, of whom nothing is known but what tells them apart. The session of
    /// whoever started the server is not theirs.
    Guest {
        /// The agent, where its token names one.
        agent: Option<String>,
        /// What tells it from the others.
        connection: String,
    },
}

impl Who {
    /// Makes this who acts in a clone.
    ///
    /// # Errors
    /// When a given name is none.
    pub fn act(&self, coord: &mut Coord) -> Result<(), Failure> {
        match self {
            Self::Named(name) => coord.act_as(name),
            Self::Process { client, connection } => {
                coord.act_for_connection(client.as_deref(), connection)
            }
            Self::Guest { agent, connection } => coord.act_for_guest(agent.as_deref(), connection),
        }
    }

    /// The same for one process among those that speak without a token of their own.
    pub fn of_peer(&self, peer: Option<i32>) -> Self {
        match (self, peer) {
            (Self::Guest { agent, connection }, Some(peer)) => Self::Guest {
                agent: agent.clone(),
                connection: format!("{connection} {peer}"),
            },
            (same, _) => same.clone(),
        }
    }
}
