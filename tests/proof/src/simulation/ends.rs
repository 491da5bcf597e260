//! How commands end, and what has to hold then; and how a run ends: without faults, with everybody
//! who waits getting there.

use git_coord_proof::model::key::Key;
use git_coord_proof::model::lock::Mode;
use git_coord_proof::model::refusal::{Conflict, Refusal};
use git_coord_proof::model::reply::Reply;
use git_coord_proof::model::request::{Request, Unlock, Which};
use git_coord_proof::model::task::{Ask as Task, Done, Next};

use super::agent::Agent;
use super::chain::Ix;
use super::command::{AGE_MAX, Job};
use super::machine::Answer;
use super::{Told, World};
use crate::words::covers;

/// How long a round without faults is, in milliseconds.
const ROUND: u64 = 20_000;
/// Leases of the dead have to end, and everybody goes before everybody else once.
const ROUNDS_MAX: usize = 250;
/// Steps that a command takes at most when nothing is in its way but others.
const STEPS_MAX: usize = 400;

impl World {
    /// An answer reaches who asked.
    pub(super) fn finish(&mut self, job: &Job, answer: Answer) -> Result<(), String> {
        let shown = |why: &str| {
            Err(format!(
                "{}: {why}: {:?} was answered {answer:?}",
                job.by, job.request
            ))
        };
        let told = match &answer {
            Answer::Done { commit, on, reply } => {
                self.counts.done += 1;
                match commit {
                    Some(commit) if !self.chain.has(*commit) => {
                        return shown("what was acknowledged is not there");
                    }
                    Some(_) => Told::Yes,
                    None => {
                        if matches!(reply, Reply::Locked { .. }) && !self.was_state(*on, job, 0) {
                            return shown("it held it in a state that was over");
                        }
                        Told::No("that nothing was to do")
                    }
                }
            }
            Answer::Refused { refusal, on } => {
                self.counts.refused += 1;
                if !self.was_state(*on, job, AGE_MAX) {
                    return shown("it was refused on a state that was over");
                }
                if let Err(why) = self.check_refusal(job, refusal, *on) {
                    return shown(&why);
                }
                Told::No("with a refusal")
            }
            Answer::Failed(why) => {
                self.counts.failed += 1;
                Told::No(why)
            }
            Answer::Unknown => {
                self.counts.unknown += 1;
                Told::Nothing
            }
        };
        self.told.push((job.op, told));
        let met: &[Conflict] = match &answer {
            Answer::Done {
                reply: Reply::Waiting { conflicts, .. },
                ..
            } => conflicts,
            Answer::Refused { refusal, .. } => match &**refusal {
                Refusal::LockHeld { conflicts } | Refusal::OtherSession { conflicts } => conflicts,
                _ => &[],
            },
            _ => &[],
        };
        let at = self.agents[job.agent].machine;
        self.machines[at].note(met, self.now);
        if self.agents[job.agent].me == job.by {
            self.agents[job.agent].hears(&answer);
        }
        Ok(())
    }

    /// Whether an answer rests on a state that was the newest one at a time when it could be asked
    /// for, or is about what shared its push.
    fn was_state(&self, on: Ix, job: &Job, age_max: u64) -> bool {
        if self.is_local || self.freshness_is_lost {
            return true;
        }
        // What shares a push rests on what goes before it there.
        let mut on = on;
        while !self.chain.has(on) {
            on = self.chain.commits[on].parent;
        }
        // Clocks run at different speeds.
        self.chain.commits[on].superseded >= job.started.saturating_sub(age_max * 11 / 10)
    }

