//! `task fan-out`, `pipeline` and `scatter`: graphs that are needed again and again.

use std::collections::BTreeSet;

use clap::{Arg, ArgAction, ArgMatches, Args, Command, FromArgMatches};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::coord::{Done, Failure};
use crate::env;
use crate::model::refusal::Refusal;
use crate::model::reply::Reply;
use crate::model::request::Request;
use crate::model::task::pattern::{self, Shared, Stage};
use crate::model::task::{Add, Ask, Did, New};
use crate::model::text::Word;
use crate::ops::{Answer, Context};

use super::add::on_fail;
use super::{name, typed};

/// How often other ids are tried when one is taken.
const TRIES: usize = 8;

/// What all tasks of a pattern have in common.
#[derive(Clone, Debug, Default, Args, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
pub struct Common {
    /// The word that all of them have in common [default: an id made for it]
    #[arg(long, value_name = "WORD")]
    pub run: Option<String>,
    /// How urgent they are, from 0 (most) to 4 [default: 2]
    #[arg(long, short, value_name = "N")]
    pub priority: Option<String>,
    /// A word to find them by
    #[arg(long, short, value_name = "WORD")]
    pub label: Vec<String>,
    /// The task that the whole is a part of
    #[arg(long, value_name = "ID")]
    pub parent: Option<String>,
    /// A rule of the secret scan that is wrong about these texts; kept in the log
    #[arg(long, value_name = "RULE")]
    pub allow_secret: Vec<String>,
}

/// Divide one thing into parts, and let one task put their results together.
///
/// The parts can be done at the same time. The task named with --reduce is ready when all of them
/// are done, and whoever has it sees their results with `git coord task show`. All of it is added
/// at once or not at all.
#[derive(Clone, Debug, Default, Args, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
pub struct FanOut {
    /// What it is all about: an epic that the others are parts of
    #[arg(value_name = "TITLE")]
    pub title: String,
    /// A part; given once for each
    #[arg(long = "part", value_name = "TITLE", required = true)]
    pub parts: Vec<String>,
    /// What is done with the results
    #[arg(long, value_name = "TITLE")]
    pub reduce: String,
    /// What becomes of that when a part fails: it waits for a decision, it fails too, or it goes on
    /// with the other results [default: hold]
    #[arg(long, value_name = "WHAT", value_parser = ["hold", "fail", "ignore"])]
    pub on_fail: Option<String>,
    /// What they have in common
    #[command(flatten)]
    #[serde(flatten)]
    pub common: Common,
}

/// Let stages follow each other: each waits for the one before.
///
/// A gate is a check between two stages: whoever has it checks the stage before and says `task done`
/// when it passes, `task fail` when it does not; then what comes after it waits, visibly, until
/// somebody decides. Stages and gates follow each other as they are typed.
#[derive(Clone, Debug, Default, Args, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
pub struct Pipeline {
    /// What it is all about: an epic that the stages are parts of
    #[arg(value_name = "TITLE")]
    pub title: Option<String>,
    /// The stages
    #[command(flatten)]
    pub stages: Stages,
    /// What becomes of a stage when the one before it fails; around a gate it is always held
    /// [default: hold]
    #[arg(long, value_name = "WHAT", value_parser = ["hold", "fail", "ignore"])]
    pub on_fail: Option<String>,
    /// What they have in common
    #[command(flatten)]
    #[serde(flatten)]
    pub common: Common,
}

/// Let several try the same thing: the first that is done wins.
///
/// In the very step in which one try is done, the others are cancelled: whoever is at one of them is
/// told with the next command, and loses its claim and the locks that were taken for it.
#[derive(Clone, Debug, Default, Args, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
pub struct Scatter {
    /// What it is all about: an epic that the tries are parts of
    #[arg(value_name = "TITLE")]
    pub title: String,
    /// A try; given once for each
    #[arg(long = "try", value_name = "TITLE", required = true)]
    pub tries: Vec<String>,
    /// What they have in common
    #[command(flatten)]
    #[serde(flatten)]
    pub common: Common,
}

/// Stages and gates in the order in which they were typed, which is why clap's own derive does not
/// do: it would have each kind in a list of its own.
#[derive(Clone, Debug, Default, Serialize, Deserialize, JsonSchema)]
#[serde(transparent)]
pub struct Stages(pub Vec<Stage>);

