//! The record of a session: written by itself, on purpose or along with its changes.

use std::collections::BTreeSet;

use crate::model::agent::{
    Did, Doing, Presence, PresenceRecord, Register, Status, Told, Whereabouts,
};
use crate::model::id::{Actor, AgentName};
use crate::model::limits::LIST_MAX;
use crate::model::place::Place;
use crate::model::record::{self, Damage};
use crate::model::refusal::Refusal;
use crate::model::reply::Reply;
use crate::model::stored::Stored;
use crate::model::text::Word;

use super::super::decide::{Decided, Desk};
use super::super::secret;
use super::super::staged::State;

/// A record that is older is written again with the session's next change, in seconds.
pub const RENEW_SECS: u64 = 10 * 60;
/// A record from so much later than now shows that the clock was set back, in seconds.
const CLOCK_STEP_SECS: i64 = 60;
/// Most sessions of one agent that are recorded; the one that was quiet longest makes room.
const SESSIONS_MAX: usize = 64;
/// Sessions that were quiet for so long make room in any case, in seconds.
const FORGET_SECS: u64 = 7 * 24 * 60 * 60;
/// Most doubts that are kept; the oldest go.
const UNSURE_MAX: usize = 16;

/// The record of a session.
///
/// # Errors
/// When what stands there cannot be read, or is another's.
pub fn get(state: &dyn State, actor: &Actor) -> Result<Option<PresenceRecord>, Damage> {
    let place = Presence::place(actor);
    let bytes = state.get(&place)?;
    bytes.map(|bytes| read(&place, &bytes)).transpose()
}

/// Reads the record of a session and checks that it belongs where it stands.
///
/// # Errors
/// [`Damage`] when it is none, or that of another session.
fn read(place: &Place, bytes: &[u8]) -> Result<PresenceRecord, Damage> {
    let session: PresenceRecord = record::parse(place, bytes)?;
    if Presence::place(&session.head.by) != *place {
        let why = format!("it is of {}, and belongs elsewhere", session.head.by);
        return Err(Damage::new(place, why));
    }
    Ok(session)
}

/// All sessions below a directory, and what could not be read among them.
///
/// # Errors
/// When the directory cannot be read.
pub fn all(state: &dyn State, dir: &str) -> Result<(Vec<PresenceRecord>, Vec<Damage>), Damage> {
    let (mut sessions, mut damaged) = (Vec::new(), Vec::new());
    for (place, bytes) in state.under(dir)? {
        match bytes.and_then(|bytes| read(&place, &bytes)) {
            Ok(session) => sessions.push(session),
            Err(damage) => damaged.push(damage),
        }
    }
    Ok((sessions, damaged))
}

/// What agents of this name can do, by what any of their sessions said.
///
/// # Errors
/// When the directory cannot be read.
pub fn capabilities(state: &dyn State, agent: &AgentName) -> Result<BTreeSet<Word>, Damage> {
    let (sessions, _) = all(state, &Presence::dir(agent))?;
    let all = sessions.into_iter();
    Ok(all.flat_map(|session| session.body.capabilities).collect())
}

/// Writes the session's record along with a change, when it is missing or old. What cannot be
/// written does not stop the change that it is no part of.
pub(in crate::domain) fn along(desk: &mut Desk<'_>) -> Result<(), Refusal> {
    let Some(here) = desk.stamp.here.clone() else {
        return Ok(());
    };
    let Ok(before) = get(&desk.staged, desk.me()) else {
        return Ok(());
    };
    let is_fresh = before.as_ref().is_some_and(|before| {
        let age = desk.stamp.at.secs_since(before.head.at);
        (-CLOCK_STEP_SECS..i64::try_from(RENEW_SECS).unwrap_or(i64::MAX)).contains(&age)
    });
    if is_fresh {
        return Ok(());
    }
    match write(desk, before, Some(here), |_| ()) {
        Ok(_) | Err(Refusal::Limit { .. }) => Ok(()),
        Err(other) => Err(other),
    }
}

pub(super) fn register(desk: &mut Desk<'_>, ask: &Register) -> Result<Decided, Refusal> {
    let Register {
        agent_type,
        model,
        capabilities,
    } = ask;
    if capabilities.len() > LIST_MAX {
        return Err(too_many("capabilities of a session"));
    }
    let session = change(desk, |session| {
        if agent_type.is_some() {
            session.place.agent_type.clone_from(agent_type);
        }
        if model.is_some() {
            session.model.clone_from(model);
        }
        if !capabilities.is_empty() {
            session.capabilities.clone_from(capabilities);
        }
    })?;
    let subject = format!("agent register {}", name(desk.me()));
    Ok(told(Did::Registered, session, subject))
}

