//! A model that is searched: three agents at two clones of one remote want one key, and every order of
//! what can happen to their pushes is tried.
//!
//! Whether a request is granted is asked of the program's own decisions, once for each way in which
//! the key can stand; views, races, lost answers and deaths are the rules of `coord::lead` and
//! `coord::authority` in a few lines. What must hold is said in terms of the chain alone.

use std::collections::HashMap;
use std::sync::{LazyLock, Mutex};

use git_coord_proof::domain::decide;
use git_coord_proof::model::key::Key;
use git_coord_proof::model::request::{Land, Landed, Note, Renew, Request, Unlock, Which};
use git_coord_proof::model::stamp::{Stamp, Watch};
use stateright::{Checker, Model, Property};

use crate::book::Book;
use crate::words::{actor, key, op, plain_lock, point};

const AGENTS: usize = 3;
const CLONES: usize = 2;

/// What an agent asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum What {
    Lock,
    /// The same, after the hold at this number was watched until its lease had ended.
    Take(u8),
    Unlock,
    Renew,
    Land,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct Entry {
    op: u8,
    by: u8,
    what: What,
}

/// A push, which may arrive at any time.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct Push {
    base: u8,
    entry: Entry,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Phase {
    Idle,
    /// It waits for the answer to a push on a state of this number.
    Pushing(u8),
    /// The answer is on its way.
    Answered(u8, bool),
    /// No answer will come.
    Silent(u8),
}

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct Agent {
    phase: Phase,
    /// How many commands it has begun; the last one is under way unless it is idle.
    begun: u8,
    what: What,
    /// Operations that it was told are done, and those that it was told are not, one bit each.
    done: u8,
    refused: u8,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct State {
    chain: Vec<Entry>,
    views: [u8; CLONES],
    agents: [Agent; AGENTS],
    pushes: Vec<Push>,
    /// How many may still be killed, and how many answers may be lost.
    kills: u8,
    losses: u8,
    /// Something that cannot be seen in the chain has gone wrong.
    is_wrong: bool,
}

#[derive(Clone, Debug, PartialEq)]
pub enum Action {
    Begin(usize, What),
    Arrive(usize),
    Lose(usize),
    Hear(usize),
    Kill(usize),
    Fetch(usize),
}

/// How the key stands: who holds it, and by which number.
type Held = Option<(u8, u8)>;

fn held(chain: &[Entry]) -> Held {
    let mut held: Held = None;
    for (before, entry) in chain.iter().enumerate() {
        let rev = before as u8 + 1;
        match entry.what {
            What::Lock | What::Take(_) | What::Renew => held = Some((entry.by, rev)),
            What::Land if held.is_some_and(|(by, _)| by == entry.by) => {
                held = Some((entry.by, rev))
            }
            What::Land => {}
            What::Unlock => held = None,
        }
    }
    held
}

/// The chain as a clone has it, which is the chain or a beginning of it, unless it is written over.
fn seen(state: &State, clone: usize) -> &[Entry] {
    let view = usize::from(state.views[clone]);
    &state.chain[..view.min(state.chain.len())]
}

/// What the program decides.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Ruled {
    Refused,
    Change,
    NoChange,
}

type Case = (Held, u8, What);
static RULED: LazyLock<Mutex<HashMap<Case, Ruled>>> = LazyLock::new(Mutex::default);

thread_local! {
    static KNOWN: std::cell::RefCell<HashMap<Case, Ruled>> = std::cell::RefCell::default();
}

fn request(what: What) -> Request {
    match what {
        What::Lock | What::Take(_) => Request::Lock(plain_lock(vec![key("src/a.rs")])),
        What::Unlock => Request::Unlock(Unlock {
            which: Which::Keys(vec![key("src/a.rs")]),
        }),
        What::Renew => Request::Renew(Renew {
            which: Which::Keys(vec![key("src/a.rs")]),
            ttl_secs: None,
        }),
        What::Land => Request::Land(Land {
            target: "refs/heads/topic".parse().unwrap(),
            old: None,
            new: point(&[]).0,
            paths: vec![key("src/a.rs")],
            locks: Landed::Renew,
            // Without a lock of one's own nothing lands there.
            require: vec![key("src/")],
            branch: None,
        }),
    }
}

