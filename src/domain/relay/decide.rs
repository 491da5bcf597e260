//! Deciding a request as the one who asked.

use crate::domain::decide::{Decided, Desk, Plan, decided, settle};
use crate::domain::mirror::inward::of_deed;
use crate::domain::secret;
use crate::model::forge::{AGENT_PREFIX, issue_of};
use crate::model::key::Key;
use crate::model::refusal::Refusal;
use crate::model::relay::{
    AHEAD_SECS, Answered, Did, HORIZON_SECS, Outcome, Relayed, Source, Told,
};
use crate::model::reply::Reply;
use crate::model::request::Request;
use crate::model::stored::Stored;
use crate::model::task;

use super::{answer, not_allowed, pin, rights, turned_down};

/// Decides it and writes the answer along, whatever that is. With an answer there already nothing is
/// done, and that answer is given again.
pub(in crate::domain) fn apply(
    mut desk: Desk<'_>,
    relayed: &Relayed,
    epoch: u64,
    also: &[Key],
) -> Result<Plan, Refusal> {
    let Relayed { asked, from, .. } = relayed;
    if desk.stamp.by != asked.by || desk.stamp.op != asked.id {
        return Err(not_allowed("a request is decided as the one who asked"));
    }
    let found = answer(&desk.staged, &asked.by.agent, asked.id)?;
    #[cfg(feature = "planted")]
    let found = found.filter(|_| !crate::planted::has(crate::planted::Bug::AnswersTwice));
    if let Some(found) = found {
        let told = told(relayed, found.body.result);
        return Ok(Plan::unchanged(told));
    }
    // A step that comes before what was asked for is made up from the state of the moment, and may be
    // another one each time: it belongs to what was done on the page, and that is done once.
    if let Source::Page(_) = from
        && let Some(found) = answer(&desk.staged, &asked.by.agent, of_deed(asked.id))?
    {
        return Ok(Plan::unchanged(told(relayed, found.body.result)));
    }
    if let Source::Commit(from) = from
        && let Some(found) = turned_down(&desk.staged, &from.commit)?
    {
        return Err(not_allowed(found.body.why.as_str()));
    }
    check_time(&desk, relayed)?;
    check_speaker(&mut desk, relayed)?;
    let inner = &asked.request;
    let ruled = match from {
        Source::Page(from) => match &from.unmet {
            Some(why) => Err(not_allowed(why.as_str())),
            None => rights::check(from.permission, inner),
        },
        Source::Commit(_) if names_issue(inner) => Err(not_allowed(
            "tasks that are issues are made on the pages of the host, and no branch names one so",
        )),
        Source::Commit(_) if inner.may_be_relayed() => Ok(()),
        Source::Commit(_) => Err(not_allowed(format!(
            "`{}` is for those who may push the state themselves",
            inner.in_short()
        ))),
    };
    if let Source::Page(from) = from {
        desk.is_vouched_for = rights::vouches(from.permission, inner);
    }
    let ruled = ruled.and_then(|()| decided(&mut desk, inner, epoch));
    let (outcome, subject, settled) = match ruled {
        Ok(ruled) => {
            let settled = if ruled.is_change {
                settle(&mut desk, inner, also)?
            } else {
                // Nothing is renewed by asking for what is there.
                begin_again(&mut desk, relayed, epoch)?;
                Default::default()
            };
            let subject = match ruled.subject.as_str() {
                "" => format!("{} by {}", inner.in_short(), asked.by.agent),
                subject => subject.to_owned(),
            };
            let reply = Some(Box::new(ruled.reply));
            (Outcome::Granted { reply }, subject, settled)
        }
        // What is damaged can be repaired, and then it is decided.
        Err(damaged @ Refusal::Damaged { .. }) => return Err(damaged),
        Err(refusal) => {
            if is_secret(relayed, &refusal) {
                return Err(not_allowed(refusal.to_string()));
            }
            begin_again(&mut desk, relayed, epoch)?;
            let subject = format!(
                "{} refused to {}: {}",
                inner.in_short(),
                asked.by.agent,
                refusal.code()
            );
            let refusal = Box::new(refusal);
            (Outcome::Refused { refusal }, subject, Default::default())
        }
    };
    write(&mut desk, relayed, &outcome, &settled.1)?;
    let reply = told(relayed, outcome);
    desk.into_plan(Decided::change(reply, subject), settled)
}

/// Forgets what the request staged, when nothing but its answer is written.
fn begin_again(desk: &mut Desk<'_>, relayed: &Relayed, epoch: u64) -> Result<(), Refusal> {
    desk.reset();
    desk.begin(epoch)?;
    check_speaker(desk, relayed)
}