    /// Whether a refusal is right at the state that it is about.
    fn check_refusal(&self, job: &Job, refusal: &Refusal, on: Ix) -> Result<(), String> {
        let book = &self.chain.commits[on].book;
        let hold = |conflict: &Conflict| {
            let lock = book.locks.values().find(|lock| lock.key == conflict.held)?;
            let hold = lock.holds.iter().find(|hold| hold.is_of(&conflict.by));
            hold.filter(|hold| hold.rev == conflict.rev)
                .map(|_| lock.mode)
        };
        match refusal {
            Refusal::LockHeld { conflicts } | Refusal::OtherSession { conflicts } => {
                if conflicts.is_empty() {
                    return Err("nothing is in the way".into());
                }
                for conflict in conflicts {
                    let Some(mode) = hold(conflict) else {
                        return Err(format!("nobody holds `{}` like that", conflict.held));
                    };
                    let masks = [covers(&conflict.held), covers(&conflict.wanted)];
                    let is_apart = masks.iter().all(|mask| *mask != 0) && masks[0] & masks[1] == 0;
                    // A lander's own lock is in the way of what another has submitted.
                    let is_own =
                        conflict.by == job.by && !matches!(*job.request, Request::Queue(_));
                    let wanted = match &*job.request {
                        Request::Lock(lock) => lock.mode,
                        _ => Mode::Exclusive,
                    };
                    if is_apart || is_own || mode.is_compatible(wanted) {
                        return Err(format!("`{}` is not in the way", conflict.held));
                    }
                }
            }
            Refusal::NotHeld { keys, .. } => {
                let is_own = |key: &Key| {
                    let mut locks = book.locks.values();
                    locks.any(|lock| {
                        lock.key == *key && lock.holds.iter().any(|hold| hold.is_of(&job.by))
                    })
                };
                if keys.is_empty() || keys.iter().any(is_own) {
                    return Err("it holds them".into());
                }
            }
            Refusal::RevChanged { key, named, .. } => {
                let mut locks = book.locks.values().filter(|lock| lock.key == *key);
                if locks.any(|lock| lock.holds.iter().any(|hold| hold.rev == *named)) {
                    return Err("it is at that number".into());
                }
            }
            Refusal::Reserved { ahead } if ahead.iter().all(|ahead| ahead.by != job.by) => {}
            Refusal::Deadlock { cycle, .. } if cycle.len() > 2 => {}
            Refusal::NothingReady { .. } | Refusal::WrongState { .. } | Refusal::Exists { .. } => {}
            Refusal::NotYours { .. } | Refusal::NotFound { .. } => {}
            other => return Err(format!("nobody expects {other}")),
        }
        Ok(())
    }

    /// Runs what an agent has begun to its end.
    fn complete(&mut self, agent: usize) -> Result<(), String> {
        for _ in 0..STEPS_MAX {
            if self.commands[agent].is_none() {
                return Ok(());
            }
            self.step(agent)?;
            // Who waits for the lock of the clone waits for others.
            for other in 0..self.agents.len() {
                if other != agent {
                    self.step(other)?;
                }
            }
        }
        Err(format!("the command of agent {agent} does not end"))
    }

    fn does(&mut self, agent: usize, request: Request) -> Result<(), String> {
        self.begin(agent, request, None);
        self.complete(agent)
    }