fn stamp(by: u8, n: u64, what: What, held: Held) -> Stamp {
    let mut watch = Watch::default();
    if let (What::Take(rev), Some((holder, _))) = (what, held) {
        let sight: (Key, _, u64) = (
            key("src/a.rs"),
            actor(usize::from(holder), 1),
            u64::from(rev),
        );
        watch.seen.insert(sight, 1_000_000);
    }
    Stamp {
        at: chrono::DateTime::from_timestamp(1_700_000_000 + n as i64, 0)
            .unwrap()
            .into(),
        by: actor(usize::from(by), 1),
        op: op(n),
        watch,
        here: None,
    }
}

fn apply(book: &mut Book, by: u8, what: Result<What, Note>, held: Held) -> Result<bool, ()> {
    let n = book.rev + 1;
    let (request, what) = match what {
        Ok(what) => (request(what), what),
        Err(note) => (Request::Note(note), What::Lock),
    };
    let plan = decide(&request, book, &stamp(by, n, what, held), &[]).map_err(drop)?;
    if plan.is_change {
        *book = book.with(&plan.edits).unwrap();
    }
    Ok(plan.is_change)
}

/// Asks the program, on a state in which the key stands like this.
fn ask(case: Case) -> Ruled {
    let (held, by, what) = case;
    let mut book = Book::default();
    let fact = || Note {
        text: "a fact".parse().unwrap(),
        commit: None,
        paths: Vec::new(),
    };
    if let Some((holder, rev)) = held {
        while book.rev + 1 < u64::from(rev) {
            apply(&mut book, holder, Err(fact()), None).unwrap();
        }
        apply(&mut book, holder, Ok(What::Lock), None).unwrap();
    }
    match apply(&mut book, by, Ok(what), held) {
        Err(()) => Ruled::Refused,
        Ok(true) => Ruled::Change,
        Ok(false) => Ruled::NoChange,
    }
}

fn rule(case: Case) -> Ruled {
    KNOWN.with(|known| {
        *known.borrow_mut().entry(case).or_insert_with(|| {
            let mut all = RULED.lock().unwrap();
            *all.entry(case).or_insert_with(|| ask(case))
        })
    })
}

/// How far the search goes.
#[derive(Clone, Copy, Debug)]
pub struct Bound {
    /// Commands of each agent, of which eight have room in a byte.
    pub commands: u8,
    pub kills: u8,
    pub losses: u8,
    /// Longest chain.
    pub states: usize,
}

/// A rule of the model that can be broken on purpose, to see that it is noticed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Broken {
    Nothing,
    PushesAnything,
    SilenceIsYes,
    SilenceIsNo,
    ForgetsPublished,
    RefusesOnOldViews,
}

pub struct Search {
    pub bound: Bound,
    pub broken: Broken,
}

fn op_of(agent: usize, nth: u8) -> u8 {
    agent as u8 * 8 + nth - 1
}

impl Search {
    /// Decides what an agent has begun, on the view of its clone.
    fn decide(&self, state: &mut State, agent: usize) {
        let clone = agent % CLONES;
        let what = state.agents[agent].what;
        let bit = 1 << (state.agents[agent].begun - 1);
        let own = op_of(agent, state.agents[agent].begun);
        loop {
            let view = state.views[clone];
            let seen = seen(state, clone);
            let is_published = seen.iter().any(|entry| entry.op == own);
            if is_published && self.broken != Broken::ForgetsPublished {
                state.agents[agent].done |= bit;
                state.agents[agent].phase = Phase::Idle;
                return;
            }
            let before = held(seen);
            match rule((before, agent as u8, what)) {
                Ruled::Change => {
                    let entry = Entry {
                        op: own,
                        by: agent as u8,
                        what,
                    };
                    state.pushes.push(Push { base: view, entry });
                    state.pushes.sort_by_key(|push| (push.base, push.entry.op));
                    state.agents[agent].phase = Phase::Pushing(view);
                }
                // A no is only said on a fresh view.
                _ if usize::from(view) < state.chain.len()
                    && self.broken != Broken::RefusesOnOldViews =>
                {
                    state.views[clone] = state.chain.len() as u8;
                    continue;
                }
                no => {
                    state.agents[agent].refused |= bit;
                    state.agents[agent].phase = Phase::Idle;
                    let now = held(&state.chain);
                    let is_own = now.is_some_and(|(by, _)| usize::from(by) == agent);
                    // At the state that it was said on, which is the newest.
                    let is_right = match what {
                        What::Lock | What::Take(_) => {
                            now.is_some() && (no == Ruled::NoChange) == is_own
                        }
                        What::Unlock | What::Renew | What::Land => !is_own,
                    };
                    state.is_wrong |= !is_right;
                }
            }
            return;
        }
    }