/// Checks that where it was found may speak for the agent: on a branch who did so before, on a page
/// the person whom the host names, and nobody else for either.
fn check_speaker(desk: &mut Desk<'_>, relayed: &Relayed) -> Result<(), Refusal> {
    let agent = &relayed.asked.by.agent;
    match &relayed.from {
        Source::Commit(_) if agent.as_str().starts_with(AGENT_PREFIX) => Err(not_allowed(format!(
            "{agent} is a person on the pages of the host, and no branch speaks for one"
        ))),
        Source::Commit(from) => pin::check(desk, agent, from),
        Source::Page(from) if from.login.agent() != *agent => {
            Err(not_allowed(format!("{} cannot ask as {agent}", from.login)))
        }
        Source::Page(_) => Ok(()),
    }
}

/// Whether the request must not become part of the log: it has a secret in it, or something like one
/// and was refused for another reason.
fn is_secret(relayed: &Relayed, refusal: &Refusal) -> bool {
    let said = match &relayed.from {
        Source::Page(from) => from.said.as_str(),
        Source::Commit(_) => "",
    };
    matches!(refusal, Refusal::Secret { .. })
        || secret::is_suspect(said)
        || serde_json::to_string(&relayed.asked.request)
            .is_ok_and(|request| secret::is_suspect(&request))
}

/// Whether it would make a task the one that an issue is: by its name, or by a label.
fn names_issue(request: &Request) -> bool {
    let is_issue = |word: &str| issue_of(word).is_some();
    match request {
        Request::Task(task::Ask::Add(add)) => add.tasks.iter().any(|new| {
            let mut labels = new.labels.iter().map(|word| word.as_str());
            new.id.as_ref().is_some_and(|id| is_issue(id.as_str())) || labels.any(is_issue)
        }),
        Request::Task(task::Ask::Edit(edit)) => {
            edit.add_labels.iter().any(|word| is_issue(word.as_str()))
        }
        _ => false,
    }
}

fn check_time(desk: &Desk<'_>, relayed: &Relayed) -> Result<(), Refusal> {
    let (at, now) = (relayed.asked.at, desk.stamp.at);
    if at.plus_secs(HORIZON_SECS) < now {
        let days = HORIZON_SECS / (24 * 60 * 60);
        return Err(not_allowed(format!(
            "the request is of {at}, and after {days} days none is decided any more"
        )));
    }
    if now.plus_secs(AHEAD_SECS) < at {
        return Err(not_allowed(format!(
            "the request is of {at}, which is in the future: the asker's clock is wrong"
        )));
    }
    Ok(())
}

/// Writes the answer; without the reply when that is too long for a record.
fn write(
    desk: &mut Desk<'_>,
    relayed: &Relayed,
    outcome: &Outcome,
    notices: &[crate::model::notice::NoticeRecord],
) -> Result<(), Refusal> {
    let Relayed { asked, from, .. } = relayed;
    let (mut branch, mut commit, mut page, mut event) = (None, None, None, None);
    match from {
        Source::Commit(from) => {
            (branch, commit) = (Some(from.branch.clone()), Some(from.commit));
        }
        Source::Page(from) => {
            (page, event) = (Some(from.page.clone()), Some(from.event.clone()));
        }
    }
    let what = match from {
        Source::Page(from) => from.said.as_str().to_owned(),
        Source::Commit(_) => asked.request.in_short(),
    };
    let what = what.parse().or_else(|_| "a request".parse());
    let mut body = Answered {
        id: asked.id,
        what: what.map_err(|_| not_allowed("a request without words"))?,
        asked_at: asked.at,
        branch,
        commit,
        page,
        event,
        result: outcome.clone(),
        notices: notices.to_vec(),
    };
    let place = Answered::place(&asked.by.agent, asked.id);
    let rev = desk.staged.next_rev();
    let record = Stored::new(desk.stamp, rev, body.clone());
    match desk.staged.put(&place, &record) {
        Err(Refusal::Limit { .. }) => {}
        other => return other,
    }
    body.notices.clear();
    if let Outcome::Granted { reply } = &mut body.result {
        *reply = None;
    }
    let record = Stored::new(desk.stamp, rev, body);
    desk.staged.put(&place, &record)
}

fn told(relayed: &Relayed, outcome: Outcome) -> Reply {
    Reply::Relay(Box::new(Told {
        did: Did::Answered,
        id: Some(relayed.asked.id),
        result: Some(outcome),
    }))
}
