//! `task list`, `ready`, `blocked` and `search`.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};

use clap::Args;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::coord::{Failure, View};
use crate::domain::State;
use crate::domain::task::board::{Board, Brief, Open};
use crate::domain::task::claims::{Claim, Claims};
use crate::domain::task::standing::{self, Blocker, Standing};
use crate::model::id::{AgentName, Id};
use crate::model::place::Place;
use crate::model::record::{self, Damage};
use crate::model::stamp::Stamp;
use crate::model::task::{ENDED, TaskRecord};
use crate::model::text::Word;

use super::super::feature;
use super::row::Row;
use super::{Context, name, typed};

/// How many tasks a list has unless asked for more.
const LIMIT_DEFAULT: usize = 50;
/// How many ended tasks one search reads at most: they are many, and seldom what is looked for.
const ENDED_READ_MAX: usize = 20_000;

/// List tasks, most urgent first.
///
/// Filters apply before the limit, and the answer says when it is cut. Several filters mean all of
/// them. Tasks that are over are listed with --ended, the last that ended first.
#[derive(Clone, Debug, Default, Args, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct List {
    /// Only those that stand so: ready, blocked, claimed, running, done, failed, cancelled, dead
    #[arg(long, value_name = "HOW",
        value_parser = ["ready", "blocked", "claimed", "running", "done", "failed", "cancelled", "dead"])]
    pub stage: Vec<String>,
    /// Only those that can be claimed
    #[arg(long, conflicts_with = "ended")]
    pub ready: bool,
    /// Only those that wait for others
    #[arg(long, conflicts_with = "ended")]
    pub blocked: bool,
    /// Only with this label; several: with all of them
    #[arg(long, short, value_name = "WORD")]
    pub label: Vec<String>,
    /// Only of this sort
    #[arg(long, value_name = "WORD")]
    pub sort: Option<String>,
    /// Only those that are assigned to this agent
    #[arg(long, value_name = "NAME")]
    pub assignee: Option<String>,
    /// Only those that this agent has claimed, or that are assigned to it
    #[arg(long)]
    pub mine: bool,
    /// Only parts of this one, and parts of those
    #[arg(long, value_name = "ID")]
    pub parent: Option<String>,
    /// Only those of this run
    #[arg(long, value_name = "WORD")]
    pub run: Option<String>,
    /// Only those of this feature
    #[arg(long, value_name = "FEATURE")]
    pub feature: Option<String>,
    /// Those that are over, instead of those that are not
    #[arg(long)]
    pub ended: bool,
    /// At most so many [default: 50]
    #[arg(long, short = 'n', value_name = "N")]
    pub limit: Option<usize>,
}

/// List what can be claimed now, most urgent first.
#[derive(Clone, Debug, Default, Args, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Ready {
    /// Only parts of this one, and parts of those
    #[arg(long, value_name = "ID")]
    pub parent: Option<String>,
    /// At most so many [default: 50]
    #[arg(long, short = 'n', value_name = "N")]
    pub limit: Option<usize>,
}

/// List what waits for other tasks, and for which: also what will wait for ever unless somebody
/// decides.
#[derive(Clone, Debug, Default, Args, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Blocked {
    /// Only parts of this one, and parts of those
    #[arg(long, value_name = "ID")]
    pub parent: Option<String>,
    /// At most so many [default: 50]
    #[arg(long, short = 'n', value_name = "N")]
    pub limit: Option<usize>,
}

/// Find tasks with a text in their title, body, labels or result; the case of letters does not
/// count.
#[derive(Clone, Debug, Default, Args, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Search {
    /// The text
    #[arg(value_name = "TEXT")]
    pub text: String,
    /// Among those that are over, instead of those that are not
    #[arg(long)]
    pub ended: bool,
    /// At most so many [default: 50]
    #[arg(long, short = 'n', value_name = "N")]
    pub limit: Option<usize>,
}

/// The answer of all lists of tasks.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Listed {
    /// The tasks.
    pub tasks: Vec<Row>,
    /// Whether there are more that match.
    pub more: bool,
    /// Records that cannot be read.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub damaged: Vec<String>,
    /// Seconds since the authority confirmed this view; absent when this clone is the authority.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub view_age_secs: Option<u64>,
}

/// What is looked for.
#[derive(Default)]
struct Filter {
    is: BTreeSet<Standing>,
    labels: BTreeSet<Word>,
    sort: Option<Word>,
    assignee: Option<AgentName>,
    mine: Option<AgentName>,
    parent: Option<Id>,
    run: Option<Word>,
    feature: Option<Id>,
    text: Option<String>,
    limit: usize,
}