    /// The authority was looked at after a no, or silence.
    fn settle(&self, state: &mut State, agent: usize, base: u8, is_silent: bool) {
        let own = op_of(agent, state.agents[agent].begun);
        let bit = 1 << (state.agents[agent].begun - 1);
        state.views[agent % CLONES] = state.chain.len() as u8;
        let is_there = state.chain.iter().any(|entry| entry.op == own);
        state.agents[agent].phase = Phase::Idle;
        if is_there && self.broken != Broken::ForgetsPublished {
            state.agents[agent].done |= bit;
        } else if state.chain.len() != usize::from(base) {
            self.decide(state, agent);
        } else if !is_silent {
            state.agents[agent].refused |= bit;
        }
    }
}

impl Model for Search {
    type State = State;
    type Action = Action;

    fn init_states(&self) -> Vec<State> {
        let agent = Agent {
            phase: Phase::Idle,
            begun: 0,
            what: What::Lock,
            done: 0,
            refused: 0,
        };
        vec![State {
            chain: Vec::new(),
            views: [0; CLONES],
            agents: [agent.clone(), agent.clone(), agent],
            pushes: Vec::new(),
            kills: self.bound.kills,
            losses: self.bound.losses,
            is_wrong: false,
        }]
    }

    fn actions(&self, state: &State, actions: &mut Vec<Action>) {
        for (index, agent) in state.agents.iter().enumerate() {
            let clone = index % CLONES;
            match agent.phase {
                Phase::Idle => {
                    // One of a clone at a time has its lock.
                    let is_free = (0..AGENTS)
                        .filter(|other| other % CLONES == clone)
                        .all(|other| state.agents[other].phase == Phase::Idle);
                    if is_free
                        && agent.begun < self.bound.commands
                        && state.chain.len() < self.bound.states
                    {
                        let whats = [What::Lock, What::Unlock, What::Renew, What::Land];
                        actions.extend(whats.map(|what| Action::Begin(index, what)));
                        let view = seen(state, clone);
                        if let Some((by, rev)) = held(view)
                            && usize::from(by) != index
                        {
                            actions.push(Action::Begin(index, What::Take(rev)));
                        }
                    }
                }
                Phase::Pushing(_) => {}
                Phase::Answered(..) | Phase::Silent(_) => actions.push(Action::Hear(index)),
            }
            if agent.phase != Phase::Idle && state.kills > 0 {
                actions.push(Action::Kill(index));
            }
            let may_lose = matches!(agent.phase, Phase::Pushing(_) | Phase::Answered(..));
            if may_lose && state.losses > 0 {
                actions.push(Action::Lose(index));
            }
        }
        actions.extend((0..state.pushes.len()).map(Action::Arrive));
        let is_behind = |clone: &usize| usize::from(state.views[*clone]) < state.chain.len();
        actions.extend((0..CLONES).filter(is_behind).map(Action::Fetch));
    }

    fn next_state(&self, state: &State, action: Action) -> Option<State> {
        let mut next = state.clone();
        match action {
            Action::Begin(agent, what) => {
                next.agents[agent].begun += 1;
                next.agents[agent].what = what;
                self.decide(&mut next, agent);
            }
            Action::Arrive(push) => {
                let Push { base, entry } = next.pushes.remove(push);
                let fits =
                    usize::from(base) == next.chain.len() || self.broken == Broken::PushesAnything;
                let (by, op) = (usize::from(entry.by), entry.op);
                if fits {
                    next.chain.truncate(usize::from(base));
                    next.chain.push(entry);
                }
                let owner = &mut next.agents[by];
                let is_waiting = owner.phase == Phase::Pushing(base);
                if is_waiting && op == op_of(by, owner.begun) {
                    owner.phase = Phase::Answered(base, fits);
                }
            }
            Action::Lose(agent) => {
                next.losses -= 1;
                let (Phase::Pushing(base) | Phase::Answered(base, _)) = next.agents[agent].phase
                else {
                    return None;
                };
                next.agents[agent].phase = Phase::Silent(base);
            }
            Action::Hear(agent) => {
                let bit = 1 << (next.agents[agent].begun - 1);
                match next.agents[agent].phase {
                    Phase::Answered(base, true) => {
                        next.agents[agent].done |= bit;
                        next.agents[agent].phase = Phase::Idle;
                        let view = &mut next.views[agent % CLONES];
                        *view = (*view).max(base + 1);
                    }
                    Phase::Answered(base, false) => self.settle(&mut next, agent, base, false),
                    Phase::Silent(base) => match self.broken {
                        Broken::SilenceIsYes => {
                            next.agents[agent].done |= bit;
                            next.agents[agent].phase = Phase::Idle;
                        }
                        Broken::SilenceIsNo => {
                            next.agents[agent].refused |= bit;
                            next.agents[agent].phase = Phase::Idle;
                        }
                        _ => self.settle(&mut next, agent, base, true),
                    },
                    Phase::Idle | Phase::Pushing(_) => return None,
                }
            }
            Action::Kill(agent) => {
                next.kills -= 1;
                next.agents[agent].phase = Phase::Idle;
            }
            Action::Fetch(clone) => next.views[clone] = next.chain.len() as u8,
        }
        Some(next)
    }

