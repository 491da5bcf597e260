//! One command on its way: a small model of `coord::lead` and `coord::round`, with a step wherever
//! the real ones could be killed, overtaken or left without an answer.

use std::rc::Rc;

use git_coord_proof::domain::{Plan, decide};
use git_coord_proof::model::id::{Actor, OpId};
use git_coord_proof::model::key::Key;
use git_coord_proof::model::refusal::Refusal;
use git_coord_proof::model::reply::Reply;
use git_coord_proof::model::request::Request;
use git_coord_proof::model::stamp::{Stamp, Watch};
use git_coord_proof::model::task::Ask as Task;
use git_coord_proof::model::time::Timestamp;

use super::chain::{Ix, What};
use super::machine::Answer;
use super::{Fault, World};

/// How old a view may be that a refusal rests on, in milliseconds.
pub const AGE_MAX: u64 = 10_000;
/// The same for one who waits.
const WAITING_AGE_MAX: u64 = 300;
/// How often a lost race is decided again.
const ATTEMPTS_MAX: u32 = 40;
const REJECTIONS_MAX: u32 = 2;

#[derive(Clone)]
pub struct Job {
    pub agent: usize,
    pub op: OpId,
    pub seen: Ix,
    pub at: Timestamp,
    pub by: Actor,
    pub request: Rc<Request>,
    pub also: Vec<Key>,
    /// True time at which it was made.
    pub started: u64,
}

pub struct Command {
    pub job: Job,
    /// What the target branch had, and will have when this is done.
    pub along: Option<(usize, Vec<String>)>,
    pub phase: Phase,
    /// Whether a leader took it along.
    was_taken: bool,
}

pub enum Phase {
    /// It has left its request for whoever holds the lock of the clone.
    Ticket,
    /// It holds that lock.
    Lead(Box<Lead>),
}

pub struct Lead {
    /// Its own is the first.
    jobs: Vec<Job>,
    base: Ix,
    step: Step,
    attempts: u32,
    rejections: u32,
    is_confirmed: bool,
    /// Those whose requests an earlier leader took along and died with.
    orphans: Vec<OpId>,
    /// True time at which its push was sent.
    sent: u64,
    answers: Vec<Answer>,
    draft: Option<Ix>,
}

#[derive(Clone, Copy)]
enum Step {
    Decide,
    Fetch(Why),
    Push(usize),
}

/// Why a fetch is made.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Why {
    Stale,
    Refused,
    Silent,
}

impl Command {
    pub fn new(job: Job, along: Option<Vec<String>>, has: usize) -> Self {
        Self {
            job,
            along: along.map(|then| (has, then)),
            phase: Phase::Ticket,
            was_taken: false,
        }
    }

    /// Whether it may share a push.
    pub fn is_shared(&self) -> bool {
        self.along.is_none() && !matches!(*self.job.request, Request::Compact(_))
    }
}

impl World {
    /// Lets an agent's command go one step further.
    pub fn step(&mut self, agent: usize) -> Result<(), String> {
        let Some(mut command) = self.commands[agent].take() else {
            return Ok(());
        };
        let at = self.agents[agent].machine;
        let ended = match &mut command.phase {
            Phase::Ticket => {
                if let Some(answer) = self.machines[at].answers.remove(&command.job.op) {
                    return self.finish(&command.job, answer);
                }
                if self.machines[at].guard.is_none() {
                    let lead = self.lead(&command);
                    self.machines[at].guard = Some(agent);
                    command.phase = Phase::Lead(Box::new(lead));
                }
                None
            }
            Phase::Lead(lead) => self.go_on(agent, lead, command.along.as_ref())?,
        };
        let Some(answers) = ended else {
            self.commands[agent] = Some(command);
            return Ok(());
        };
        self.machines[at].guard = None;
        let Phase::Lead(lead) = command.phase else {
            return Ok(());
        };
        let answers = lead
            .jobs
            .iter()
            .zip(answers)
            .map(|(job, answer)| match answer {
                // No failure is a no there: it may be published.
                Answer::Failed(_) if lead.orphans.contains(&job.op) => Answer::Unknown,
                answer => answer,
            });
        let mut answers = answers.collect::<Vec<_>>().into_iter();
        let own = answers.next().unwrap();
        for (job, answer) in lead.jobs.iter().skip(1).zip(answers) {
            // Whoever has died meanwhile reads none.
            let waits = self.commands[job.agent].as_ref();
            if waits.is_some_and(|waits| waits.job.op == job.op) {
                self.machines[at].answers.insert(job.op, answer);
            }
        }
        self.finish(&command.job, own)
    }

