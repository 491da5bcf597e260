//! The clone that is examined, opened past settings and names that no other command accepts.

use std::path::Path;

use crate::coord::identity::{self, Identity};
use crate::coord::{Coord, Failure};
use crate::model::id::Actor;
use crate::model::key::Here;
use crate::store::Repo;

use super::finding::Judged;
use super::settings::{self, Read};

pub(super) struct Subject {
    coord: Coord,
    read: Read,
    bad_name: Option<Failure>,
}

impl Subject {
    /// Opens the repository; only that can fail.
    pub(super) fn open(dir: &Path, given: Option<&str>) -> Result<Self, Failure> {
        let repo = Repo::discover(dir)?;
        let (settings, read) = settings::read(repo.config())?;
        let (identity, bad_name) = match identity::find(&repo, given) {
            Ok(identity) => (identity, None),
            Err(why) => (nobody()?, Some(why)),
        };
        let coord = Coord {
            repo,
            settings,
            identity,
            is_hook: false,
        };
        Ok(Self {
            coord,
            read,
            bad_name,
        })
    }

    pub(super) fn coord(&self) -> &Coord {
        &self.coord
    }

    pub(super) fn judge_settings(&self) -> Judged {
        settings::judge(&self.read)
    }

    pub(super) fn judge_identity(&self) -> Judged {
        if let Some(why) = &self.bad_name {
            let advice = why.hint(&Here::Top).unwrap_or_default();
            return Judged::problem(why.to_string()).advice(advice);
        }
        let Identity {
            actor,
            agent_rule,
            session_rule,
            ..
        } = self.coord.identity();
        Judged::ok(format!("{actor}, from {agent_rule} and {session_rule}"))
    }
}

/// Stands in where the name that was given is none; it owns nothing.
fn nobody() -> Result<Identity, Failure> {
    let name = "nobody";
    let wrong = |why: crate::model::id::BadName| Failure::usage(why.to_string(), "");
    Ok(Identity {
        program: None,
        actor: Actor {
            agent: name.parse().map_err(wrong)?,
            session: name.parse().map_err(wrong)?,
        },
        agent_rule: String::new(),
        session_rule: String::new(),
        is_session_given: false,
    })
}