    fn properties(&self) -> Vec<Property<Self>> {
        vec![
            Property::always("nobody gets what another holds", |_, state: &State| {
                (0..state.chain.len()).all(|before| {
                    let Entry { by, what, .. } = &state.chain[before];
                    let now = held(&state.chain[..before]);
                    let is_own = now.is_some_and(|(holder, _)| holder == *by);
                    match what {
                        What::Lock => now.is_none() || is_own,
                        What::Take(rev) => {
                            now.is_none() || is_own || now.is_some_and(|(_, at)| at == *rev)
                        }
                        // A stale holder neither renews, nor gives back, nor lands.
                        What::Renew | What::Unlock | What::Land => is_own,
                    }
                })
            }),
            Property::always("each operation is there once", |_, state: &State| {
                let mut seen = 0u32;
                state.chain.iter().all(|entry| {
                    let is_new = seen & (1 << entry.op) == 0;
                    seen |= 1 << entry.op;
                    is_new
                })
            }),
            Property::always(
                "what was acknowledged is there, what was refused is not",
                |_, state: &State| {
                    let there = state
                        .chain
                        .iter()
                        .fold(0u32, |all, entry| all | 1 << entry.op);
                    state.agents.iter().enumerate().all(|(index, agent)| {
                        let own = (there >> (8 * index)) as u8;
                        agent.done & !own == 0 && agent.refused & own == 0
                    })
                },
            ),
            Property::always("no refusal is wrong", |_, state: &State| !state.is_wrong),
            Property::sometimes("a lapsed lock is taken", |_, state: &State| {
                state
                    .chain
                    .iter()
                    .any(|entry| matches!(entry.what, What::Take(_)))
            }),
            Property::sometimes(
                "somebody is not told, and it is there",
                |_, state: &State| {
                    state.chain.iter().any(|entry| {
                        let agent = &state.agents[usize::from(entry.by)];
                        let bit = 1 << (entry.op % 8);
                        agent.done & bit == 0 && (entry.op % 8) + 1 < agent.begun
                    })
                },
            ),
            Property::sometimes(
                "commits land under a lock that was taken",
                |_, state: &State| {
                    state.chain.windows(2).any(|two| {
                        matches!(two[0].what, What::Take(_))
                            && two[1].what == What::Land
                            && two[0].by == two[1].by
                    })
                },
            ),
        ]
    }
}

/// What a search found.
#[derive(Clone, Debug)]
pub struct Found {
    pub unique: usize,
    pub all: usize,
    pub decisions: usize,
    pub is_whole: bool,
    /// Properties that do not hold, with the way there.
    pub wrong: Vec<String>,
}

/// Searches until there are so many states, or no more.
pub fn search(search: Search, states: usize) -> Found {
    let checker = search
        .checker()
        .target_state_count(std::num::NonZeroUsize::new(states).unwrap().get())
        .spawn_bfs()
        .join();
    let wrong = checker
        .discoveries()
        .into_iter()
        .filter_map(|(name, path)| {
            let is_wrong = checker.model().properties().iter().any(|property| {
                property.name == name && property.expectation == stateright::Expectation::Always
            });
            is_wrong.then(|| format!("{name}: {:?}", path.into_actions()))
        });
    let mut wrong: Vec<String> = wrong.collect();
    for property in checker.model().properties() {
        let is_reached = checker.discovery(property.name).is_some();
        if property.expectation == stateright::Expectation::Sometimes
            && !is_reached
            && wrong.is_empty()
        {
            wrong.push(format!("never: {}", property.name));
        }
    }
    Found {
        unique: checker.unique_state_count(),
        all: checker.state_count(),
        decisions: RULED.lock().unwrap().len(),
        is_whole: checker.state_count() < states,
        wrong,
    }
}