    /// The faults end. Everybody asks for something until it has it, all tasks are done, and then
    /// everything that anybody was told has to be so.
    pub(super) fn calm_down(&mut self) -> Result<(), String> {
        self.has_faults = false;
        self.machines
            .iter_mut()
            .for_each(|machine| machine.cut_until = 0);
        let all = || Request::Unlock(Unlock { which: Which::All });
        for agent in 0..self.agents.len() {
            self.complete(agent)?;
        }
        for agent in 0..self.agents.len() {
            self.does(agent, all())?;
        }
        let far = |world: &Self, agent: usize| {
            let at = world.agents[agent].machine;
            world.machines[at].stamp(world.now).plus_secs(500_000)
        };
        let mut wishes: Vec<_> = (0..self.agents.len())
            .map(|agent| {
                let (keys, mode) = Agent::wish(&mut self.rng);
                Some((keys, mode, far(self, agent)))
            })
            .collect();
        let mut holding = vec![0; self.agents.len()];
        let mut rounds = 0;
        while wishes.iter().any(Option::is_some) {
            rounds += 1;
            if rounds > ROUNDS_MAX {
                let who = wishes.iter().position(Option::is_some).unwrap();
                let at = self.agents[who].machine;
                let book = &self.chain.commits[self.chain.tip()].book;
                let (wall, walls) = (
                    self.machines[at].stamp(self.now),
                    self.machines
                        .iter()
                        .map(|machine| machine.offset / 1000)
                        .collect::<Vec<_>>(),
                );
                return Err(format!(
                    "{} waits for ever for {:?} at {wall} (clocks are off by {walls:?} s, trusted: {}) \
                     in:\n{}",
                    self.agents[who].me,
                    wishes[who].as_ref().map(|(keys, mode, _)| (
                        keys.iter().map(ToString::to_string).collect::<Vec<_>>(),
                        mode
                    )),
                    self.machines[at].plain_watch().skew_secs.is_some(),
                    book.shown(&["locks/", "waits/"])
                ));
            }
            // Only leases of the dead are waited for that long.
            self.now += if rounds % 16 == 0 { 400_000 } else { ROUND };
            for agent in 0..self.agents.len() {
                if holding[agent] > 0 {
                    holding[agent] -= 1;
                    if holding[agent] == 0 {
                        self.does(agent, all())?;
                    }
                    continue;
                }
                let Some((keys, mode, until)) = wishes[agent].clone() else {
                    continue;
                };
                self.does(agent, Agent::waiting(keys.clone(), mode, until))?;
                let at = self.agents[agent].machine;
                let me = &self.agents[agent].me;
                let book = &self.chain.commits[self.machines[at].tip].book;
                let has = |key| {
                    book.locks.values().any(|lock| {
                        lock.key.covers(key)
                            && lock.mode >= mode
                            && lock.holds.iter().any(|hold| hold.is_of(me))
                    })
                };
                if keys.iter().all(has) {
                    wishes[agent] = None;
                    holding[agent] = 2;
                    self.counts.got_there += 1;
                }
            }
        }
        for agent in 0..self.agents.len() {
            self.does(agent, all())?;
        }
        self.finish_tasks()?;
        self.settle_accounts()
    }

    /// Everything that is there to be done gets done.
    fn finish_tasks(&mut self) -> Result<(), String> {
        if !matches!(self.chain.states.len(), 2..) {
            return Ok(());
        }
        for round in 0.. {
            if round > 60 {
                return Err("there is work that nobody gets done".into());
            }
            let before = self.counts.refused;
            for agent in 0..self.agents.len() {
                let task = match self.agents[agent].task.clone() {
                    None => Task::Next(Next::default()),
                    Some(id) => Task::Done(Done {
                        id,
                        result: None,
                        keep_locks: false,
                        allow_secrets: Default::default(),
                    }),
                };
                let is_done = matches!(task, Task::Done(_));
                self.does(agent, Request::Task(task))?;
                if is_done {
                    // Done, or lost to somebody else meanwhile.
                    self.agents[agent].task = None;
                }
            }
            let idle = self.counts.refused - before == self.agents.len() as u64;
            if idle && round > 6 {
                return Ok(());
            }
            self.now += 1_000 * 260;
        }
        Ok(())
    }

    /// What was acknowledged is there, once; what was refused is not.
    fn settle_accounts(&mut self) -> Result<(), String> {
        for (op, told) in &self.told {
            let is_there = self.chain.find(*op).is_some();
            match told {
                Told::Yes if !is_there => {
                    return Err(format!("{op:?} was acknowledged and is lost"));
                }
                Told::No(why) if is_there => {
                    return Err(format!("{op:?} was answered {why} and is there"));
                }
                _ => {}
            }
        }
        for at in 0..self.machines.len() {
            self.adopt(at, self.chain.tip())?;
        }
        Ok(())
    }
}
