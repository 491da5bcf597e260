//! Taking tasks: the lock of the claim, perhaps those of its keys, and the record, in one step.

use std::collections::BTreeSet;

use crate::model::id::{Actor, Id};
use crate::model::key::Key;
use crate::model::lock::Mode;
use crate::model::refusal::Refusal;
use crate::model::reply::{Granted, Reply};
use crate::model::request::Lock;
use crate::model::task::{Claim as Ask, Claimed, Did, EPIC, Stage, Task, TaskRecord, Told};
use crate::model::text::{Text, Word};
use crate::model::time::Ttl;

use super::super::decide::{Decided, Desk};
use super::super::feature::pause;
use super::super::lock;
use super::board::{Board, Brief};
use super::claims::{self, Claim};
use super::fits::{Unfit, Worker};
use super::over::{self, After};
use super::standing::blockers;
use super::{change, find, subject, text, wrong_state};

/// How a task is taken.
pub(super) struct Taking<'a> {
    pub(super) lock: bool,
    pub(super) ttl_secs: Option<Ttl>,
    pub(super) branch: &'a Option<Text>,
    pub(super) host: &'a Option<Text>,
    pub(super) takeover: bool,
}

/// What was taken.
pub(super) struct Taken {
    pub(super) task: TaskRecord,
    pub(super) locks: Vec<Granted>,
    pub(super) replaced: Vec<Key>,
}

/// Takes a task that may be taken.
pub(super) fn take(
    desk: &mut Desk<'_>,
    task: TaskRecord,
    claim: &Claim,
    how: &Taking<'_>,
) -> Result<Taken, Refusal> {
    let mut keys = vec![Task::key(&task.id)];
    if how.lock {
        keys.extend(task.keys.iter().cloned());
    }
    let wanted = Lock {
        keys,
        mode: Mode::Exclusive,
        ttl_secs: task.ttl_secs.or(how.ttl_secs),
        reason: Some(task.title.clone()),
        branch: how.branch.clone(),
        task: text(task.id.to_string()),
        host: how.host.clone(),
        takeover: how.takeover,
        narrow: false,
        wait_until: None,
    };
    let Reply::Locked { locks, replaced } = lock::decide(desk, &wanted)?.reply else {
        return Err(wrong_state(&task.id, "waited for", "a plain answer"));
    };
    // Of one's own lock nothing is in the way, and whoever decides this again has to know that its lease
    // had ended.
    if let Claim::Lapsed(_, evidence) = claim {
        desk.rely_on(evidence.clone());
    }
    let mut task = task.body;
    // Who goes on in the place of another session of the same agent goes on with its attempt.
    if claim.is_open() {
        task.attempts = task.attempts.saturating_add(1);
        task.started_at = None;
        task.stage = Stage::Claimed;
        task.claimed = None;
    }
    task.first_claimed_at.get_or_insert(desk.stamp.at);
    task.workers.insert(desk.me().agent.clone());
    let wanted_back = task.claimed.and_then(|claimed| claimed.wanted_back);
    task.claimed = Some(Claimed {
        by: desk.me().clone(),
        at: desk.stamp.at,
        wanted_back,
    });
    task.why = None;
    Ok(Taken {
        task: desk.put_task(task)?,
        locks,
        replaced,
    })
}

/// Goes on with a task in the place of a session that is over, whose lock the actor has now. That it
/// ended at the task was an attempt; should it have been the last one, this is still that one.
pub(in crate::domain) fn go_on(desk: &mut Desk<'_>, id: &Id, from: &Actor) -> Result<(), Refusal> {
    let Some(task) = find::get(&desk.staged, id)? else {
        return Ok(());
    };
    let is_its = task.claimed.as_ref().is_some_and(|claim| claim.by == *from);
    if !is_its || !matches!(task.stage, Stage::Claimed | Stage::Running) {
        return Ok(());
    }
    // What it has come to wait for since it was begun did not stop who had it either.
    fit(desk, &task, &BTreeSet::new())?;
    let mut task = task.body;
    let me = desk.me().clone();
    if me.agent != from.agent {
        let next = task.attempts.saturating_add(1);
        task.attempts = next.min(task.attempts_max).max(task.attempts);
    }
    task.workers.insert(me.agent.clone());
    task.claimed = Some(Claimed {
        by: me,
        at: desk.stamp.at,
        wanted_back: None,
    });
    desk.put_task(task)?;
    Ok(())
}

/// Gives a task up whose last attempt came to nothing, and takes what is left of the claim.
pub(super) fn give_up(
    desk: &mut Desk<'_>,
    task: TaskRecord,
    claim: &Claim,
) -> Result<TaskRecord, Refusal> {
    if let Claim::Lapsed(hold, evidence) = claim {
        desk.rely_on(evidence.clone());
        desk.take(&Task::key(&task.id), &hold.actor(), evidence.happened())?;
    }
    let why = text(format!(
        "attempt {} of {} came to nothing",
        task.attempts, task.attempts_max
    ));
    over::end(desk, task, Stage::Dead, |task| task.why = why)
}