    /// Takes the lock of the clone, and the requests that lie there.
    fn lead(&mut self, own: &Command) -> Lead {
        let machine = self.agents[own.job.agent].machine;
        let mut jobs = vec![own.job.clone()];
        let mut orphans = Vec::new();
        orphans.extend(own.was_taken.then_some(own.job.op));
        if own.is_shared() {
            let (agents, answers) = (&self.agents, &self.machines[machine].answers);
            let others = self.commands.iter_mut().flatten().filter(|other| {
                matches!(other.phase, Phase::Ticket)
                    && other.is_shared()
                    && other.job.op != own.job.op
                    && agents[other.job.agent].machine == machine
                    && !answers.contains_key(&other.job.op)
            });
            jobs.extend(others.map(|other| {
                if std::mem::replace(&mut other.was_taken, true) {
                    orphans.push(other.job.op);
                }
                other.job.clone()
            }));
        }
        if !orphans.is_empty() {
            self.machines[machine].confirmed = None;
        }
        Lead {
            jobs,
            base: self.machines[machine].tip,
            step: Step::Decide,
            attempts: 0,
            rejections: 0,
            is_confirmed: false,
            orphans,
            sent: 0,
            answers: Vec::new(),
            draft: None,
        }
    }

    /// One step of the leader; all answers when it is over.
    fn go_on(
        &mut self,
        agent: usize,
        lead: &mut Lead,
        along: Option<&(usize, Vec<String>)>,
    ) -> Result<Option<Vec<Answer>>, String> {
        let at = self.agents[agent].machine;
        match lead.step {
            Step::Decide => {
                lead.attempts += 1;
                if lead.attempts > ATTEMPTS_MAX {
                    return Ok(Some(all(lead, Answer::Failed("busy"))));
                }
                self.decide_all(at, lead)?;
                let was_confirmed = std::mem::take(&mut lead.is_confirmed);
                let age_max = lead.answers.iter().filter_map(age_max).min();
                let age = self.machines[at].age(self.now);
                let is_stale = |max| !was_confirmed && age.is_none_or(|age| age > max);
                if !self.is_local && age_max.is_some_and(is_stale) {
                    lead.step = Step::Fetch(Why::Stale);
                    return Ok(None);
                }
                let Some(new) = lead.draft else {
                    return Ok(Some(std::mem::take(&mut lead.answers)));
                };
                if self.is_local {
                    self.chain.swap(lead.base, new, self.now)?;
                    self.machines[at].tip = new;
                    return Ok(Some(std::mem::take(&mut lead.answers)));
                }
                if self.is_cut(at) || self.strikes(Fault::Unreached) {
                    return Ok(Some(all(lead, Answer::Failed("unreachable"))));
                }
                // Without the lock's answer there is nothing that may move along.
                let along = along.filter(|_| matches!(lead.answers[0], Answer::Done { .. }));
                lead.sent = self.now;
                lead.step = Step::Push(self.send(lead.base, new, along.cloned()));
                Ok(None)
            }
            Step::Push(message) => {
                if self.is_cut(at) || self.strikes(Fault::LostAnswer) {
                    // It may be on its way still, or have arrived.
                    lead.step = Step::Fetch(Why::Silent);
                    return Ok(None);
                }
                let has_moved = match self.messages[message].answer {
                    Some(has_moved) => has_moved,
                    None => self.deliver(message)?,
                };
                if !has_moved {
                    lead.step = Step::Fetch(Why::Refused);
                    return Ok(None);
                }
                self.adopt(at, lead.draft.unwrap())?;
                self.machines[at].confirm(lead.sent);
                Ok(Some(std::mem::take(&mut lead.answers)))
            }
            Step::Fetch(why) => self.fetched(at, lead, why, along.is_some()),
        }
    }

    /// Goes on from what a fetch brought, or did not.
    fn fetched(
        &mut self,
        at: usize,
        lead: &mut Lead,
        why: Why,
        is_alone: bool,
    ) -> Result<Option<Vec<Answer>>, String> {
        let failed = match why {
            Why::Silent => Answer::Unknown,
            Why::Stale | Why::Refused => Answer::Failed("unreachable"),
        };
        if self.is_cut(at) || self.strikes(Fault::Unreached) {
            return Ok(Some(all(lead, failed)));
        }
        // A mirror that lags behind; what the authority itself says settles the rest.
        let mut now = self.chain.tip();
        if why == Why::Stale && self.strikes(Fault::OldMirror) {
            let back = self.rng.u64(1..8).min(self.chain.rev(now));
            now = self.chain.states[(self.chain.rev(now) - back) as usize];
            self.freshness_is_lost = true;
        }
        if self.chain.rev(now) < self.chain.rev(self.machines[at].tip) {
            self.counts.alarms += 1;
            return Ok(Some(all(lead, Answer::Failed("rewritten"))));
        }
        self.adopt(at, now)?;
        self.machines[at].confirm(self.now);
        lead.step = Step::Decide;
        let before = std::mem::replace(&mut lead.base, now);
        if why == Why::Stale {
            lead.is_confirmed = true;
            lead.attempts -= u32::from(before == now);
            return Ok(None);
        }
        let new = lead.draft.unwrap();
        if self.chain.has(new) {
            return Ok(Some(std::mem::take(&mut lead.answers)));
        }
        if now != before {
            self.counts.lost_races += 1;
            return Ok(None);
        }
        match why {
            Why::Silent => Ok(Some(all(lead, Answer::Unknown))),
            _ if !is_alone && lead.rejections < REJECTIONS_MAX => {
                lead.rejections += 1;
                Ok(None)
            }
            _ => Ok(Some(all(lead, Answer::Failed("rejected")))),
        }
    }

