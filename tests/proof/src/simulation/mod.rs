//! Many agents at many machines, one remote, and whatever can go wrong between them: seeded, in one
//! process, and the same again for the same seed.
//!
//! Real is every decision (`domain`) and every record, and so is what replay does. A model, kept as
//! small as the real thing lets it be, are `coord`'s loop with its views, the lock of a clone and
//! group commit (`command`), the clocks and notes of a machine, the network, and the ref (`chain`).
//! First everything may fail and nothing wrong may happen; then nothing fails any more, and whoever
//! waits gets there.

mod agent;
mod chain;
mod command;
mod ends;
mod machine;

use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

use fastrand::Rng;
use git_coord_proof::model::id::{Actor, OpId};
use git_coord_proof::model::request::Request;

use agent::Agent;
use chain::{Audit, Chain, Ix};
use command::{Command, Job};
use machine::{Machine, SKEW_SECS};

/// What was done, and how often.
#[derive(Clone, Debug, Default)]
pub struct Counts {
    pub steps: u64,
    pub simulated_secs: u64,
    pub decisions: u64,
    pub decided_again: u64,
    pub commits: u64,
    pub done: u64,
    pub refused: u64,
    pub unknown: u64,
    pub failed: u64,
    pub faults: BTreeMap<Fault, u64>,
    pub lost_races: u64,
    pub found_published: u64,
    pub alarms: u64,
    pub got_there: u64,
}

/// What can go wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Fault {
    /// A command is killed.
    Kill,
    /// And the session with it.
    Death,
    /// A machine starts anew.
    Reboot,
    /// A machine does not reach the remote for a while.
    Partition,
    /// A single message does not get there.
    Unreached,
    /// It got there, and its answer did not come back.
    LostAnswer,
    /// It got there twice.
    Twice,
    /// It got there long after it was given up.
    Late,
    /// A fetch is answered by a mirror that lags behind.
    OldMirror,
    /// A wall clock is set.
    ClockSet,
}

/// A push on its way.
struct Message {
    base: Ix,
    new: Ix,
    along: Option<(usize, Vec<String>)>,
    answer: Option<bool>,
}

/// How a command ended for who asked.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Told {
    Yes,
    No(&'static str),
    Nothing,
}

pub struct World {
    rng: Rng,
    /// True time, in milliseconds.
    now: u64,
    chain: Chain,
    machines: Vec<Machine>,
    agents: Vec<Agent>,
    commands: Vec<Option<Command>>,
    messages: Vec<Message>,
    /// Sessions whose processes are gone, for each machine.
    dead: Vec<BTreeSet<Actor>>,
    told: Vec<(OpId, Told)>,
    is_local: bool,
    has_faults: bool,
    /// How much goes wrong, in thousandths.
    odds: u32,
    /// Whether a mirror or a clock made views look younger than they are.
    freshness_is_lost: bool,
    ops: u64,
    counts: Counts,
}

impl World {
    fn new(seed: u64) -> Self {
        let mut rng = Rng::with_seed(seed);
        let is_local = rng.u8(..6) == 0;
        let machines = if is_local { 1 } else { rng.usize(2..4) };
        let agents = rng.usize(3..6);
        // Three kinds of clocks: right to the slack, wrong by a month with nobody trusting them, and
        // wrong by a month with everybody trusting them, which may cost a lease and nothing else.
        let clocks = rng.u8(..4);
        let most = if clocks < 2 { 280_000 } else { 2_592_000_000 };
        let skew = (clocks != 2).then_some(SKEW_SECS);
        let audit = Audit {
            has_sane_clocks: clocks != 3,
            decides_again: rng.u8(..4) == 0,
        };
        let machine = |rng: &mut Rng| Machine::new(rng.u64(950..1050), rng.i64(-most..most), skew);
        Self {
            now: 0,
            chain: Chain::new(audit),
            machines: (0..machines).map(|_| machine(&mut rng)).collect(),
            agents: (0..agents).map(|n| Agent::new(n, n % machines)).collect(),
            commands: (0..agents).map(|_| None).collect(),
            messages: Vec::new(),
            dead: vec![BTreeSet::new(); machines],
            told: Vec::new(),
            is_local,
            has_faults: true,
            odds: [0, 10, 30, 100, 250][rng.usize(..5)],
            freshness_is_lost: false,
            ops: 0,
            counts: Counts::default(),
            rng,
        }
    }

    /// Whether a fault strikes now.
    fn strikes(&mut self, fault: Fault) -> bool {
        let does = self.has_faults && self.rng.u32(..1000) < self.odds;
        if does {
            *self.counts.faults.entry(fault).or_default() += 1;
        }
        does
    }

    fn is_cut(&self, at: usize) -> bool {
        self.machines[at].cut_until > self.now
    }

    fn send(&mut self, base: Ix, new: Ix, along: Option<(usize, Vec<String>)>) -> usize {
        self.messages.push(Message {
            base,
            new,
            along,
            answer: None,
        });
        self.messages.len() - 1
    }

    /// A push arrives: all of it happens, or nothing.
    fn deliver(&mut self, message: usize) -> Result<bool, String> {
        let Message { base, new, .. } = self.messages[message];
        let is_current = match &self.messages[message].along {
            Some((had, _)) => self.chain.target.len() == *had,
            None => true,
        };
        let has_moved = is_current && self.chain.swap(base, new, self.now)?;
        self.messages[message].answer = Some(has_moved);
        if has_moved && self.strikes(Fault::Twice) {
            let along = self.messages[message].along.clone();
            let again = self.send(base, new, along);
            if self.deliver(again)? {
                return Err("a push that came twice was taken twice".into());
            }
        }
        Ok(has_moved)
    }