impl List {
    pub(super) fn run(&self, context: &Context<'_>) -> Result<Listed, Failure> {
        let coord = &context.coord;
        let view = coord.view(None)?;
        let mut filter = Filter {
            is: self
                .stage
                .iter()
                .filter_map(|word| standing_of(word))
                .collect(),
            labels: typed::words(&self.label, "--label")?,
            sort: typed::optional(self.sort.as_deref(), "--sort")?,
            assignee: typed::optional(self.assignee.as_deref(), "--assignee")?,
            mine: self.mine.then(|| coord.actor().agent.clone()),
            parent: parent(&view, self.parent.as_deref())?,
            run: typed::optional(self.run.as_deref(), "--run")?,
            feature: feature::name::optional(context, self.feature.as_deref())?,
            text: None,
            limit: self.limit.unwrap_or(LIMIT_DEFAULT),
        };
        if self.ready {
            filter.is.insert(Standing::Ready);
        }
        if self.blocked {
            filter.is.insert(Standing::Blocked);
        }
        // Who asks for what only ended tasks can be means those.
        let is_end =
            |is: &Standing| matches!(is, Standing::Done | Standing::Failed | Standing::Cancelled);
        let is_ended = self.ended || !filter.is.is_empty() && filter.is.iter().all(is_end);
        list(context, &view, &filter, is_ended)
    }
}

impl Ready {
    pub(super) fn run(&self, context: &Context<'_>) -> Result<Listed, Failure> {
        of_standing(context, Standing::Ready, self.parent.as_deref(), self.limit)
    }
}

impl Blocked {
    pub(super) fn run(&self, context: &Context<'_>) -> Result<Listed, Failure> {
        of_standing(
            context,
            Standing::Blocked,
            self.parent.as_deref(),
            self.limit,
        )
    }
}

impl Search {
    pub(super) fn run(&self, context: &Context<'_>) -> Result<Listed, Failure> {
        if self.text.trim().is_empty() {
            return Err(Failure::usage("the text is blank", "name what to look for"));
        }
        let view = context.coord.view(None)?;
        let filter = Filter {
            text: Some(self.text.trim().to_lowercase()),
            limit: self.limit.unwrap_or(LIMIT_DEFAULT),
            ..Filter::default()
        };
        list(context, &view, &filter, self.ended)
    }
}

fn of_standing(
    context: &Context<'_>,
    is: Standing,
    below: Option<&str>,
    limit: Option<usize>,
) -> Result<Listed, Failure> {
    let view = context.coord.view(None)?;
    let filter = Filter {
        is: [is].into(),
        parent: parent(&view, below)?,
        limit: limit.unwrap_or(LIMIT_DEFAULT),
        ..Filter::default()
    };
    list(context, &view, &filter, false)
}

fn parent(view: &View<'_>, typed: Option<&str>) -> Result<Option<Id>, Failure> {
    typed.map(|text| name::in_view(view, text)).transpose()
}

fn standing_of(word: &str) -> Option<Standing> {
    serde_json::from_value(word.into()).ok()
}

fn list(
    context: &Context<'_>,
    view: &View<'_>,
    filter: &Filter,
    is_ended: bool,
) -> Result<Listed, Failure> {
    let stamp = context.coord.stamp_with_sights();
    let mut listed = match is_ended {
        true => ended(view, filter, &stamp)?,
        false => open(view, filter, &stamp)?,
    };
    listed.view_age_secs = view.age.map(|age| age.as_secs());
    Ok(listed)
}

/// A task that matches so far.
struct Match<'b> {
    open: &'b Open,
    claim: Claim,
    is: Standing,
    blocked_by: Vec<Blocker>,
}

