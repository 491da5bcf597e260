//! The end of a session: everything that it has goes back, and nothing of the agent's others.

use crate::model::agent::{Did, Kick, Presence, Told};
use crate::model::id::Actor;
use crate::model::key::Key;
use crate::model::notice::Happened;
use crate::model::refusal::Refusal;
use crate::model::reply::Reply;
use crate::model::stamp::Evidence;

use super::super::decide::{Decided, Desk};
use super::super::{lease, line, locks, task, trust, wait};
use super::life::GONE_SECS;
use super::present::{get, name};

/// What was given back, and whose turn it is now.
struct Given {
    released: Vec<Key>,
    next: Vec<Actor>,
    /// Whether there was anything at all.
    was_there: bool,
}

pub(super) fn unregister(desk: &mut Desk<'_>) -> Result<Decided, Refusal> {
    let me = desk.me().clone();
    let given = give_back(desk, &me, None)?;
    let subject = format!("agent unregister {}", name(&me));
    Ok(told(Did::Unregistered, me, given, subject))
}

pub(super) fn kick(desk: &mut Desk<'_>, ask: &Kick) -> Result<Decided, Refusal> {
    let who = &ask.who;
    let me = desk.me().clone();
    if *who != me && trust::of(&desk.staged, &me.agent)? < trust::DECIDES && !is_gone(desk, who)? {
        return Err(Refusal::NotAllowed {
            what: format!(
                "nothing proves that {} is over, and to end it all the same needs trust {}",
                name(who),
                trust::DECIDES
            ),
        });
    }
    let given = give_back(desk, who, (*who != me).then_some(Happened::Kicked))?;
    if !given.was_there {
        return Err(Refusal::NotFound {
            what: "agent".into(),
            name: name(who),
        });
    }
    if *who != me {
        desk.tell(who, Happened::Kicked, None, None);
    }
    let subject = format!(
        "agent kick {} by {}: {}",
        name(who),
        me.agent,
        ask.reason.as_str()
    );
    Ok(told(Did::Kicked, who.clone(), given, subject))
}

fn told(did: Did, who: Actor, given: Given, subject: String) -> Decided {
    let told = Told {
        released: given.released,
        next: given.next,
        ..Told::new(did, Some(who))
    };
    Decided {
        reply: Reply::Agent(Box::new(told)),
        subject,
        is_change: given.was_there,
    }
}

/// Whether a session is over: its process is proven dead; or nothing was seen of it for a day, and
/// the leases of all that it holds have ended.
fn is_gone(desk: &mut Desk<'_>, who: &Actor) -> Result<bool, Refusal> {
    if is_dead(desk, who) {
        return Ok(true);
    }
    let session = get(&desk.staged, who)?;
    let is_quiet = |session: &crate::model::agent::PresenceRecord| {
        session.head.at.plus_secs(GONE_SECS) < desk.stamp.at
    };
    if session.is_some_and(|session| !is_quiet(&session)) {
        return Ok(false);
    }
    let held = locks::held_by(&desk.staged, who)?;
    let mut evidence = Vec::new();
    for lock in &held {
        for hold in lock.holds.iter().filter(|hold| hold.is_of(who)) {
            match lease::ended(&lock.key, hold, desk.stamp) {
                Some(why) => evidence.push(why),
                None => return Ok(false),
            }
        }
    }
    evidence.into_iter().for_each(|why| desk.rely_on(why));
    Ok(true)
}

/// Whether the process of a session is proven dead; then the decision relies on it.
pub(super) fn is_dead(desk: &mut Desk<'_>, who: &Actor) -> bool {
    let is_dead = desk.stamp.watch.dead.contains(who);
    if is_dead {
        desk.rely_on(Evidence::Ended {
            holder: who.clone(),
        });
    }
    is_dead
}

/// Gives back all that a session has. It is told when somebody else did it.
fn give_back(
    desk: &mut Desk<'_>,
    who: &Actor,
    happened: Option<Happened>,
) -> Result<Given, Refusal> {
    let mut released = Vec::new();
    for lock in locks::held_by(&desk.staged, who)? {
        match happened {
            None => {
                desk.drop_hold(&lock.key, who)?;
                if let Some(id) = lock.key.claimed_task() {
                    task::unlocked(desk, &id, who)?;
                }
            }
            // A task stays as it is: that its claim has ended like this counts as an attempt.
            Some(happened) => desk.take(&lock.key, who, happened)?,
        }
        released.push(lock.key);
    }
    let waited = wait::drop_of(desk, who, |_| true)?;
    let is_recorded = get(&desk.staged, who).is_ok_and(|session| session.is_some());
    if is_recorded {
        desk.staged.remove(&Presence::place(who));
    }
    let mut freed = released.clone();
    freed.extend(waited.iter().flat_map(|wait| wait.keys.clone()));
    let next = if freed.is_empty() {
        Vec::new()
    } else {
        line::hand_over(desk, &freed)?
    };
    let was_there = is_recorded || !freed.is_empty();
    Ok(Given {
        released,
        next,
        was_there,
    })
}
