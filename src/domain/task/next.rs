//! Handing out the best task that is ready.

use std::collections::BTreeMap;

use crate::model::id::Id;
use crate::model::refusal::{PAUSED, Refusal};
use crate::model::stamp::Evidence;
use crate::model::task::{EPIC, Next, Strategy};

use super::super::decide::{Decided, Desk};
use super::super::feature::pause::{self, Pause};
use super::board::{Board, Brief, Open};
use super::choice::{Line, ranked};
use super::claim::{Taking, answer, buried, bury, take};
use super::claims::{Claim, Claims};
use super::fits::Worker;
use super::standing::{self, blockers};
use super::turns;

/// How many tasks one request gives up at most, and how often a choice is tried again.
const BURIED_MAX: usize = 16;
const TRIES_MAX: usize = 64;

/// What was seen while looking for work.
struct Found<'b> {
    candidates: Vec<&'b Open>,
    /// Whose last attempt came to nothing.
    spent: Vec<(&'b Open, Claim)>,
    busy: Vec<&'b Brief>,
    counts: BTreeMap<String, usize>,
    /// Why the pauses of features were held to be over.
    lapsed: Vec<Evidence>,
}

pub(super) fn decide(desk: &mut Desk<'_>, ask: &Next) -> Result<Decided, Refusal> {
    let board = Board::read(&desk.staged)?;
    let claims = Claims::read(&desk.staged)?;
    let mut worker = Worker::new(&desk.staged, &desk.stamp.by.agent, &ask.capabilities);
    let found = look(desk, ask, &board, &claims, &mut worker)?;
    let capabilities = worker.capabilities;
    let Found {
        candidates,
        spent,
        busy,
        mut counts,
        lapsed,
    } = found;
    let turns = match ask.strategy {
        Strategy::RoundRobin => turns::read(desk),
        _ => Default::default(),
    };
    let ranked = ranked(ask.strategy, &capabilities, &busy, &turns, desk, candidates);
    let mut line = Line::new(ranked, ask.lock);
    let how = Taking {
        lock: ask.lock,
        ttl_secs: ask.ttl_secs,
        branch: &ask.branch,
        host: &ask.host,
        takeover: false,
    };
    let mut tries = 0;
    while let Some(open) = line.next(desk)? {
        tries += 1;
        if tries > TRIES_MAX {
            break;
        }
        let Ok(task) = open.record() else {
            count(&mut counts, "damaged");
            continue;
        };
        let claim = standing::claim(&claims, &open.brief, desk.stamp);
        let taken = match take(desk, task, &claim, &how) {
            Ok(taken) => taken,
            // Somebody is in line for a key, or holds it in a way that the first look passed over.
            Err(
                Refusal::LockHeld { .. } | Refusal::OtherSession { .. } | Refusal::Reserved { .. },
            ) => {
                desk.reset();
                line.passed += 1;
                continue;
            }
            Err(other) => return Err(other),
        };
        lapsed.into_iter().for_each(|why| desk.rely_on(why));
        if ask.strategy == Strategy::RoundRobin {
            turns::serve(desk, turns, &open.brief)?;
        }
        let (dead, mut after) = bury(desk, whole(spent))?;
        let dead = dead.into_iter().map(|task| task.body.id);
        after.also.splice(0..0, dead);
        return Ok(answer(desk, "next", taken, after));
    }
    let spent = whole(spent);
    if !spent.is_empty() {
        return buried(desk, spent);
    }
    if line.passed > 0 {
        counts.insert("with locked keys".into(), line.passed);
    }
    Err(Refusal::NothingReady { counts })
}

/// Those that are given up, as far as they can be read.
fn whole(spent: Vec<(&Open, Claim)>) -> Vec<(crate::model::task::TaskRecord, Claim)> {
    let spent = spent.into_iter().take(BURIED_MAX);
    let read = spent.filter_map(|(open, claim)| Some((open.record().ok()?, claim)));
    read.collect()
}

/// Looks at every task once, and says of each why it is or is not one to hand out.
fn look<'b>(
    desk: &Desk<'_>,
    ask: &Next,
    board: &'b Board,
    claims: &Claims,
    worker: &mut Worker<'_>,
) -> Result<Found<'b>, Refusal> {
    let mut found = Found {
        candidates: Vec::new(),
        spent: Vec::new(),
        busy: Vec::new(),
        counts: BTreeMap::new(),
        lapsed: Vec::new(),
    };
    let mut pauses = Pauses::default();
    if !board.damaged.is_empty() {
        found.counts.insert("damaged".into(), board.damaged.len());
    }
    for open in &board.tasks {
        let brief = &open.brief;
        let claim = standing::claim(claims, brief, desk.stamp);
        if claim != Claim::Free && claim != Claim::Gone {
            // Whether the lease runs or not: what is decided must not depend on more than the
            // evidence that is kept.
            found.busy.push(brief);
        }
        if !claim.is_open() {
            count(&mut found.counts, "claimed");
            continue;
        }
        if claim.is_lost() && brief.is_last_attempt() {
            found.spent.push((open, claim));
            continue;
        }
        if !is_wanted(ask, board, brief) {
            let is_passed_over = ask.sorts.is_empty() && brief.sort.as_str() == EPIC;
            let why = match is_passed_over {
                true => "of sort epic",
                false => "not of the kind that you ask for",
            };
            count(&mut found.counts, why);
            continue;
        }
        let blockers = blockers(&desk.staged, board, brief);
        if !blockers.is_empty() {
            let is_passing = blockers.iter().all(|blocker| blocker.is_passing());
            let why = match is_passing {
                true => "waiting for other tasks",
                false => "held by a dependency that is not done",
            };
            count(&mut found.counts, why);
            continue;
        }
        if pauses.stop(desk, brief) {
            count(&mut found.counts, PAUSED);
            continue;
        }
        match worker.unfit(Some(board), brief)? {
            Some(unfit) => count(&mut found.counts, unfit.as_str()),
            None => found.candidates.push(open),
        }
    }
    found.lapsed = pauses.lapsed();
    Ok(found)
}

/// The pauses of features, each looked up once.
#[derive(Default)]
struct Pauses<'b>(BTreeMap<&'b Id, Option<Pause>>);

impl<'b> Pauses<'b> {
    /// Whether the feature of a task is paused by somebody else. A lock that cannot be read stops it:
    /// it may be the one.
    fn stop(&mut self, desk: &Desk<'_>, brief: &'b Brief) -> bool {
        let Some(id) = &brief.feature else {
            return false;
        };
        let look = || pause::of(&desk.staged, desk.stamp, id).ok();
        let pause = self.0.entry(id).or_insert_with(look);
        pause.as_ref().is_none_or(Pause::is_on)
    }

    fn lapsed(self) -> Vec<Evidence> {
        let known = self.0.into_values().flatten();
        known.flat_map(|pause| pause.lapsed).collect()
    }
}

fn is_wanted(ask: &Next, board: &Board, brief: &Brief) -> bool {
    let is_of_sort = match ask.sorts.is_empty() {
        // What is made of parts is done by doing them.
        true => brief.sort.as_str() != EPIC,
        false => ask.sorts.contains(&brief.sort),
    };
    is_of_sort
        && ask.labels.is_subset(&brief.labels)
        && ask
            .parent
            .as_ref()
            .is_none_or(|parent| board.is_part(brief, parent))
        && (ask.feature.is_none() || ask.feature == brief.feature)
}

fn count(counts: &mut BTreeMap<String, usize>, why: &str) {
    match counts.get_mut(why) {
        Some(count) => *count += 1,
        None => {
            counts.insert(why.to_owned(), 1);
        }
    }
}
