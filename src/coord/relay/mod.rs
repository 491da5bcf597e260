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
mod track;

use std::collections::BTreeMap;
use std::time::Duration;

use crate::model::branch::Branch;
use crate::model::id::{AgentName, OpId};
use crate::model::object_id::ObjectId;
use crate::model::relay::{Rule, TrackRule};
use crate::model::time::Ttl;
use crate::store::{Backend, Config, names};

use super::{Coord, Failure, view};

pub use pages::ForPerson;

/// The branch that the state is published as.
pub const STATE_BRANCH: &str = "coord/state";
/// The branch with the page for people.
pub const BOARD_BRANCH: &str = "coord/board";
/// The branches of requests of agents that may push such branches.
pub const REQUEST_BRANCHES: &str = "coord/requests/";

/// Which branches are followed unless a rule says so.
const BRANCH_RULE: &str = "agent/*/* {1} {2}";
/// For how long what a branch changes is its agent's, from its newest commit on.
const BRANCH_TTL: Duration = Duration::from_secs(4 * 60 * 60);

pub use track::Tracked;
use track::{Manner, Wish};

/// What one round did.
#[derive(Clone, Debug, Default, PartialEq, Eq, serde::Serialize, schemars::JsonSchema)]
pub struct Relayed {
    /// The requests that have their answers now, in the order in which they were decided.
    pub answers: Vec<Answer>,
    /// Branches that are followed, and what that changed.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub tracked: Vec<Tracked>,
    /// What could not be done, and is tried again by the next round.
    pub troubles: Vec<String>,
    /// Whether the branch of the state was moved.
    pub published: bool,
    /// Whether the page for people was written.
    pub board: bool,
}

impl Relayed {
    /// Whether there is anything to tell.
    pub fn is_news(&self) -> bool {
        !self.answers.is_empty() || !self.tracked.is_empty() || !self.troubles.is_empty()
    }
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
        let (rules, wish) = self.relay_rules(&remote)?;
        let followed = wish.iter().flat_map(|wish| &wish.rules);
        let branches = find::fetch(self, &remote, &rules, followed)?;
        // Later than the branches, so that it is at least as new as what is published of it.
        view::refresh(self, &remote)?;
        let mut round = Relayed::default();
        let is_whole = apply::all(self, &remote, &rules, &branches, &mut round)?;
        if is_whole {
            find::remember(self, &rules, &branches);
        }
        if let Some(wish) = wish {
            track::all(self, &remote, &wish, &branches, &mut round)?;
        }
        publish::publish(self, &remote, &branches, &mut round)?;
        Ok(round)
    }

    /// Which branch may speak for whom, and which are followed: as this clone says, or else as the team's
    /// file says on the main branch. What it says in a working tree counts for nothing, since that may be
    /// the branch of whoever asks.
    fn relay_rules(&self, remote: &str) -> Result<(Vec<Rule>, Option<Wish>), Failure> {
        let own = self.repo.config();
        let is_said =
            own.get("coord.relayrule").is_some() || own.get("coord.branchlocks").is_some();
        let mut team = Config::default();
        // Asking the remote costs as much as all the rest of a round with nothing to do.
        if !is_said {
            let main = self.main_of(remote);
            let fetched = self.repo.fetch_apart(remote, std::slice::from_ref(&main))?;
            let name = names::relayed(remote, &main);
            if let Some((_, tip)) = fetched.iter().find(|(found, _)| *found == name) {
                team = Config::committed(self.repo.git(), tip)?;
            }
        }
        let said = |name: &str| match own.get(name) {
            Some(_) => own,
            None => &team,
        };
        let wish = wish(&said)?;
        let texts = said("coord.relayrule").all("coord.relayrule");
        if texts.is_empty() && wish.is_none() {
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
        let rules: Result<Vec<Rule>, Failure> = texts.iter().map(parse).collect();
        Ok((rules?, wish))
    }
}

/// Which branches are followed, if any are.
fn wish<'c>(said: &impl Fn(&str) -> &'c Config) -> Result<Option<Wish>, Failure> {
    const HINT: &str = "see `git coord help relay`";
    let manner = match said("coord.branchlocks").get("coord.branchlocks") {
        None | Some("off") => return Ok(None),
        Some("advisory") => Manner::Advisory,
        Some("locks") => Manner::Locks,
        Some(other) => {
            let what = format!("`coord.branchLocks` is `{}`", other.escape_debug());
            return Err(Failure::usage(what, "use `off`, `advisory` or `locks`"));
        }
    };
    let parse = |text: &String| {
        text.parse::<TrackRule>()
            .map_err(|why| Failure::usage(format!("coord.branchRule: {why}"), HINT))
    };
    let texts = said("coord.branchrule").all("coord.branchrule");
    let mut rules = texts.iter().map(parse).collect::<Result<Vec<_>, _>>()?;
    if rules.is_empty() {
        rules.push(
            BRANCH_RULE
                .parse()
                .expect("because it is the example of the rules"),
        );
    }
    let ttl = said("coord.branchttl")
        .duration("coord.branchttl", BRANCH_TTL)
        .map_err(|what| Failure::usage(what, "set it with `git config coord.branchTtl`"))?;
    let ttl = Ttl::try_from(ttl.as_secs())
        .map_err(|why| Failure::usage(format!("coord.branchTtl: {why}"), "use such as `4h`"))?;
    Ok(Some(Wish { rules, manner, ttl }))
}