impl Args for Stages {
    fn augment_args(command: Command) -> Command {
        let arg = |name: &'static str, help: &'static str| {
            let arg = Arg::new(name).long(name).value_name("TITLE");
            arg.action(ArgAction::Append).help(help)
        };
        let stage = arg("stage", "A stage; given once for each").required(true);
        let gate = arg(
            "gate",
            "A check that has to pass before the next stage begins",
        );
        command.arg(stage).arg(gate)
    }

    fn augment_args_for_update(command: Command) -> Command {
        Self::augment_args(command)
    }
}

impl FromArgMatches for Stages {
    fn from_arg_matches(matches: &ArgMatches) -> Result<Self, clap::Error> {
        let mut all: Vec<(usize, Stage)> = Vec::new();
        for (name, gate) in [("stage", false), ("gate", true)] {
            let indices = matches.indices_of(name).into_iter().flatten();
            let titles = matches.get_many::<String>(name).into_iter().flatten();
            all.extend(indices.zip(titles).map(|(at, title)| {
                let title = title.clone();
                (at, Stage { title, gate })
            }));
        }
        all.sort_by_key(|(at, _)| *at);
        Ok(Self(all.into_iter().map(|(_, stage)| stage).collect()))
    }

    fn update_from_arg_matches(&mut self, matches: &ArgMatches) -> Result<(), clap::Error> {
        *self = Self::from_arg_matches(matches)?;
        Ok(())
    }
}

impl FanOut {
    pub(super) fn run(&self, context: &Context<'_>) -> Result<Answer, Failure> {
        let on_fail = on_fail(self.on_fail.as_deref()).unwrap_or_default();
        self.common.add(context, |shared| {
            pattern::fan_out(&self.title, &self.parts, &self.reduce, on_fail, shared)
        })
    }
}

impl Pipeline {
    pub(super) fn run(&self, context: &Context<'_>) -> Result<Answer, Failure> {
        let on_fail = on_fail(self.on_fail.as_deref()).unwrap_or_default();
        self.common.add(context, |shared| {
            pattern::pipeline(self.title.as_deref(), &self.stages.0, on_fail, shared)
        })
    }
}

impl Scatter {
    pub(super) fn run(&self, context: &Context<'_>) -> Result<Answer, Failure> {
        self.common.add(context, |shared| {
            pattern::scatter(&self.title, &self.tries, shared)
        })
    }
}

impl Common {
    fn add(
        &self,
        context: &Context<'_>,
        make: impl Fn(&Shared) -> Result<Vec<New>, String>,
    ) -> Result<Answer, Failure> {
        let parent = self.parent.as_deref();
        let parent = parent.map(|parent| name::of(context, parent)).transpose()?;
        let mut shared = Shared {
            seed: env::fresh_op(),
            run: typed::optional(self.run.as_deref(), "--run")?,
            priority: typed::optional(self.priority.as_deref(), "--priority")?.unwrap_or_default(),
            labels: typed::words(&self.label, "--label")?,
            parent,
        };
        let allow_secrets = typed::words(&self.allow_secret, "--allow-secret")?;
        add(context, &allow_secrets, Vec::new(), || {
            shared.seed = env::fresh_op();
            make(&shared).map_err(|why| Failure::usage(why, "see `git coord task --help`"))
        })
    }
}

/// Adds tasks whose ids were made here. One that is taken by chance is no reason to refuse.
pub(super) fn add(
    context: &Context<'_>,
    allow_secrets: &BTreeSet<Word>,
    notes: Vec<String>,
    mut make: impl FnMut() -> Result<Vec<New>, Failure>,
) -> Result<Answer, Failure> {
    let mut tries = 0;
    loop {
        tries += 1;
        let add = Add {
            tasks: make()?,
            allow_secrets: allow_secrets.clone(),
        };
        match context.coord.handle(Request::Task(Ask::Add(add))) {
            Err(Failure::Refused(refusal))
                if tries < TRIES && matches!(*refusal, Refusal::Exists { .. }) => {}
            answer => {
                let done = answer?;
                let mut notes = notes;
                notes.extend(there_already(&done));
                return Ok(Answer::done(done, notes));
            }
        }
    }
}

/// What is told when some of the tasks are known from an earlier request, and others are new.
fn there_already(done: &Done) -> Option<String> {
    let Reply::Task(told) = &done.reply else {
        return None;
    };
    let earlier = told
        .tasks
        .iter()
        .filter(|task| task.head.op != done.op)
        .count();
    let is_some = earlier > 0 && told.did == Did::Added;
    is_some.then(|| format!("{earlier} were there already"))
}
