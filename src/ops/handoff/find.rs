//! `handoff read`, `list` and `show`: what others left.

use clap::Args;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::coord::{Failure, View};
use crate::domain::handoff;
use crate::model::handoff::{Handoff, HandoffRecord};
use crate::model::id::{Actor, AgentName, Id};
use crate::model::refusal::Refusal;
use crate::model::text::Word;
use crate::ops::{Answer, Context, given};

use super::{Listed, Shown, resolve};

/// How many are listed unless said otherwise.
const COUNT_DEFAULT: usize = 20;

/// Show the newest handoff: for the current branch, else for you; or by what is asked for.
#[derive(Clone, Debug, Default, Args, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Read {
    #[command(flatten)]
    #[serde(flatten)]
    which: Which,
}

/// List handoffs, newest first.
#[derive(Clone, Debug, Default, Args, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct List {
    #[command(flatten)]
    #[serde(flatten)]
    which: Which,
    /// Only those that nobody has accepted
    #[arg(long)]
    pub open: bool,
    /// At most so many [default: 20]
    #[arg(long, short = 'n', value_name = "N")]
    pub count: Option<usize>,
}

/// Show one handoff.
#[derive(Clone, Debug, Args, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Show {
    /// Which, or the beginning of its id
    #[arg(value_name = "ID")]
    pub id: String,
}

/// Which handoffs.
#[derive(Clone, Debug, Default, Args, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
struct Which {
    /// Only about this branch
    #[arg(long, value_name = "NAME")]
    branch: Option<String>,
    /// Only about this task
    #[arg(long, value_name = "ID")]
    task: Option<String>,
    /// Only about this feature
    #[arg(long, value_name = "WORD")]
    feature: Option<String>,
    /// Only by this agent
    #[arg(long, value_name = "NAME", conflicts_with = "mine")]
    agent: Option<String>,
    /// Only by this agent's own sessions
    #[arg(long)]
    mine: bool,
}

/// What was asked for, understood.
struct Filter {
    branch: Option<String>,
    task: Option<Id>,
    feature: Option<Word>,
    agent: Option<AgentName>,
}

impl Read {
    pub(super) fn run(&self, context: &Context<'_>) -> Result<Answer, Failure> {
        let coord = &context.coord;
        let filter = self.which.filter(context)?;
        let view = coord.view(None)?;
        let (all, _) = handoff::all(&view)?;
        let found = if filter.is_nothing() {
            let branch = coord.current_branch();
            let here = handoff::newest(&all, |one| {
                let of = one.content.branch.as_ref();
                of.is_some_and(|of| branch.as_deref() == Some(of.as_str()))
            });
            here.or_else(|| handoff::newest(&all, |one| is_for(one, coord.actor())))
        } else {
            handoff::newest(&all, |one| filter.fits(one))
        };
        match found {
            Some(handoff) => Ok(shown(&view, handoff.clone())),
            None => Err(Refusal::NotFound {
                what: "handoff".into(),
                name: filter.words(),
            }
            .into()),
        }
    }
}

impl List {
    pub(super) fn run(&self, context: &Context<'_>) -> Result<Answer, Failure> {
        let filter = self.which.filter(context)?;
        let view = context.coord.view(None)?;
        let (mut all, damaged) = handoff::all(&view)?;
        all.retain(|one| filter.fits(one) && (!self.open || one.accepted.is_none()));
        let count = self.count.unwrap_or(COUNT_DEFAULT);
        let more = all.len() > count;
        all.truncate(count);
        Ok(Answer::Handoffs(Listed {
            handoffs: all,
            more,
            damaged: damaged.iter().map(ToString::to_string).collect(),
            view_age_secs: view.age.map(|age| age.as_secs()),
        }))
    }
}

impl Show {
    pub(super) fn run(&self, context: &Context<'_>) -> Result<Answer, Failure> {
        let view = context.coord.view(None)?;
        let id = resolve(&view, &self.id)?;
        // One that was collected is no longer listed, and found by its whole name.
        if handoff::get(&view, &id)?.is_none()
            && let Some(buried) = context.coord.buried(&Handoff::place(&id))?
        {
            return Ok(Answer::Handoff(Box::new(Shown {
                handoff: handoff::expect(&buried.view, &id)?,
                collected: Some(buried.commit),
                view_age_secs: None,
            })));
        }
        Ok(shown(&view, handoff::expect(&view, &id)?))
    }
}

fn shown(view: &View<'_>, handoff: HandoffRecord) -> Answer {
    Answer::Handoff(Box::new(Shown {
        handoff,
        collected: None,
        view_age_secs: view.age.map(|age| age.as_secs()),
    }))
}

/// Whether a session may accept a handoff, or has: its own it knows already.
fn is_for(handoff: &HandoffRecord, me: &Actor) -> bool {
    let is_to_me = match &handoff.content.to {
        Some(to) => *to == me.agent,
        None => handoff.from != *me,
    };
    let accepted = handoff.accepted.as_ref();
    is_to_me && accepted.is_none_or(|accepted| accepted.by == *me)
}

impl Which {
    fn filter(&self, context: &Context<'_>) -> Result<Filter, Failure> {
        let mine = self.mine.then(|| context.coord.actor().agent.clone());
        Ok(Filter {
            branch: self.branch.clone(),
            task: given::one(self.task.as_deref(), "--task")?,
            feature: given::one(self.feature.as_deref(), "--feature")?,
            agent: given::one(self.agent.as_deref(), "--agent")?.or(mine),
        })
    }
}

impl Filter {
    fn is_nothing(&self) -> bool {
        let Self {
            branch,
            task,
            feature,
            agent,
        } = self;
        branch.is_none() && task.is_none() && feature.is_none() && agent.is_none()
    }

    fn fits(&self, handoff: &HandoffRecord) -> bool {
        let content = &handoff.content;
        let branch = content.branch.as_ref().map(|name| name.as_str());
        (self.branch.is_none() || self.branch.as_deref() == branch)
            && (self.task.is_none() || self.task == content.task)
            && (self.feature.is_none() || self.feature == content.feature)
            && self
                .agent
                .as_ref()
                .is_none_or(|agent| *agent == handoff.from.agent)
    }

    /// In words, for the answer that there is none.
    fn words(&self) -> String {
        let words = [
            ("branch", self.branch.clone()),
            ("task", self.task.as_ref().map(ToString::to_string)),
            ("feature", self.feature.as_ref().map(ToString::to_string)),
            ("agent", self.agent.as_ref().map(ToString::to_string)),
        ];
        let words = words
            .into_iter()
            .filter_map(|(word, value)| Some(format!("{word} {}", value?)));
        match words.collect::<Vec<_>>() {
            none if none.is_empty() => "for this branch or for you".into(),
            words => words.join(", "),
        }
    }
}
