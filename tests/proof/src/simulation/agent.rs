//! An agent: what it asks for next, and what it remembers.

use std::collections::BTreeSet;

use fastrand::Rng;
use git_coord_proof::domain::queue::find;
use git_coord_proof::model::gc::{Gc, Keep};
use git_coord_proof::model::id::{Actor, Id};
use git_coord_proof::model::key::Key;
use git_coord_proof::model::lock::Mode;
use git_coord_proof::model::queue::{
    self, Add, Ask as Queue, Land as QueueLand, Landing, Outcome, Ran, Run, Start,
};
use git_coord_proof::model::reply::Reply;
use git_coord_proof::model::request::{
    Compact, Land, Landed, Leave, Note, Renew, Request, Steal, Unlock, Which,
};
use git_coord_proof::model::task::{Ask as Task, Done, New, Next, Release};
use git_coord_proof::model::time::{Timestamp, Ttl};

use super::machine::Answer;
use crate::book::Book;
use crate::words::{KEYS, PATHS, actor, alone, check, key, plain_lock, point, seal, target};

/// Tasks that there are.
pub const TASKS: usize = 6;
/// Most entries that are added to the queue.
const ENTRIES: usize = 6;
/// Lengths of leases.
const TTLS: [u64; 3] = [60, 300, 900];

pub struct Agent {
    pub index: usize,
    pub machine: usize,
    pub me: Actor,
    session: u32,
    /// What it holds, as far as it was told.
    pub held: BTreeSet<Key>,
    pub task: Option<Id>,
    /// What it waits for, and until when.
    waits: Option<(Vec<Key>, Mode, Timestamp)>,
}

impl Agent {
    pub fn new(index: usize, machine: usize) -> Self {
        Self {
            index,
            machine,
            me: actor(index, 1),
            session: 1,
            held: BTreeSet::new(),
            task: None,
            waits: None,
        }
    }

    /// Its process is gone; another one begins.
    pub fn begins_anew(&mut self) {
        *self = Self {
            session: self.session + 1,
            me: actor(self.index, self.session + 1),
            ..Self::new(self.index, self.machine)
        };
    }

    /// What it learns from an answer.
    pub fn hears(&mut self, answer: &Answer) {
        let Answer::Done { reply, .. } = answer else {
            return;
        };
        match reply {
            Reply::Locked { locks, replaced } => {
                self.held.retain(|key| !replaced.contains(key));
                self.held.extend(locks.iter().map(|lock| lock.key.clone()));
                self.waits = None;
            }
            Reply::Stolen { lock, .. } => self.held.extend([lock.key.clone()]),
            Reply::Unlocked { released, .. } | Reply::Landed { released, .. } => {
                self.held.retain(|key| !released.contains(key));
            }
            Reply::Left { .. } => self.waits = None,
            Reply::Task(told) => {
                use git_coord_proof::model::task::Did;
                self.held.retain(|key| !told.released.contains(key));
                self.held
                    .extend(told.locks.iter().map(|lock| lock.key.clone()));
                match told.did {
                    Did::Claimed => self.task = told.tasks.first().map(|task| task.body.id.clone()),
                    Did::Done | Did::Released => self.task = None,
                    _ => {}
                }
            }
            _ => {}
        }
    }

    /// Some keys, a mode and perhaps a lease.
    pub fn wish(rng: &mut Rng) -> (Vec<Key>, Mode) {
        let count = 1 + usize::from(rng.u8(..4) == 0);
        let keys: Vec<Key> = (0..count)
            .map(|_| key(KEYS[rng.usize(..KEYS.len())].0))
            .collect();
        let mode = match rng.u8(..10) {
            0..3 => Mode::Shared,
            _ => Mode::Exclusive,
        };
        (keys, mode)
    }

    /// A lock request that waits in line.
    pub fn waiting(keys: Vec<Key>, mode: Mode, until: Timestamp) -> Request {
        let mut lock = plain_lock(keys);
        lock.mode = mode;
        lock.wait_until = Some(until);
        Request::Lock(lock)
    }

    fn lock(&mut self, rng: &mut Rng, at: Timestamp) -> Request {
        let (keys, mode) = Self::wish(rng);
        let mut lock = plain_lock(keys);
        lock.mode = mode;
        lock.ttl_secs = Some(Ttl::try_from(TTLS[rng.usize(..TTLS.len())]).unwrap());
        lock.takeover = rng.u8(..20) == 0;
        lock.narrow = rng.u8(..20) == 0;
        if rng.u8(..10) < 4 {
            let until = at.plus_secs(rng.u64(60..4000));
            self.waits = Some((lock.keys.clone(), lock.mode, until));
            lock.wait_until = Some(until);
        }
        Request::Lock(lock)
    }

