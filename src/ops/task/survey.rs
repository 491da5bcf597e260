//! Every task with how it stands.

use std::collections::BTreeSet;

use crate::coord::{Coord, Failure, View};
use crate::domain::State;
use crate::domain::task::board::Board;
use crate::domain::task::claims::Claims;
use crate::domain::task::find;
use crate::domain::task::standing::{Standing, blockers, claim};
use crate::model::id::Id;
use crate::model::place::Place;
use crate::model::record;
use crate::model::task::{ENDED, Stage, Task, TaskRecord};
use crate::store::{Commit, changes};

/// Tasks, and what could not be read.
#[derive(Default)]
pub struct Survey {
    /// Those that were read.
    pub tasks: Vec<(Task, Standing)>,
    /// Where those are that could not be, and why.
    pub damaged: Vec<String>,
}

/// Every task that is not over.
///
/// # Errors
/// When the directories cannot be read.
pub fn open(coord: &Coord, view: &View<'_>) -> Result<Survey, Failure> {
    let board = Board::read(view)?;
    let claims = Claims::read(view)?;
    let stamp = coord.stamp_with_sights();
    let mut survey = Survey::default();
    survey
        .damaged
        .extend(board.damaged.iter().map(ToString::to_string));
    for open in &board.tasks {
        let claim = claim(&claims, &open.brief, &stamp);
        let is_blocked = !blockers(view, &board, &open.brief).is_empty();
        let is = Standing::of(&open.brief, &claim, is_blocked);
        match open.record() {
            Ok(task) => survey.tasks.push((task.body, is)),
            Err(damage) => survey.damaged.push(damage.to_string()),
        }
    }
    Ok(survey)
}

/// Every task that is over.
///
/// # Errors
/// When the directory cannot be read.
pub fn ended(view: &View<'_>) -> Result<Survey, Failure> {
    let mut survey = Survey::default();
    for (place, bytes) in view.under(ENDED)? {
        match bytes.and_then(|bytes| record::parse::<TaskRecord>(&place, &bytes)) {
            Ok(task) => survey.tasks.extend(over(task.body)),
            Err(damage) => survey.damaged.push(damage.to_string()),
        }
    }
    Ok(survey)
}

/// Those that are over and that these wait for.
pub fn waited_for(view: &View<'_>, open: &Survey) -> Survey {
    let known: BTreeSet<&Id> = open.tasks.iter().map(|(task, _)| &task.id).collect();
    let needed = open.tasks.iter().flat_map(|(task, _)| &task.depends);
    let needed: BTreeSet<&Id> = needed.filter(|id| !known.contains(id)).collect();
    let mut survey = Survey::default();
    for id in needed {
        match find::get(view, id) {
            Ok(Some(task)) => survey.tasks.extend(over(task.body)),
            Ok(None) => {}
            Err(damage) => survey.damaged.push(damage.to_string()),
        }
    }
    survey
}

/// The tasks that a commit of the log collected, as they were.
///
/// # Errors
/// When its trees cannot be read.
pub fn collected(coord: &Coord, commit: &Commit) -> Result<Survey, Failure> {
    let mut survey = Survey::default();
    for changed in changes(coord.repo(), commit)? {
        let (Ok(place), Some(bytes), None) =
            (Place::new(&changed.path), changed.before, changed.after)
        else {
            continue;
        };
        let is_over = changed.path.strip_prefix(ENDED);
        if !is_over.is_some_and(|rest| rest.starts_with('/')) {
            continue;
        }
        // What was damaged when it was collected is in no number.
        if let Ok(task) = record::parse::<TaskRecord>(&place, &bytes) {
            survey.tasks.extend(over(task.body));
        }
    }
    Ok(survey)
}

impl Survey {
    /// Adds those that are not there: one that was collected may have been made again.
    pub fn add_missing(&mut self, other: Self) {
        let known: BTreeSet<Id> = self.tasks.iter().map(|(task, _)| task.id.clone()).collect();
        let missing = other.tasks.into_iter();
        self.tasks
            .extend(missing.filter(|(task, _)| !known.contains(&task.id)));
    }

    /// Both together.
    pub fn with(mut self, other: Self) -> Self {
        self.tasks.extend(other.tasks);
        self.damaged.extend(other.damaged);
        self
    }
}

fn over(task: Task) -> Option<(Task, Standing)> {
    let is = match task.stage {
        Stage::Done => Standing::Done,
        Stage::Failed => Standing::Failed,
        Stage::Cancelled => Standing::Cancelled,
        Stage::Dead => Standing::Dead,
        Stage::Open | Stage::Claimed | Stage::Running => return None,
    };
    Some((task, is))
}
