//! What changes the state: here at once, and on a remote without keeping the agent waiting, by a
//! process of its own that says nothing and may fail.

use std::path::Path;
use std::time::Duration;

use crate::coord::{Coord, Failure, fired, noted};
use crate::domain::agent::RENEW_SECS;
use crate::env;
use crate::model::agent::{Ask, Register, Save};
use crate::model::limits::LIST_MAX;
use crate::model::request::Request;
use crate::ops::renew::{due, keep};

use super::Program;

/// Something to be done about a session.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Job {
    /// Say that it is here.
    Arrive,
    /// Keep it and its locks alive.
    Keep,
    /// Keep what somebody needs to go on.
    Save,
    /// Keep that, and give back everything.
    Leave,
}

impl Job {
    const ALL: [Self; 4] = [Self::Arrive, Self::Keep, Self::Save, Self::Leave];

    fn name(self) -> &'static str {
        match self {
            Self::Arrive => "arrive",
            Self::Keep => "keep",
            Self::Save => "save",
            Self::Leave => "leave",
        }
    }
}

/// Does it, now or beside.
pub(super) fn hand(
    coord: &Coord,
    program: Program,
    model: Option<&str>,
    job: Job,
) -> Result<(), Failure> {
    if coord.settings().remote.is_none() {
        return perform(coord, program, model, job);
    }
    let actor = coord.actor();
    let who = [
        ("COORD_AGENT", actor.agent.as_str()),
        ("COORD_SESSION", actor.session.as_str()),
    ];
    let mut args = vec!["coord", "hook", WORD, job.name(), program.name()];
    args.extend(model);
    Ok(coord.repo().git().with_env(&who).detach(&args)?)
}

/// The word before such a job on the command line.
pub const WORD: &str = "agent-job";

/// Does what a call of a hook has handed on; `args` are its words.
pub fn run(dir: &Path, args: &[&str]) {
    let [job, program, model @ ..] = args else {
        return;
    };
    let job = Job::ALL.into_iter().find(|one| one.name() == *job);
    let (Some(job), Some(program)) = (job, Program::named(program)) else {
        return;
    };
    // The next event of the session finds it undone and asks again.
    if let Ok(coord) = Coord::open_for_agent(dir, program.name(), None) {
        let _ = perform(&coord, program, model.first().copied(), job);
    }
}

fn perform(coord: &Coord, program: Program, model: Option<&str>, job: Job) -> Result<(), Failure> {
    if coord.writes_work_branch() {
        // The branch must not move under the agent's hands.
        return Ok(());
    }
    match job {
        Job::Arrive => {
            let ask = Register {
                agent_type: program.name().parse().ok(),
                model: model.and_then(|model| model.parse().ok()),
                ..Register::default()
            };
            coord.handle(Request::Agent(Ask::Register(ask))).map(drop)
        }
        Job::Keep => {
            // Another command of the session may have done it meanwhile.
            let due = due(coord, env::now())?;
            if !due.is_empty() {
                return keep(coord, due);
            }
            match is_quiet(coord) {
                true => coord.handle(Request::Agent(Ask::Heartbeat {})).map(drop),
                false => Ok(()),
            }
        }
        Job::Save => save(coord),
        Job::Leave => {
            let sessions = coord.sessions();
            if sessions.load(coord.actor()).is_unsaved {
                // The locks go back, whatever becomes of this.
                let _ = save(coord);
            }
            let done = coord.handle(Request::Agent(Ask::Unregister {}));
            sessions.forget(coord.actor());
            noted::forget(&coord.repo().coord_dir(), coord.actor());
            done.map(drop)
        }
    }
}

/// Whether it is time for the session to be seen again.
pub(super) fn is_quiet(coord: &Coord) -> bool {
    let present = coord.sessions().load(coord.actor()).present;
    present.is_none_or(|present| {
        let age = env::now().secs_since(present);
        u64::try_from(age).is_ok_and(|age| age >= RENEW_SECS)
    })
}

/// A checkpoint of what the session changed.
fn save(coord: &Coord) -> Result<(), Failure> {
    let sessions = coord.sessions();
    let session = sessions.load(coord.actor());
    let surplus = session.touched.len().saturating_sub(LIST_MAX);
    let ask = Save {
        task: session.claimed_task(),
        files: session.touched.into_iter().skip(surplus).collect(),
        ..Save::default()
    };
    coord.handle(Request::Agent(Ask::Checkpoint(ask)))?;
    sessions.update(coord.actor(), |session| {
        session.is_unsaved = false;
        session.saved = Some(env::now());
    });
    Ok(())
}

/// Refreshes a view that is too old to refuse on, beside.
pub(super) fn refresh(coord: &Coord) {
    let settings = coord.settings();
    let is_old = |age: Option<Duration>| age.is_none_or(|age| age > settings.age_max);
    if settings.remote.is_none() || !is_old(coord.view_age()) {
        return;
    }
    // One at a time, also when the remote cannot be reached.
    if fired::may_refresh(&coord.repo().coord_dir(), settings.age_max) {
        let _ = coord.repo().git().detach(&["coord", "hook", "refresh"]);
    }
}