    /// The next thing that it asks for, with the entries of which the target would then have more.
    pub fn asks(
        &mut self,
        rng: &mut Rng,
        view: &Book,
        at: Timestamp,
        branch: &[String],
        lands: bool,
    ) -> (Request, Option<Vec<String>>) {
        if let Some((keys, mode, until)) = self.waits.clone()
            && rng.bool()
        {
            if until > at {
                return (Self::waiting(keys, mode, until), None);
            }
            self.waits = None;
        }
        let all = Which::All;
        let request = match rng.u8(..100) {
            0..36 => self.lock(rng, at),
            36..50 => Request::Unlock(Unlock { which: all }),
            50..54 => Request::Unlock(Unlock {
                which: Which::Keys(Self::wish(rng).0),
            }),
            54..59 => Request::Renew(Renew {
                which: all,
                ttl_secs: None,
            }),
            59..64 => match self.steal(rng, view) {
                Some(steal) => steal,
                None => Request::Leave(Leave {}),
            },
            64..66 => Request::Leave(Leave {}),
            66..72 => {
                let paths = (0..1 + rng.usize(..2)).map(|_| key(PATHS[rng.usize(..PATHS.len())].0));
                Request::Land(Land {
                    target: "refs/heads/topic".parse().unwrap(),
                    old: None,
                    new: point(&[]).0,
                    paths: paths.collect(),
                    locks: if rng.bool() {
                        Landed::Release
                    } else {
                        Landed::Renew
                    },
                    require: Vec::new(),
                    branch: None,
                })
            }
            72..74 => Request::Note(Note {
                text: "a fact".parse().unwrap(),
                commit: None,
                paths: Vec::new(),
            }),
            74..77 => Request::Compact(Compact { closes: None }),
            77..79 => Request::Gc(Gc {
                keep: Keep {
                    tasks_secs: 600,
                    messages_secs: 600,
                    sessions_secs: 3600,
                    handoffs_secs: 600,
                    answers_secs: u64::MAX,
                },
                fan: None,
            }),
            79..90 => self.work(rng),
            _ if lands => return self.queue(rng, view, at, branch),
            _ => self.lock(rng, at),
        };
        (request, None)
    }

    /// Works through the tasks.
    pub fn work(&self, rng: &mut Rng) -> Request {
        Request::Task(match &self.task {
            None => Task::Next(Next::default()),
            Some(id) if rng.u8(..4) == 0 => Task::Release(Release {
                id: id.clone(),
                why: None,
            }),
            Some(id) => Task::Done(Done {
                id: id.clone(),
                result: None,
                keep_locks: false,
                allow_secrets: Default::default(),
            }),
        })
    }

    fn steal(&self, rng: &mut Rng, view: &Book) -> Option<Request> {
        let holds: Vec<_> = view
            .locks
            .values()
            .flat_map(|lock| lock.holds.iter().map(move |hold| (&lock.key, hold.rev)))
            .collect();
        let (key, rev) = rng.choice(holds)?;
        Some(Request::Steal(Steal {
            key: key.clone(),
            rev: rev + u64::from(rng.u8(..10) == 0),
            reason: "it is mine".parse().unwrap(),
            ttl_secs: None,
            host: None,
        }))
    }

    /// Adds an entry to the merge queue, or does what the oldest one in it needs.
    fn queue(
        &self,
        rng: &mut Rng,
        view: &Book,
        at: Timestamp,
        branch: &[String],
    ) -> (Request, Option<Vec<String>>) {
        let (mut entries, _) = find::all(view, &target()).unwrap();
        entries.sort_by_key(|entry| entry.head.rev);
        let waiting = entries.iter().find(|entry| !entry.stage.is_over());
        // Sometimes one that is over, as somebody would whose view is old.
        let odd = rng.choice(&entries).filter(|_| rng.u8(..5) == 0);
        let ask = |ask| (Request::Queue(ask), None);
        let Some(entry) = odd
            .or(waiting)
            .filter(|_| entries.len() >= ENTRIES || rng.u8(..3) > 0)
        else {
            let id: Id = format!("e{:x}", rng.u32(..)).parse().unwrap();
            return ask(Queue::Add(Add {
                target: target(),
                sealed: seal(&id),
                branch: Some(id.as_str().parse().unwrap()),
                id,
                base: None,
                title: None,
                priority: None,
                urgent: None,
                after: Default::default(),
                paths: Vec::new(),
                allow_secrets: Default::default(),
            }));
        };
        let id = entry.id.clone();
        let mut then = branch.to_vec();
        then.push(id.to_string());
        // Who landed it and was not told does the same again.
        let landed = branch.iter().position(|name| *name == id.as_str());
        let (commit, tree) = point(landed.map_or(&then[..], |place| &branch[..=place]));
        let check = check();
        let is_green = find::standing(view, &tree, &check.id).is_ok_and(queue::Standing::is_green);
        if is_green {
            let land = Queue::Land(QueueLand {
                target: target(),
                old: point(branch).0,
                new: commit,
                tree,
                check: check.id,
                entries: vec![Landing {
                    sealed: seal(&id),
                    paths: vec![key(PATHS[id.as_str().len() % PATHS.len()].0)],
                    require: Vec::new(),
                    id,
                }],
            });
            return (Request::Queue(land), Some(then));
        }
        let purpose = alone(branch, &id);
        if rng.bool() {
            return ask(Queue::Start(Start {
                target: target(),
                tree,
                check,
                purpose,
                is_own: false,
                ttl_secs: None,
                host: None,
            }));
        }
        ask(Queue::Ran(Ran {
            target: target(),
            tree,
            check,
            purpose,
            run: Some(Run {
                by: self.me.clone(),
                at,
                millis: rng.u64(..1_000_000_000),
                outcome: Outcome::Passed,
                exit: None,
                tail: None,
                host: None,
            }),
        }))
    }
}

/// The tasks of a run: some wait for others.
pub fn tasks() -> Request {
    let id = |n: usize| -> Id { format!("t{n}").parse().unwrap() };
    let task = |n: usize| New {
        id: Some(id(n)),
        title: "a task".parse().unwrap(),
        depends: (n >= 4).then(|| id(n - 4)).into_iter().collect(),
        attempts_max: Some(50),
        ..blank()
    };
    Request::Task(Task::Add(git_coord_proof::model::task::Add {
        tasks: (0..TASKS).map(task).collect(),
        allow_secrets: Default::default(),
    }))
}

fn blank() -> New {
    serde_json::from_str(r#"{"title":"a task"}"#).unwrap()
}
