//! The relay: it finds requests on branches, has them decided as those who asked, and publishes the
//! state and a page about it as branches.
//!
//! It remembers nothing that matters. What was decided stands in the state, in the very commit that
//! did it, so a relay that is killed anywhere is just started again, and two of them are as good as
//! one: they race for the state as all writers do.

mod apply;
mod board;
mod find;
mod judge;
mod pages;
mod publish;

use std::collections::BTreeMap;

use crate::model::branch::Branch;
use crate::model::id::{AgentName, OpId};
use crate::model::object_id::ObjectId;
use crate::model::relay::Rule;
use crate::store::{Backend, Config, names};

use super::{Coord, Failure, view};

pub use pages::ForPerson;

/// The branch that the state is published as.
pub const STATE_BRANCH: &str = "coord/state";
/// The branch with the page for people.
pub const BOARD_BRANCH: &str = "coord/board";
/// The branches of requests of agents that may push such branches.
pub const REQUEST_BRANCHES: &str = "coord/requests/";

/// What one round did.
#[derive(Clone, Debug, Default, PartialEq, Eq, serde::Serialize, schemars::JsonSchema)]
pub struct Relayed {
    /// The requests that have their answers now, in the order in which they were decided.
    pub answers: Vec<Answer>,
    /// What could not be done, and is tried again by the next round.
    pub troubles: Vec<String>,
    /// Whether the branch of the state was moved.
    pub published: bool,
    /// Whether the page for people was written.
    pub board: bool,
}

/// What became of one request.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, schemars::JsonSchema)]
pub struct Answer {
    /// Which request; absent when the commit could not be read.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub id: Option<OpId>,
    /// Who asked, as the commit says.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub agent: Option<AgentName>,
    /// What was asked, in a few words.
    pub what: String,
    /// Where it was found.
    pub branch: Branch,
    /// In which commit.
    pub commit: ObjectId,
    /// How it ended.
    pub is: Ending,
    /// The code of a refusal, or why it was turned down.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub why: Option<String>,
}

/// See [`Answer::is`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, schemars::JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Ending {
    /// It was granted.
    Granted,
    /// It was refused, which is an answer.
    Refused,
    /// It was taken back before.
    Cancelled,
    /// It was not taken for a request.
    TurnedDown,
}

/// Tips of branches whose requests are all over. Only to save looking.
#[derive(Clone, Debug, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(default)]
struct Known {
    tips: BTreeMap<String, ObjectId>,
}

impl Coord {
    /// One round of the relay.
    ///
    /// # Errors
    /// When there are no rules, or the remote cannot be used. What is the matter with one request is
    /// in the answer, and stops no other.
    pub fn relay(&self) -> Result<Relayed, Failure> {
        let Some(remote) = self.settings.remote.clone() else {
            return Err(Failure::usage(
                "requests come from a remote, and this clone has none that decides",
                "name it with `git coord init --remote NAME`",
            ));
        };
        if self.is_by_branch {
            return Err(Failure::usage(
                "a relay pushes the state, and this clone asks on a branch itself",
                "run it where `coord.transport` is `direct`, with the right to push the state",
            ));
        }
        let _guard = self.repo.lock(self.settings.timeout * 4)?;
        let rules = self.relay_rules(&remote)?;
        let branches = find::fetch(self, &remote, &rules)?;
        // Later than the branches, so that it is at least as new as what is published of it.
        view::refresh(self, &remote)?;
        let mut round = Relayed::default();
        let is_whole = apply::all(self, &remote, &rules, &branches, &mut round)?;
        if is_whole {
            find::remember(self, &rules, &branches);
        }
        publish::publish(self, &remote, &branches, &mut round)?;
        Ok(round)
    }

    /// Which branch may speak for whom: as this clone says, or else as the team's file says on the
    /// main branch. What it says in a working tree counts for nothing, since that may be the branch
    /// of whoever asks.
    fn relay_rules(&self, remote: &str) -> Result<Vec<Rule>, Failure> {
        let mut texts = self.repo.config().all("coord.relayrule").to_vec();
        if texts.is_empty() {
            let main = self.main_of(remote);
            let fetched = self.repo.fetch_apart(remote, std::slice::from_ref(&main))?;
            let name = names::relayed(remote, &main);
            if let Some((_, tip)) = fetched.iter().find(|(found, _)| *found == name) {
                let committed = Config::committed(self.repo.git(), tip)?;
                texts = committed.all("coord.relayrule").to_vec();
            }
        }
        if texts.is_empty() {
            return Err(Failure::usage(
                "no rule says which branch may speak for which agent",
                "give one: `git config --add coord.relayRule 'claude/* claude-*'`; see `git coord \
                 help relay`",
            ));
        }
        let parse = |text: &String| {
            text.parse().map_err(|why| {
                Failure::usage(
                    format!("coord.relayRule: {why}"),
                    "see `git coord help relay`",
                )
            })
        };
        texts.iter().map(parse).collect()
    }
}
