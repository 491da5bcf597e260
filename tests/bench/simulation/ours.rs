//! Our queue, driven through its real decisions: plan, move, wait for the next run to end.

use std::collections::BTreeMap;

use git_coord::domain::queue::moves::{Move, moves};
use git_coord::domain::queue::plan::{Facts, Plan, Point, Status, plan};
use git_coord::model::id::{Actor, Id};
use git_coord::model::object_id::ObjectId;
use git_coord::model::queue::{
    Add, Ask, Check, CheckId, Evict, Land, Landing, Outcome as Ended, Purpose, Ran, Retry, Run,
    Settle, Stage, Standing, Start,
};

use super::ledger::Ledger;
use super::repository::{Repository, View};
use super::truth::Truth;
use super::{CHECK_MINUTES, Outcome, Runs};

/// Who runs checks.
#[derive(Clone, Copy, Debug)]
pub struct Crew {
    /// So many runs of the queue at a time.
    pub workers: usize,
    /// Whether everybody who adds an entry runs its own check too, and once more when it is red.
    pub do_submitters: bool,
}

impl Crew {
    /// So many workers, and nobody else.
    pub fn of(workers: usize) -> Self {
        Self {
            workers,
            do_submitters: false,
        }
    }
}

/// A run that goes on.
struct Job {
    by: Actor,
    point: Point,
    purpose: Purpose,
    is_theirs: bool,
}

/// One queue at work.
struct Shop<'t> {
    truth: &'t Truth,
    ledger: Ledger,
    repository: Repository<'t>,
    runs: Runs<'t>,
    tip: Point,
    minute: u64,
    /// By the minute in which they end, in the order in which they began.
    jobs: BTreeMap<(u64, usize), Job>,
    begun: usize,
    outcome: Outcome,
}

/// Brings all entries in at once and goes on until nothing is left to do.
pub fn ours(truth: &Truth, crew: Crew) -> Outcome {
    let mut repository = Repository::new(truth);
    let mut shop = Shop {
        truth,
        ledger: Ledger::new(),
        tip: repository.root(),
        repository,
        runs: Runs::new(truth),
        minute: 0,
        jobs: BTreeMap::new(),
        begun: 0,
        outcome: Outcome::default(),
    };
    for entry in 0..truth.count() {
        shop.add(entry);
    }
    if crew.do_submitters {
        for entry in 0..truth.count() {
            shop.isolate(entry, shop.tip);
        }
    }
    loop {
        shop.work(crew.workers);
        if !shop.wait() {
            break;
        }
    }
    shop.close()
}

fn actor(agent: &str, session: usize) -> Actor {
    Actor {
        agent: agent.parse().expect("because it is a name"),
        session: format!("s{session}").parse().expect("because it is one"),
    }
}

fn whole(id: &CheckId) -> Check {
    Check {
        id: id.clone(),
        command: "make check".parse().expect("because it is a text"),
    }
}

fn submitter(entry: usize) -> Actor {
    actor(&format!("a{entry}"), 1)
}

fn id(entry: usize) -> Id {
    format!("e{entry:04}").parse().expect("because it is an id")
}