    /// Decides all jobs, each on the state that the last one left.
    fn decide_all(&mut self, at: usize, lead: &mut Lead) -> Result<(), String> {
        lead.answers.clear();
        lead.draft = None;
        let mut on = lead.base;
        for job in &lead.jobs {
            // It may be there already: its answer was lost, or its carrier died.
            let found = self.chain.find(job.op).filter(|found| {
                let rev = self.chain.rev(*found);
                rev <= self.chain.rev(lead.base) && rev > self.chain.rev(job.seen)
            });
            if let Some(found) = found {
                self.counts.found_published += 1;
                lead.answers.push(Answer::Done {
                    commit: Some(found),
                    on: found,
                    reply: self.chain.reply(found).clone(),
                });
                continue;
            }
            let mut stamp = Stamp {
                at: job.at,
                by: job.by.clone(),
                op: job.op,
                watch: self.machines[at].plain_watch(),
                here: None,
            };
            let is_choice = matches!(*job.request, Request::Task(Task::Next(_) | Task::Claim(_)));
            if is_choice {
                stamp.watch = self.watch(at);
            }
            let book = self.chain.commits[on].book.clone();
            let mut decided = decide(&job.request, &book, &stamp, &job.also);
            if !is_choice && is_in_the_way(&decided) {
                stamp.watch = self.watch(at);
                decided = decide(&job.request, &book, &stamp, &job.also);
            }
            self.counts.decisions += 1;
            lead.answers.push(match decided {
                Err(refusal) => Answer::Refused {
                    refusal: Box::new(refusal),
                    on,
                },
                Ok(plan) if !plan.is_change => Answer::Done {
                    commit: None,
                    on,
                    reply: plan.reply,
                },
                Ok(plan) => {
                    let reply = plan.reply.clone();
                    let what = What {
                        by: job.by.clone(),
                        stamp,
                        request: Rc::clone(&job.request),
                        plan,
                    };
                    on = self.chain.add(on, [job.started, self.now], what)?;
                    lead.draft = Some(on);
                    Answer::Done {
                        commit: Some(on),
                        on,
                        reply,
                    }
                }
            });
        }
        Ok(())
    }

    fn watch(&self, at: usize) -> Watch {
        let dead = self.dead[at].iter().cloned();
        self.machines[at].watch(self.now, dead)
    }

    /// Moves the local ref, which only goes forward.
    pub fn adopt(&mut self, at: usize, new: Ix) -> Result<(), String> {
        let old = self.machines[at].tip;
        if !self.chain.has(new) || self.chain.rev(new) < self.chain.rev(old) {
            return Err(format!(
                "clone {at} went from {old} to {new}, which does not continue it"
            ));
        }
        self.machines[at].tip = new;
        Ok(())
    }
}

fn all(lead: &Lead, answer: Answer) -> Vec<Answer> {
    vec![answer; lead.jobs.len()]
}

fn is_in_the_way(decided: &Result<Plan, Refusal>) -> bool {
    match decided {
        Ok(plan) => matches!(plan.reply, Reply::Waiting { .. }),
        Err(refusal) => matches!(
            refusal,
            Refusal::LockHeld { .. } | Refusal::OtherSession { .. } | Refusal::Deadlock { .. }
        ),
    }
}

/// How old the view may be that an answer rests on, in milliseconds.
fn age_max(answer: &Answer) -> Option<u64> {
    match answer {
        Answer::Done {
            commit: None,
            reply,
            ..
        } => match reply {
            Reply::Locked { .. } => Some(0),
            Reply::Waiting { .. } => Some(WAITING_AGE_MAX),
            Reply::Left { .. } | Reply::Noted | Reply::Compacted { .. } => None,
            _ => Some(AGE_MAX),
        },
        Answer::Refused { .. } => Some(AGE_MAX),
        _ => None,
    }
}