    /// Makes a command of a request.
    fn begin(&mut self, agent: usize, request: Request, along: Option<Vec<String>>) {
        self.ops += 1;
        let Agent {
            machine, me, held, ..
        } = &self.agents[agent];
        let job = Job {
            agent,
            op: crate::words::op(self.ops),
            seen: self.machines[*machine].tip,
            at: self.machines[*machine].stamp(self.now),
            by: me.clone(),
            request: Rc::new(request),
            also: held.iter().cloned().collect(),
            started: self.now,
        };
        let has = self.chain.target.len();
        self.commands[agent] = Some(Command::new(job, along, has));
    }

    fn ask(&mut self, agent: usize) {
        let at = self.agents[agent].machine;
        let view = self.chain.commits[self.machines[at].tip].book.clone();
        let time = self.machines[at].stamp(self.now);
        let branch = self.chain.target.clone();
        let lands = !self.is_local;
        let (request, along) = self.agents[agent].asks(&mut self.rng, &view, time, &branch, lands);
        self.begin(agent, request, along);
    }

    fn kill(&mut self, agent: usize) {
        let at = self.agents[agent].machine;
        if let Some(command) = self.commands[agent].take() {
            self.told.push((command.job.op, Told::Nothing));
            self.machines[at].answers.remove(&command.job.op);
        }
        if self.machines[at].guard == Some(agent) {
            self.machines[at].guard = None;
        }
    }

    fn die(&mut self, agent: usize) {
        self.kill(agent);
        let me = self.agents[agent].me.clone();
        self.dead[self.agents[agent].machine].insert(me.clone());
        self.chain.dead.insert(me);
        self.agents[agent].begins_anew();
    }

    /// One thing happens.
    fn happen(&mut self) -> Result<(), String> {
        self.counts.steps += 1;
        let agent = self.rng.usize(..self.agents.len());
        match self.rng.u8(..20) {
            0..14 => match self.commands[agent] {
                Some(_) => self.step(agent)?,
                None => self.ask(agent),
            },
            14..16 => self.now += self.rng.u64(1..3000),
            16 => {
                let long = self.rng.u8(..8) == 0;
                self.now += 1000
                    * if long {
                        self.rng.u64(300..4000)
                    } else {
                        self.rng.u64(1..300)
                    };
            }
            17 if self.strikes(Fault::Kill) => self.kill(agent),
            18 if self.strikes(Fault::Death) => self.die(agent),
            _ => self.disturb()?,
        }
        Ok(())
    }

    /// Something happens to a machine, or to the network.
    fn disturb(&mut self) -> Result<(), String> {
        let at = self.rng.usize(..self.machines.len());
        match self.rng.u8(..4) {
            0 if self.strikes(Fault::Reboot) => {
                for agent in 0..self.agents.len() {
                    if self.agents[agent].machine == at {
                        self.die(agent);
                    }
                }
                self.machines[at].reboot(self.now);
            }
            1 if self.strikes(Fault::Partition) => {
                self.machines[at].cut_until = self.now + self.rng.u64(1000..120_000);
            }
            2 => {
                let is_lost = |message: &Message| message.answer.is_none();
                let late = self.messages.iter().position(is_lost);
                if let Some(late) = late.filter(|_| self.has_faults) {
                    *self.counts.faults.entry(Fault::Late).or_default() += 1;
                    self.deliver(late)?;
                }
            }
            3 if self.strikes(Fault::ClockSet) => {
                let most = if self.chain.audit.has_sane_clocks
                    && self.machines[at].offset.abs() < 300_000
                {
                    280_000
                } else {
                    2_592_000_000
                };
                let offset = self.rng.i64(-most..most);
                self.machines[at].set_clock(offset);
                self.freshness_is_lost = true;
            }
            _ => {}
        }
        Ok(())
    }
}

/// Simulates one seed.
///
/// # Errors
/// What went wrong.
pub fn run(seed: u64, steps: u64) -> Result<Counts, String> {
    let mut world = World::new(seed);
    world.begin(0, agent::tasks(), None);
    for _ in 0..steps {
        world.happen()?;
    }
    world.calm_down()?;
    world.counts.commits = world.chain.states.len() as u64 - 1;
    world.counts.decided_again = world.chain.decided_again;
    world.counts.simulated_secs = world.now / 1000;
    Ok(world.counts)
}

impl Counts {
    pub fn add(&mut self, other: &Self) {
        for (own, other) in [
            (&mut self.steps, other.steps),
            (&mut self.simulated_secs, other.simulated_secs),
            (&mut self.decisions, other.decisions),
            (&mut self.decided_again, other.decided_again),
            (&mut self.commits, other.commits),
            (&mut self.done, other.done),
            (&mut self.refused, other.refused),
            (&mut self.unknown, other.unknown),
            (&mut self.failed, other.failed),
            (&mut self.lost_races, other.lost_races),
            (&mut self.found_published, other.found_published),
            (&mut self.alarms, other.alarms),
            (&mut self.got_there, other.got_there),
        ] {
            *own += other;
        }
        for (fault, count) in &other.faults {
            *self.faults.entry(*fault).or_default() += count;
        }
    }
}