impl Shop<'_> {
    fn ask(&mut self, by: &Actor, ask: Ask) {
        let shown = format!("{ask:?}");
        if let Err(refusal) = self.ledger.ask(by, ask) {
            panic!("{shown} was refused: {refusal}");
        }
    }

    fn add(&mut self, entry: usize) {
        let add = Add {
            target: self.ledger.target.clone(),
            id: id(entry),
            sealed: self.repository.seal(entry),
            base: None,
            branch: None,
            title: None,
            priority: None,
            urgent: None,
            after: Default::default(),
            paths: Vec::new(),
            allow_secrets: Default::default(),
        };
        self.ask(&submitter(entry), Ask::Add(add));
    }

    /// A submitter checks what it has added.
    fn isolate(&mut self, entry: usize, onto: Point) {
        let sealed = self.repository.sealed(entry);
        let purpose = Purpose::Isolate {
            id: id(entry),
            sealed,
            onto: onto.commit,
            before: onto.tree,
        };
        let point = self.repository.clean(&onto, entry);
        self.begin(submitter(entry), point, purpose, true);
    }

    fn plan(&mut self) -> Plan {
        let (line, entries) = (self.ledger.line(), self.ledger.entries());
        let check = self.ledger.check.clone();
        let facts = Facts {
            tip: self.tip,
            line: &line,
            entries: &entries,
            check: &check,
            hindered: &BTreeMap::new(),
        };
        let mut view = View {
            ledger: &self.ledger,
            repository: &mut self.repository,
        };
        plan(&facts, &mut view).expect("because nothing is damaged")
    }

    /// Does everything that can be done now.
    fn work(&mut self, workers: usize) {
        loop {
            let plan = self.plan();
            if self.rebase(&plan) {
                continue;
            }
            let busy = self.jobs.values().filter(|job| !job.is_theirs).count();
            let line = self.ledger.line();
            let is_running = |tree: &ObjectId| self.ledger.is_running(tree);
            let next = moves(&plan, &line, &is_running, workers - busy);
            let are_runs = next.iter().all(|next| matches!(next, Move::Check(..)));
            for next in next {
                self.make(next, &plan);
            }
            if are_runs {
                return;
            }
        }
    }

    /// Whoever conflicts with the target seals what does not, at once. Says whether anybody does.
    fn rebase(&mut self, plan: &Plan) -> bool {
        let mut has_changed = false;
        for placed in &plan.line {
            if let Status::NeedsRebase(_) = placed.status {
                let entry = self.repository.entry(&placed.sealed);
                let retry = Retry {
                    target: self.ledger.target.clone(),
                    id: id(entry),
                    sealed: self.repository.rebase(entry, &self.tip),
                    base: None,
                    paths: Vec::new(),
                    rerun: false,
                    trees: Vec::new(),
                };
                self.ask(&submitter(entry), Ask::Retry(retry));
                has_changed = true;
            }
        }
        has_changed
    }

    fn make(&mut self, next: Move, plan: &Plan) {
        let runner = actor("runner", 0);
        let target = self.ledger.target.clone();
        match next {
            Move::Settle(entries) => {
                let commit = self.tip.commit;
                let ask = Settle {
                    target,
                    commit,
                    entries,
                    paths: Default::default(),
                };
                self.ask(&runner, Ask::Settle(ask));
            }
            Move::Land(count) => {
                let links = &plan.train[..count];
                let last = links[count - 1].point;
                let landing = |link: &git_coord::domain::queue::plan::Link| Landing {
                    id: link.id.clone(),
                    sealed: link.sealed,
                    paths: Vec::new(),
                    require: Vec::new(),
                };
                let land = Land {
                    target,
                    old: self.tip.commit,
                    new: last.commit,
                    tree: last.tree,
                    check: self.ledger.check.clone(),
                    entries: links.iter().map(landing).collect(),
                };
                self.ask(&runner, Ask::Land(land));
                let tree = self.repository.tree(&last.tree);
                self.outcome.untested += usize::from(!self.runs.has_passed(tree));
                self.outcome.broken += usize::from(self.truth.is_broken(tree));
                self.tip = last;
            }
            Move::Evict {
                id,
                sealed,
                tree,
                before,
            } => {
                let (with, without) = (self.repository.tree(&tree), self.repository.tree(&before));
                let is_guilty = self.truth.is_broken(with) && !self.truth.is_broken(without);
                self.outcome.innocent += usize::from(!is_guilty);
                let evict = Evict {
                    target,
                    id,
                    sealed,
                    check: self.ledger.check.clone(),
                    tree,
                    before,
                };
                self.ask(&runner, Ask::Evict(evict));
            }
            Move::Check(point, purpose) => {
                self.begin(actor("runner", self.begun), point, purpose, false);
            }
        }
    }

    fn begin(&mut self, by: Actor, point: Point, purpose: Purpose, is_theirs: bool) {
        let start = Start {
            target: self.ledger.target.clone(),
            tree: point.tree,
            check: whole(&self.ledger.check),
            purpose: purpose.clone(),
            is_own: false,
            ttl_secs: None,
            host: None,
        };
        self.ask(&by, Ask::Start(start));
        let job = Job {
            by,
            point,
            purpose,
            is_theirs,
        };
        self.begun += 1;
        let end = self.minute + CHECK_MINUTES;
        self.jobs.insert((end, self.begun), job);
    }

    /// Waits for the next run to end. There is none when nothing goes on.
    fn wait(&mut self) -> bool {
        let Some(((minute, _), _)) = self.jobs.first_key_value() else {
            return false;
        };
        let minute = *minute;
        self.ledger.now = self.ledger.now.plus_secs((minute - self.minute) * 60);
        self.minute = minute;
        // What ends in one minute is known before anything new begins.
        while let Some(first) = self.jobs.first_entry()
            && first.key().0 == minute
        {
            let job = first.remove();
            self.end(job);
        }
        true
    }

    fn end(&mut self, job: Job) {
        let is_green = self.runs.run(self.repository.tree(&job.point.tree));
        let counter = if job.is_theirs {
            &mut self.outcome.theirs
        } else {
            &mut self.outcome.checks
        };
        *counter += 1;
        let outcome = if is_green {
            Ended::Passed
        } else {
            Ended::Failed
        };
        let run = Run {
            by: job.by.clone(),
            at: self.ledger.now,
            millis: CHECK_MINUTES * 60_000,
            outcome,
            exit: None,
            tail: None,
            host: None,
        };
        let ran = Ran {
            target: self.ledger.target.clone(),
            tree: job.point.tree,
            check: whole(&self.ledger.check),
            purpose: job.purpose.clone(),
            run: Some(run),
        };
        self.ask(&job.by, Ask::Ran(ran));
        if job.is_theirs && self.ledger.standing(&job.point.tree) == Standing::RedOnce {
            self.begin(job.by, job.point, job.purpose, true);
        }
    }

    fn close(mut self) -> Outcome {
        for entry in self.ledger.entries() {
            match entry.stage {
                Stage::Landed => self.outcome.landed += 1,
                Stage::Failed => self.outcome.evicted += 1,
                Stage::Queued | Stage::Cancelled => self.outcome.stuck += 1,
            }
        }
        Outcome {
            minutes: self.minute,
            twice: self.runs.twice,
            ..self.outcome
        }
    }
}