pub(super) fn heartbeat(desk: &mut Desk<'_>) -> Result<Decided, Refusal> {
    let session = change(desk, |_| ())?;
    let subject = format!("agent heartbeat {}", name(desk.me()));
    Ok(told(Did::Seen, session, subject))
}

pub(super) fn status(desk: &mut Desk<'_>, ask: &Status) -> Result<Decided, Refusal> {
    let plan = ask.plan.iter().map(|plan| ("--plan", plan.as_str()));
    let unsure = ask.unsure.iter().map(|text| ("--unsure", text.as_str()));
    secret::check(plan.chain(unsure), &ask.allow_secrets)?;
    if ask.files.len() > LIST_MAX {
        return Err(too_many("files of a session"));
    }
    let session = change(desk, |session| {
        if ask.clear {
            session.task = None;
            session.plan = None;
            session.files.clear();
            session.unsure.clear();
        }
        session.doing = ask.doing.unwrap_or(session.doing);
        if ask.task.is_some() {
            session.task.clone_from(&ask.task);
        }
        if !ask.files.is_empty() {
            session.files.clone_from(&ask.files);
        }
        if ask.plan.is_some() {
            session.plan.clone_from(&ask.plan);
        }
        for text in &ask.unsure {
            if !session.unsure.contains(text) {
                session.unsure.push(text.clone());
            }
        }
        let surplus = session.unsure.len().saturating_sub(UNSURE_MAX);
        session.unsure.drain(..surplus);
    })?;
    let doing = session.doing.as_str();
    let task = session.task.as_ref().map(|task| format!(" on {task}"));
    let subject = format!(
        "agent status {} {doing}{}",
        name(desk.me()),
        task.unwrap_or_default()
    );
    Ok(told(Did::Changed, session, subject))
}

/// Writes the session's record on purpose.
pub(super) fn change(
    desk: &mut Desk<'_>,
    edit: impl FnOnce(&mut Presence),
) -> Result<PresenceRecord, Refusal> {
    let before = get(&desk.staged, desk.me())?;
    let here = desk.stamp.here.clone();
    write(desk, before, here, edit)
}

fn write(
    desk: &mut Desk<'_>,
    before: Option<PresenceRecord>,
    here: Option<Whereabouts>,
    edit: impl FnOnce(&mut Presence),
) -> Result<PresenceRecord, Refusal> {
    if before.is_none() {
        make_room(desk)?;
    }
    desk.has_written_here = here.is_some();
    let mut session = match before {
        Some(before) => before.body,
        None => Presence {
            since: desk.stamp.at,
            place: Whereabouts::default(),
            model: None,
            capabilities: Default::default(),
            doing: Doing::Active,
            task: None,
            files: Vec::new(),
            plan: None,
            unsure: Vec::new(),
        },
    };
    if let Some(here) = here {
        // What an agent said that it is counts for more than what its environment looks like.
        let agent_type = session.place.agent_type.take().or(here.agent_type.clone());
        session.place = Whereabouts { agent_type, ..here };
    }
    edit(&mut session);
    let record = Stored::new(desk.stamp, desk.staged.next_rev(), session);
    let place = Presence::place(desk.me());
    desk.staged.put(&place, &record)?;
    Ok(record)
}

/// Before one more session of the agent is recorded: forgets those that were quiet for long, and
/// more of them when there are too many.
fn make_room(desk: &mut Desk<'_>) -> Result<(), Refusal> {
    let Ok((mut sessions, _)) = all(&desk.staged, &Presence::dir(&desk.me().agent)) else {
        return Ok(());
    };
    sessions.sort_by_key(|session| session.head.rev);
    let surplus = (sessions.len() + 1).saturating_sub(SESSIONS_MAX);
    for (index, session) in sessions.iter().enumerate() {
        let is_old = session.head.at.plus_secs(FORGET_SECS) < desk.stamp.at;
        if index < surplus || is_old {
            desk.staged.remove(&Presence::place(&session.head.by));
        }
    }
    Ok(())
}

fn told(did: Did, session: PresenceRecord, subject: String) -> Decided {
    let mut told = Told::new(did, Some(session.head.by.clone()));
    told.session = Some(session);
    Decided::change(Reply::Agent(Box::new(told)), subject)
}

fn too_many(what: &str) -> Refusal {
    Refusal::Limit {
        what: what.into(),
        most: LIST_MAX,
    }
}

/// As it is typed: `alice/s1`.
pub(super) fn name(actor: &Actor) -> String {
    format!("{}/{}", actor.agent, actor.session)
}