fn open(view: &View<'_>, filter: &Filter, stamp: &Stamp) -> Result<Listed, Failure> {
    let board = Board::read(view)?;
    let claims = Claims::read(view)?;
    // Only those who ask what is blocked, or for all of it, hear of circles.
    let circles = match filter.is.is_empty() || filter.is.contains(&Standing::Blocked) {
        true => standing::circles(&board),
        false => BTreeMap::new(),
    };
    let mut found = Vec::new();
    for open in &board.tasks {
        let brief = &open.brief;
        if !filter.wants(&board, brief) {
            continue;
        }
        let claim = standing::claim(&claims, brief, stamp);
        let mut blocked_by = standing::blockers(view, &board, brief);
        let is = Standing::of(brief, &claim, !blocked_by.is_empty());
        if !filter.is.is_empty() && !filter.is.contains(&is) || !filter.is_mine(brief, &claim) {
            continue;
        }
        if let Some(next) = circles.get(&brief.id) {
            let on = blocked_by.iter_mut().filter(|on| on.id == **next);
            on.for_each(|on| on.circle = true);
        }
        found.push(Match {
            open,
            claim,
            is,
            blocked_by,
        });
    }
    found.sort_by_key(|one| {
        let brief = &one.open.brief;
        (brief.priority, !brief.is_overdue(stamp.at), brief.age())
    });
    let mut listed = Listed {
        tasks: Vec::new(),
        more: false,
        damaged: board.damaged.iter().map(ToString::to_string).collect(),
        view_age_secs: None,
    };
    for one in found {
        let task = match one.open.record() {
            Ok(task) => task,
            Err(damage) => {
                listed.damaged.push(damage.to_string());
                continue;
            }
        };
        if !filter.has_text(&task) {
            continue;
        }
        if listed.tasks.len() == filter.limit {
            listed.more = true;
            break;
        }
        let row = Row::new(task.body, &one.claim, one.is, one.blocked_by, stamp);
        listed.tasks.push(row);
    }
    Ok(listed)
}

/// Those that are over, newest first. Of very many only a part is looked at, and said to be.
fn ended(view: &View<'_>, filter: &Filter, stamp: &Stamp) -> Result<Listed, Failure> {
    let mut listed = Listed {
        tasks: Vec::new(),
        more: false,
        damaged: Vec::new(),
        view_age_secs: None,
    };
    let board = match filter.parent {
        Some(_) => Some(Board::read(view)?),
        None => None,
    };
    for (read, (place, _)) in view.snapshot().places(ENDED)?.into_iter().enumerate() {
        if read == ENDED_READ_MAX {
            listed.more = true;
            break;
        }
        let task = match of_place(view, &place) {
            Ok(task) => task,
            Err(damage) => {
                listed.damaged.push(damage.to_string());
                continue;
            }
        };
        let brief = Brief::of(&task);
        let is_below = match (&board, &filter.parent) {
            (Some(board), Some(of)) => board.is_part(&brief, of),
            _ => true,
        };
        let is = Standing::of(&brief, &Claim::Free, false);
        let is_wanted = is_below
            && filter.says(&brief)
            && (filter.is.is_empty() || filter.is.contains(&is))
            && filter.is_mine(&brief, &Claim::Free)
            && filter.has_text(&task);
        if !is_wanted {
            continue;
        }
        let row = Row::new(task.body, &Claim::Free, is, Vec::new(), stamp);
        listed.tasks.push(row);
    }
    let rows = &mut listed.tasks;
    rows.sort_by_key(|row| (Reverse(row.ended_at), row.id.clone()));
    listed.more |= rows.len() > filter.limit;
    rows.truncate(filter.limit);
    Ok(listed)
}

fn of_place(view: &View<'_>, place: &Place) -> Result<TaskRecord, Damage> {
    let bytes = view.get(place)?;
    record::parse(place, &bytes.unwrap_or_default())
}

impl Filter {
    fn wants(&self, board: &Board, brief: &Brief) -> bool {
        self.says(brief)
            && self
                .parent
                .as_ref()
                .is_none_or(|parent| board.is_part(brief, parent))
    }

    /// What the task itself says.
    fn says(&self, brief: &Brief) -> bool {
        self.labels.is_subset(&brief.labels)
            && self.sort.as_ref().is_none_or(|sort| brief.sort == *sort)
            && (self.assignee.is_none() || brief.assignee == self.assignee)
            && (self.run.is_none() || brief.run == self.run)
            && (self.feature.is_none() || brief.feature == self.feature)
    }

    fn is_mine(&self, brief: &Brief, claim: &Claim) -> bool {
        let Some(me) = &self.mine else { return true };
        let has_done = brief.stage.is_over()
            && brief
                .claimed
                .as_ref()
                .is_some_and(|claimed| claimed.by.agent == *me);
        brief.assignee.as_ref() == Some(me)
            || claim.held().is_some_and(|hold| hold.agent == *me)
            || has_done
    }

    fn has_text(&self, task: &TaskRecord) -> bool {
        let Some(text) = &self.text else { return true };
        let is_in = |part: &str| part.to_lowercase().contains(text.as_str());
        is_in(task.title.as_str())
            || is_in(task.id.as_str())
            || task
                .body
                .body
                .as_ref()
                .is_some_and(|body| is_in(body.as_str()))
            || task.labels.iter().any(|label| is_in(label.as_str()))
            || task
                .result
                .as_ref()
                .is_some_and(|result| is_in(&result.to_string()))
    }
}
