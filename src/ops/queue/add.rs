//! `queue add`.

use std::collections::BTreeSet;

use clap::Args;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::coord::Failure;
use crate::domain::feature::find;
use crate::domain::queue::why::State;
use crate::model::branch::Branch;
use crate::model::feature::FeatureRecord;
use crate::model::id::Id;
use crate::model::queue::{Add as Wanted, Ask};
use crate::model::request::Request;

use super::super::words;
use super::look::Why;
use super::run::Run;
use super::{Answer, Context, Target, branch, name, refused};

/// Put a branch in line. What it has now is sealed: what is pushed to it later does not land.
#[derive(Clone, Debug, Default, Args, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Add {
    /// The branch, or a feature that has one [default: the branch that is checked out]
    #[arg(value_name = "FEATURE|BRANCH")]
    pub what: Option<String>,
    /// Where it lands
    #[command(flatten)]
    #[serde(flatten)]
    pub target: Target,
    /// What to call the entry [default: the feature, or made from the branch]
    #[arg(long, value_name = "NAME")]
    pub id: Option<String>,
    /// One line [default: the subject of the commit]
    #[arg(long, value_name = "TEXT")]
    pub title: Option<String>,
    /// How urgent it is: 0 is most urgent, 4 least [default: 2]
    #[arg(long, short, value_name = "N")]
    pub priority: Option<String>,
    /// Entries that have to land first
    #[arg(long, value_name = "ENTRY")]
    pub after: Vec<String>,
    /// Before everything else, also before what is being checked now; kept in the log
    #[arg(long, value_name = "REASON")]
    pub urgent: Option<String>,
    /// Run its own check here at once, so that runners need not: coord.check of the target
    #[arg(long)]
    pub isolate: bool,
    /// The same with this check, as the runners have it; several are run one after the other
    #[arg(long, value_name = "CMD")]
    pub check: Vec<String>,
    /// A rule of the secret scan that is wrong about these texts; kept in the log
    #[arg(long, value_name = "RULE")]
    pub allow_secret: Vec<String>,
}

impl Add {
    pub(super) fn run(&self, context: &Context<'_>) -> Result<Answer, Failure> {
        let coord = &context.coord;
        let target = self.target.branch(context)?;
        let source = self.source(context, &target)?;
        let Some(commit) = coord.commit_named(&source.full())? else {
            let what = format!("there is no branch `{source}`");
            return Err(Failure::usage(what, "see `git branch`"));
        };
        let sealed = coord.sealed(&target, commit)?;
        let id = self.name(context, &source)?;
        let wanted = Wanted {
            target: target.clone(),
            id,
            sealed: sealed.commit,
            base: Some(sealed.base),
            branch: Some(source),
            title: match &self.title {
                Some(title) => Some(value(title, "--title")?),
                None => coord
                    .subject_of(&sealed.commit)?
                    .and_then(|subject| subject.parse().ok()),
            },
            priority: self
                .priority
                .as_deref()
                .map(|typed| value(typed, "--priority"))
                .transpose()?,
            urgent: self
                .urgent
                .as_deref()
                .map(|typed| value(typed, "--urgent"))
                .transpose()?,
            after: self.after(context, &target)?,
            paths: sealed.paths,
            allow_secrets: words::read(&self.allow_secret, "--allow-secret")?,
        };
        coord.seal_for(&target, wanted.branch.as_ref(), sealed.commit)?;
        let id = wanted.id.clone();
        let done = coord.handle(Request::Queue(Ask::Add(wanted)));
        let done = done.map_err(|why| refused(context, &target, &id, why))?;
        let mut notes = Vec::new();
        if self.isolate || !self.check.is_empty() {
            let run = Run {
                target: self.target.clone(),
                check: self.check.clone(),
                jobs: Some(1),
                ..Run::default()
            };
            // It is in line whatever becomes of that.
            match run.drive(context, Some(&id)) {
                Ok(driven) if driven.runs == 0 => {
                    notes.push("its check was not run here: see `git coord queue why`".into());
                    notes.extend(driven.troubles);
                }
                Ok(_) => {}
                Err(why) => notes.push(format!("its check was not run: {why}")),
            }
        }
        notes.extend(self.what_is_in_the_way(context, &id));
        Ok(Answer::done(done, notes))
    }

    /// Why it will not land as things are. What cannot be told now is told by `queue why`.
    fn what_is_in_the_way(&self, context: &Context<'_>, id: &Id) -> Option<String> {
        let why = Why {
            id: Some(id.to_string()),
            target: self.target.clone(),
            fetch: false,
        };
        let listed = why.run(context).ok()?;
        let why = &listed.entries.first()?.why;
        let is_on_its_way = matches!(
            why.state,
            State::Unchecked | State::Checking | State::Proven | State::Certifying | State::Landed
        );
        (!is_on_its_way).then(|| why.to_string())
    }

    /// The branch that is meant.
    fn source(&self, context: &Context<'_>, target: &Branch) -> Result<Branch, Failure> {
        let typed = match &self.what {
            Some(typed) => typed.clone(),
            None => context.coord.current_branch().ok_or_else(|| {
                Failure::usage(
                    "no branch is checked out",
                    "name one: `git coord queue add BRANCH`",
                )
            })?,
        };
        let view = context.coord.view(None)?;
        let feature = typed.parse().ok();
        let feature = feature.map(|id: Id| find::get(&view, &id)).transpose()?;
        let own = feature.flatten().and_then(|feature| feature.body.branch);
        let source = branch(own.as_ref().map_or(&typed, |own| own.as_str()))?;
        if source == *target {
            let what = format!("`{source}` is the branch that entries land on");
            return Err(Failure::usage(what, "name the branch that is to land"));
        }
        Ok(source)
    }

    fn name(&self, context: &Context<'_>, source: &Branch) -> Result<Id, Failure> {
        if let Some(typed) = &self.id {
            return value(typed, "--id");
        }
        // A feature that was named, or that is made on this branch.
        let view = context.coord.view(None)?;
        let (features, _) = find::all(&view)?;
        let is_it = |feature: &&FeatureRecord| {
            let on = feature.branch.as_ref().map(|branch| branch.as_str());
            let is_named = self.what.as_deref() == Some(feature.id.as_str());
            !feature.status.is_over() && (is_named || on == Some(source.as_str()))
        };
        if let Some(feature) = features.iter().find(is_it) {
            return Ok(feature.id.clone());
        }
        name::of_branch(source).ok_or_else(|| {
            let what = format!("no name can be made from `{source}`");
            Failure::usage(what, "give one with `--id`")
        })
    }

    fn after(&self, context: &Context<'_>, target: &Branch) -> Result<BTreeSet<Id>, Failure> {
        if self.after.is_empty() {
            return Ok(BTreeSet::new());
        }
        let view = context.coord.view(None)?;
        let typed = self.after.iter().flat_map(|text| text.split(','));
        typed
            .map(|typed| Ok(name::of(&view, target, typed.trim())?.id.clone()))
            .collect()
    }
}

/// Reads a value; the option's name goes into the error.
pub(super) fn value<T: std::str::FromStr>(typed: &str, option: &str) -> Result<T, Failure>
where
    T::Err: std::fmt::Display,
{
    typed
        .parse()
        .map_err(|why| Failure::usage(format!("{option}: {why}"), "see `git coord queue --help`"))
}
