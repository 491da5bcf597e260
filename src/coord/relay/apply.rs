//! Having requests decided, and their answers recorded.

use crate::domain::queue::find;
use crate::env;
use crate::model::branch::Branch;
use crate::model::id::{AgentName, OpId};
use crate::model::queue;
use crate::model::refusal::Refusal;
use crate::model::relay::{Ask, FromCommit, Outcome, Rule, Source, TurnedDown};
use crate::model::reply::Reply;
use crate::model::request::Request;
use crate::model::text::{Text, shown};

use super::super::commit::Job;
use super::super::{Coord, Failure, lead, view};
use super::find::{Branches, Found, new};
use super::judge::{Verdict, judge};
use super::{Answer, Ending, Relayed};

/// Most requests that are decided in one publication.
pub(super) const JOBS_MAX: usize = 64;

/// Most commits that one round turns down on the record.
const TURNED_DOWN_MAX: usize = 64;

/// A request on its way to its answer.
struct Wanted {
    found: Found,
    source: Box<FromCommit>,
}

/// Decides all new requests. Whether nothing is left to do on these branches.
///
/// # Errors
/// When the state cannot be published at all.
pub(super) fn all(
    coord: &Coord,
    remote: &str,
    rules: &[Rule],
    branches: &Branches,
    round: &mut Relayed,
) -> Result<bool, Failure> {
    let mut wanted = Vec::new();
    let mut down = Vec::new();
    let mut is_whole = true;
    {
        let state = view::open(coord, None)?;
        let now = env::now();
        for found in new(coord, remote, rules, branches)? {
            match judge(&found, rules, &state, now) {
                Ok(Verdict::Over) => {}
                Ok(Verdict::No(why)) => down.push((found, why)),
                Ok(Verdict::Apply(source)) => wanted.push(Wanted { found, source }),
                Err(why) => {
                    is_whole = false;
                    round.troubles.push(why.to_string());
                }
            }
        }
    }
    // What was taken back is not decided first.
    wanted.sort_by_key(|wanted| !is_cancel(wanted.request()));
    let mut rest = wanted;
    while !rest.is_empty() {
        let later = rest.split_off(rest.len().min(JOBS_MAX));
        is_whole &= decide(coord, rest, &mut down, round)?;
        rest = later;
    }
    let surplus = down.len().saturating_sub(TURNED_DOWN_MAX);
    if surplus > 0 {
        // Whoever fills a branch with them does not fill the state.
        down.truncate(TURNED_DOWN_MAX);
        let what = format!("{surplus} more commits that are no requests were passed over");
        round.troubles.push(what);
    }
    turn_down(coord, &down, round)?;
    Ok(is_whole)
}

fn is_cancel(request: Option<&Request>) -> bool {
    matches!(request, Some(Request::Relay(Ask::Cancel { .. })))
}

impl Wanted {
    fn request(&self) -> Option<&Request> {
        self.found
            .carried
            .asked
            .as_ref()
            .ok()
            .map(|asked| &asked.request)
    }
}

/// Decides some requests in one publication. What turns out not to be one goes `down`.
fn decide(
    coord: &Coord,
    wanted: Vec<Wanted>,
    down: &mut Vec<(Found, String)>,
    round: &mut Relayed,
) -> Result<bool, Failure> {
    let mut is_whole = true;
    let mut jobs = Vec::new();
    let mut asked = Vec::new();
    for wanted in wanted {
        match sealed(coord, wanted.request()) {
            Ok(None) => {}
            Ok(Some(why)) => {
                down.push((wanted.found, why));
                continue;
            }
            Err(why) => {
                is_whole = false;
                round
                    .troubles
                    .push(format!("{}: {why}", wanted.found.commit.short()));
                continue;
            }
        }
        if let Some(job) = job(coord, &wanted)? {
            jobs.push(job);
            asked.push(wanted);
        }
    }
    if jobs.is_empty() {
        return Ok(is_whole);
    }
    let answers = lead::handle_relayed(coord, &jobs)?;
    for (Wanted { found, source }, answer) in asked.into_iter().zip(answers) {
        match answer {
            Ok(done) => {
                if let Reply::Relay(told) = &done.reply
                    && let Some(outcome) = &told.result
                {
                    round
                        .answers
                        .push(answered(&found, &source.branch, outcome));
                }
            }
            Err(Failure::Refused(refusal)) => match *refusal {
                Refusal::NotAllowed { what } => down.push((found, what)),
                other => {
                    is_whole = false;
                    let why = format!("{}: {other}", found.commit.short());
                    round.troubles.push(why);
                }
            },
            Err(other) => return Err(other),
        }
    }
    Ok(is_whole)
}