pub(super) fn decide(desk: &mut Desk<'_>, ask: &Ask) -> Result<Decided, Refusal> {
    let task = find::expect(&desk.staged, &ask.id)?;
    let id = &ask.id;
    if task.stage.is_over() {
        return Err(wrong_state(
            id,
            task.stage.as_str(),
            "a task that is not over",
        ));
    }
    let mut claim = claims::of(
        &desk.staged,
        id,
        task.stage,
        task.claimed.as_ref(),
        desk.stamp,
    );
    // A claim of one's own whose lease has ended and that nobody took is still there to be renewed.
    if let Claim::Lapsed(hold, _) = &claim
        && hold.is_of(desk.me())
    {
        claim = Claim::Held(hold.clone());
    }
    match &claim {
        Claim::Unknown(damage) => return Err(damage.clone().into()),
        Claim::Held(hold) if !hold.is_of(desk.me()) => {
            let is_own_agent = hold.agent == desk.me().agent;
            if !(ask.takeover && is_own_agent) {
                return Err(Refusal::NotYours {
                    what: "task".into(),
                    name: id.to_string(),
                    owner: hold.actor(),
                });
            }
        }
        claim if claim.is_lost() && Brief::of(&task).is_last_attempt() => {
            return buried(desk, vec![(task, claim.clone())]);
        }
        _ => {}
    }
    if claim.is_open() {
        allow(desk, &task, &ask.capabilities)?;
    }
    let how = Taking {
        lock: ask.lock,
        ttl_secs: ask.ttl_secs,
        branch: &ask.branch,
        host: &ask.host,
        takeover: ask.takeover,
    };
    let taken = take(desk, task, &claim, &how)?;
    Ok(answer(desk, "claim", taken, After::default()))
}

/// Refuses a task that is blocked, or of a feature that somebody else has paused, or is not for this
/// agent.
fn allow(
    desk: &mut Desk<'_>,
    task: &TaskRecord,
    capabilities: &BTreeSet<Word>,
) -> Result<(), Refusal> {
    let brief = Brief::of(task);
    if brief.unmet().next().is_some() || brief.sort.as_str() == EPIC {
        let board = Board::read(&desk.staged)?;
        let blockers = blockers(&desk.staged, &board, &brief);
        if !blockers.is_empty() {
            let names = blockers.iter().take(3);
            let names = names.map(|on| match on.part {
                true => format!("its part {} ({})", on.id, on.is),
                false => format!("{} ({})", on.id, on.is),
            });
            let names = names.collect::<Vec<_>>().join(", ");
            let more = match blockers.len() {
                0..=3 => String::new(),
                count => format!(" and {} more", count - 3),
            };
            let is = format!("blocked by {names}{more}");
            return Err(wrong_state(&task.id, is, "what it waits for to be done"));
        }
    }
    if let Some(feature) = &task.feature {
        stop(desk, feature)?;
    }
    fit(desk, task, capabilities)
}

/// Refuses work on a feature that somebody else has paused.
fn stop(desk: &mut Desk<'_>, feature: &Id) -> Result<(), Refusal> {
    let pause = pause::of(&desk.staged, desk.stamp, feature)?;
    if pause.is_on() {
        return Err(Refusal::held(pause.by, desk.me()));
    }
    let lapsed = pause.lapsed.into_iter();
    lapsed.for_each(|why| desk.rely_on(why));
    Ok(())
}

/// Refuses a task that is not for this agent.
pub(super) fn fit(
    desk: &Desk<'_>,
    task: &TaskRecord,
    capabilities: &BTreeSet<Word>,
) -> Result<(), Refusal> {
    let brief = Brief::of(task);
    let mut worker = Worker::new(&desk.staged, &desk.stamp.by.agent, capabilities);
    let Some(unfit) = worker.unfit(None, &brief)? else {
        return Ok(());
    };
    let (id, agent) = (&task.id, &desk.me().agent);
    let what = match (unfit, &task.assignee) {
        (Unfit::Assigned, Some(only)) => format!("task `{id}` is assigned to {only}"),
        (Unfit::Assigned, None) => format!("task `{id}` is assigned to somebody else"),
        (Unfit::Capability, _) => {
            let missing = task.requires.capabilities.difference(&worker.capabilities);
            let missing: Vec<&str> = missing.map(Word::as_str).collect();
            format!(
                "task `{id}` is for agents with {}: say what you can do with `git coord agent \
                 register --capability`, or with --capability here",
                missing.join(", ")
            )
        }
        (Unfit::Trust, _) => format!("task `{id}` needs more trust than {agent} has"),
        (Unfit::OwnWork, _) => {
            format!("task `{id}` reviews work of {agent}: it is for somebody else")
        }
    };
    Err(Refusal::NotAllowed { what })
}

/// The answer to who has taken a task.
pub(super) fn answer(desk: &Desk<'_>, verb: &str, taken: Taken, after: After) -> Decided {
    let subject = subject(desk, verb, &taken.task);
    let told = Told {
        locks: taken.locks,
        released: taken.replaced,
        also: after.also,
        ready: after.ready,
        ..Told::new(Did::Claimed, vec![taken.task])
    };
    change(told, subject)
}

/// Gives tasks up and says so: who asked for one may ask again.
pub(super) fn buried(
    desk: &mut Desk<'_>,
    tasks: Vec<(TaskRecord, Claim)>,
) -> Result<Decided, Refusal> {
    let (dead, after) = bury(desk, tasks)?;
    let ids: Vec<&str> = dead.iter().map(|task| task.id.as_str()).collect();
    let subject = format!("task dead {} by {}", ids.join(" "), desk.me().agent);
    let told = Told {
        also: after.also,
        ready: after.ready,
        released: after.released,
        ..Told::new(Did::Died, dead)
    };
    Ok(change(told, subject))
}

/// Gives tasks up, with all that follows for those that depend on them.
pub(super) fn bury(
    desk: &mut Desk<'_>,
    tasks: Vec<(TaskRecord, Claim)>,
) -> Result<(Vec<TaskRecord>, After), Refusal> {
    let mut dead = Vec::new();
    for (task, claim) in tasks {
        dead.push(give_up(desk, task, &claim)?);
    }
    let ids: Vec<(Id, Stage)> = dead
        .iter()
        .map(|task| (task.id.clone(), Stage::Dead))
        .collect();
    let after = over::resolve(desk, ids)?;
    Ok((dead, after))
}
