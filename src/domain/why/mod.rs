//! Why something cannot be done now: the decision itself, asked without being made, and then who is
//! in the way of those who are in the way.

pub mod feature;
pub mod task;

use std::collections::BTreeSet;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::model::id::Actor;
use crate::model::key::Key;
use crate::model::lock::Mode;
use crate::model::record;
use crate::model::refusal::{Ahead, Conflict, Refusal};
use crate::model::request::{Lock, Request};
use crate::model::stamp::Stamp;
use crate::model::time::Timestamp;
use crate::model::wait::WaitRecord;

use super::decide::decide;
use super::staged::State;

/// How far from the asker somebody in the way is looked at.
const DEPTH_MAX: usize = 8;

/// One thing that is in the way.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Reason {
    /// A stable word: that of the refusal, or `dependency`, `deadline`, …
    pub code: String,
    /// What is in the way, one line.
    pub text: String,
    /// Who.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub who: Option<Actor>,
    /// Since when.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub since: Option<Timestamp>,
    /// When it ends if nobody does anything.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub until: Option<Timestamp>,
    /// Why, in the words of who is in the way.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// What would take it out of the way.
    pub unblock: String,
    /// What is in the way of that one in turn.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(with = "Vec<serde_json::Value>")]
    pub because: Vec<Reason>,
}

impl Reason {
    /// A reason that names nobody.
    pub fn plain(code: &str, text: String, unblock: String) -> Self {
        Self {
            code: code.into(),
            text,
            who: None,
            since: None,
            until: None,
            reason: None,
            unblock,
            because: Vec::new(),
        }
    }
}

/// Why a session cannot lock keys; nothing when it could, or holds them.
///
/// # Errors
/// When a record that matters cannot be read.
pub fn keys(
    state: &dyn State,
    stamp: &Stamp,
    keys: &[Key],
    mode: Mode,
) -> Result<Vec<Reason>, Refusal> {
    let mut met = BTreeSet::from([stamp.by.clone()]);
    in_the_way(state, stamp, keys, mode, &mut met, 0)
}

fn in_the_way(
    state: &dyn State,
    stamp: &Stamp,
    keys: &[Key],
    mode: Mode,
    met: &mut BTreeSet<Actor>,
    depth: usize,
) -> Result<Vec<Reason>, Refusal> {
    let request = Request::Lock(Lock {
        keys: keys.to_vec(),
        mode,
        ttl_secs: None,
        reason: None,
        branch: None,
        task: None,
        host: None,
        takeover: false,
        narrow: false,
        wait_until: None,
    });
    let refusal = match decide(&request, state, stamp, &[]) {
        Ok(_) => return Ok(Vec::new()),
        Err(refusal @ Refusal::Damaged { .. }) => return Err(refusal),
        Err(refusal) => refusal,
    };
    let code = refusal.code().to_owned();
    let mut reasons = match &refusal {
        Refusal::LockHeld { conflicts } | Refusal::OtherSession { conflicts } => {
            conflicts.iter().map(|one| held(&code, one)).collect()
        }
        Refusal::Reserved { ahead } => ahead.iter().map(|one| kept(&code, one)).collect(),
        other => vec![Reason::plain(&code, other.to_string(), String::new())],
    };
    for reason in &mut reasons {
        let Some(who) = reason.who.clone().filter(|who| met.insert(who.clone())) else {
            continue;
        };
        if depth == DEPTH_MAX {
            continue;
        }
        if let Some(wait) = wait_of(state, &who).filter(|wait| wait.until > stamp.at) {
            let theirs = Stamp {
                by: who,
                ..stamp.clone()
            };
            // What cannot be read of somebody else's troubles is not this one's.
            reason.because = in_the_way(state, &theirs, &wait.keys, wait.mode, met, depth + 1)
                .unwrap_or_default();
        }
    }
    Ok(reasons)
}

fn wait_of(state: &dyn State, who: &Actor) -> Option<WaitRecord> {
    let place = WaitRecord::place(who).ok()?;
    let bytes = state.get(&place).ok()??;
    record::parse(&place, &bytes).ok()
}

/// A feature that somebody has paused.
fn paused(conflict: &Conflict) -> Reason {
    let unblock = format!(
        "{} unlocks `{}`, or their lease ends; if they are gone: `git coord lock --steal --rev {} \
         --reason … {}`",
        conflict.by.agent, conflict.held, conflict.rev, conflict.held
    );
    Reason {
        code: "paused".into(),
        unblock,
        ..held("paused", conflict)
    }
}

fn held(code: &str, conflict: &Conflict) -> Reason {
    let Conflict {
        wanted,
        held,
        mode,
        by,
        since,
        until,
        rev,
        reason,
        branch,
        task,
    } = conflict;
    let mut text = format!("`{held}` is locked by {by}");
    if wanted != held {
        text.push_str(&format!(", which overlaps `{wanted}`"));
    }
    if *mode == Mode::Shared {
        text.push_str(", shared");
    }
    if let Some(task) = task {
        text.push_str(&format!(", for task {}", task.as_str()));
    }
    if let Some(branch) = branch {
        text.push_str(&format!(", on branch `{}`", branch.as_str()));
    }
    let unblock = if code == "other_session" {
        "take it over with `git coord lock --takeover`, if that session is over or yours".to_owned()
    } else {
        format!(
            "they unlock it, or their lease ends; `git coord lock --wait` waits in line; if they are \
             gone: `git coord lock --steal --rev {rev} --reason …`"
        )
    };
    Reason {
        who: Some(by.clone()),
        since: Some(*since),
        until: Some(*until),
        reason: reason.as_ref().map(|reason| reason.as_str().to_owned()),
        ..Reason::plain(code, text, unblock)
    }
}

fn kept(code: &str, ahead: &Ahead) -> Reason {
    let text = format!(
        "`{}` is kept for {}, who waited first",
        ahead.wanted, ahead.by
    );
    let unblock = "get in line behind them with `git coord lock --wait`".to_owned();
    Reason {
        who: Some(ahead.by.clone()),
        until: Some(ahead.until),
        ..Reason::plain(code, text, unblock)
    }
}