fn job(coord: &Coord, wanted: &Wanted) -> Result<Option<Job>, Failure> {
    let Ok(asked) = &wanted.found.carried.asked else {
        return Ok(None);
    };
    Ok(Some(Job {
        op: asked.id,
        seen: view::trusted(coord)?,
        // A lease begins when it is decided, by a clock that one of those who share the state has.
        at: env::now(),
        by: asked.by.clone(),
        also: asked.also.clone(),
        here: asked.here.clone(),
        refused: Vec::new(),
        request: Request::Relay(Ask::Apply(Box::new(crate::model::relay::Relayed {
            asked: asked.clone(),
            from: Source::Commit((*wanted.source).clone()),
            relay: coord.actor().clone(),
        }))),
    }))
}

/// Seals what is to get in line, as its submitter could not: it has to be on the branch that asks.
/// Why that cannot be, if it cannot.
pub(super) fn sealed(coord: &Coord, request: Option<&Request>) -> Result<Option<String>, Failure> {
    let (sealed, branch) = match request {
        Some(Request::Queue(queue::Ask::Add(add))) => (add.sealed, add.branch.clone()),
        Some(Request::Queue(queue::Ask::Retry(retry))) => {
            let view = view::open(coord, None)?;
            let entry = find::get(&view, &retry.target, &retry.id)?;
            (retry.sealed, entry.and_then(|entry| entry.body.branch))
        }
        _ => return Ok(None),
    };
    // The rules may be about branches of requests only.
    if let (false, Some(branch)) = (coord.has_commit(&sealed), branch) {
        let named = [branch.as_str().to_owned()];
        let _ = coord.repo.fetch_apart(coord.settings.authority(), &named)?;
    }
    if !coord.has_commit(&sealed) {
        return Ok(Some(format!(
            "{} was not pushed before it was put in line",
            sealed.short()
        )));
    }
    coord.seal_held(sealed)?;
    Ok(None)
}

/// Records that commits are not taken for requests.
fn turn_down(coord: &Coord, down: &[(Found, String)], round: &mut Relayed) -> Result<(), Failure> {
    let mut jobs = Vec::new();
    for (found, why) in down {
        let Some(branch) = found.branches.first() else {
            continue;
        };
        let (agent, id) = named(found);
        let wanted = TurnedDown {
            commit: found.commit,
            branch: branch.clone(),
            agent,
            id,
            why: cut(why),
        };
        jobs.push(Job {
            op: env::fresh_op(),
            seen: view::trusted(coord)?,
            at: env::now(),
            by: coord.actor().clone(),
            also: Vec::new(),
            here: None,
            refused: Vec::new(),
            request: Request::Relay(Ask::TurnDown(wanted)),
        });
    }
    if jobs.is_empty() {
        return Ok(());
    }
    let answers = lead::handle_relayed(coord, &jobs)?;
    for ((found, why), answer) in down.iter().zip(answers) {
        let Some(branch) = found.branches.first() else {
            continue;
        };
        match answer?.reply {
            Reply::Relay(told) if told.result.is_none() => {
                let why = Some(shown(why));
                let is = Ending::TurnedDown;
                round.answers.push(told_of(found, branch, is, why));
            }
            _ => {}
        }
    }
    Ok(())
}

/// The beginning of a text that says why, as a record keeps it.
fn cut(why: &str) -> Text {
    const CHARS_MAX: usize = 250;
    let why: String = shown(why).chars().take(CHARS_MAX).collect();
    why.parse()
        .or_else(|_| "it is no request".parse())
        .expect("because the other one is a text")
}

fn named(found: &Found) -> (Option<AgentName>, Option<OpId>) {
    match &found.carried.asked {
        Ok(asked) => (Some(asked.by.agent.clone()), Some(asked.id)),
        Err(_) => (None, None),
    }
}

fn answered(found: &Found, branch: &Branch, outcome: &Outcome) -> Answer {
    let (is, why) = match outcome {
        Outcome::Granted { .. } => (Ending::Granted, None),
        Outcome::Refused { refusal } => (Ending::Refused, Some(refusal.code().to_owned())),
        Outcome::Cancelled {} => (Ending::Cancelled, None),
    };
    told_of(found, branch, is, why)
}

fn told_of(found: &Found, branch: &Branch, is: Ending, why: Option<String>) -> Answer {
    let (agent, id) = named(found);
    let asked = found.carried.asked.as_ref().ok();
    Answer {
        id,
        agent,
        what: asked.map_or_else(|| "?".into(), |asked| asked.request.in_short()),
        branch: branch.clone(),
        commit: found.commit,
        is,
        why,
    }
}
