//! `feature register` and `update`.

use std::collections::{BTreeMap, BTreeSet};

use clap::Args;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::coord::Failure;
use crate::domain::State;
use crate::model::feature::{Ask, Feature, Register as Wanted, Update as Change};
use crate::model::id::Id;
use crate::model::text::{Text, Word};

use super::super::{given, keys, words};
use super::{Answer, Context, ask, branch, name};

/// Say what a feature will change, all of it at once.
///
/// Registering again replaces the claims and keeps the rest: title, branch, priority and dependencies
/// that are not named stay, metadata are merged. The answer says what the claims meet in the very
/// state that they were registered in: of two that register at the same time, at least one sees the
/// other.
#[derive(Clone, Debug, Default, Args, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Register {
    /// Its name: lower-case letters, digits and `-`
    #[arg(value_name = "ID")]
    pub id: String,
    /// The branch that it is made on [default: the current one, unless features land there]
    #[arg(long, value_name = "BRANCH")]
    pub branch: Option<String>,
    /// A key that it will change, as for `git coord lock`
    #[arg(long, short, value_name = "KEY")]
    pub claim: Vec<String>,
    /// What it is, in one line
    #[arg(long, value_name = "TEXT")]
    pub title: Option<String>,
    /// How urgent it is to land, 0 (most) to 4 (least) [default: 2]
    #[arg(long, short, value_name = "N")]
    pub priority: Option<String>,
    /// A feature that lands first; those that are named replace the ones it had
    #[arg(long, value_name = "FEATURE")]
    pub after: Vec<String>,
    /// Something to keep with it; `NAME=` takes it off
    #[arg(long, value_name = "NAME=TEXT")]
    pub meta: Vec<String>,
    /// It belongs to another agent, and becomes yours
    #[arg(long)]
    pub takeover: bool,
    /// A rule of the secret scan that is wrong about this text; kept in the log
    #[arg(long, value_name = "RULE")]
    pub allow_secret: Vec<String>,
}

/// Change what is said of a feature. What is not named stays as it is.
#[derive(Clone, Debug, Default, Args, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Update {
    /// Which feature
    #[arg(value_name = "ID")]
    pub id: String,
    /// The branch that it is made on
    #[arg(long, value_name = "BRANCH")]
    pub branch: Option<String>,
    /// A key that it will change besides
    #[arg(long, short, value_name = "KEY")]
    pub claim: Vec<String>,
    /// A claim to take off
    #[arg(long, value_name = "KEY")]
    pub unclaim: Vec<String>,
    /// What it is, in one line
    #[arg(long, value_name = "TEXT")]
    pub title: Option<String>,
    /// How urgent it is to land, 0 (most) to 4 (least)
    #[arg(long, short, value_name = "N")]
    pub priority: Option<String>,
    /// A feature that lands first, in addition
    #[arg(long, value_name = "FEATURE")]
    pub after: Vec<String>,
    /// A feature that need not land first any more
    #[arg(long, value_name = "FEATURE")]
    pub not_after: Vec<String>,
    /// Something to keep with it; `NAME=` takes it off
    #[arg(long, value_name = "NAME=TEXT")]
    pub meta: Vec<String>,
    /// It belongs to another agent, and becomes yours
    #[arg(long)]
    pub takeover: bool,
    /// The revision that was seen, from `git coord feature show --json`; another one refuses the change
    #[arg(long, value_name = "N")]
    pub rev: Option<u64>,
    /// A rule of the secret scan that is wrong about this text; kept in the log
    #[arg(long, value_name = "RULE")]
    pub allow_secret: Vec<String>,
}

impl Register {
    pub(super) fn run(&self, context: &Context<'_>) -> Result<Answer, Failure> {
        let coord = &context.coord;
        let id: Id = self
            .id
            .parse()
            .map_err(|why| Failure::usage(format!("{why}"), "choose another name"))?;
        let claims = keys::read(context, &self.claim, false)?;
        let branch = match &self.branch {
            Some(branch) => Some(branch.clone()),
            // What is there keeps the branch that it has.
            None if coord.view(None)?.get(&Feature::place(&id))?.is_some() => None,
            None => branch::own(context),
        };
        let (metadata, remove_metadata) = metadata(&self.meta)?;
        let wanted = Wanted {
            id,
            claims: claims.keys,
            title: given::one(self.title.as_deref(), "--title")?,
            branch: given::one(branch.as_deref(), "--branch")?,
            priority: given::one(self.priority.as_deref(), "--priority")?,
            depends_on: name::of_all(context, &self.after)?,
            metadata,
            remove_metadata,
            takeover: self.takeover,
            sequential_above: coord.settings().sequential_above,
            allow_secrets: words::read(&self.allow_secret, "--allow-secret")?,
        };
        ask(context, Ask::Register(Box::new(wanted)), claims.notes)
    }
}

impl Update {
    pub(super) fn run(&self, context: &Context<'_>) -> Result<Answer, Failure> {
        let more = keys::read(context, &self.claim, false)?;
        let less = keys::read(context, &self.unclaim, false)?;
        let (metadata, remove_metadata) = metadata(&self.meta)?;
        let wanted = Change {
            id: name::of(context, &self.id)?,
            add_claims: more.keys,
            remove_claims: less.keys,
            title: given::one(self.title.as_deref(), "--title")?,
            branch: given::one(self.branch.as_deref(), "--branch")?,
            priority: given::one(self.priority.as_deref(), "--priority")?,
            add_depends_on: name::of_all(context, &self.after)?,
            remove_depends_on: name::of_all(context, &self.not_after)?,
            metadata,
            remove_metadata,
            takeover: self.takeover,
            sequential_above: context.coord.settings().sequential_above,
            rev: self.rev,
            allow_secrets: words::read(&self.allow_secret, "--allow-secret")?,
        };
        let notes = [more.notes, less.notes].concat();
        ask(context, Ask::Update(Box::new(wanted)), notes)
    }
}

/// What is kept, and what is taken off.
fn metadata(typed: &[String]) -> Result<(BTreeMap<Word, Text>, BTreeSet<Word>), Failure> {
    let (mut more, mut less) = (BTreeMap::new(), BTreeSet::new());
    for text in typed {
        let Some((name, value)) = text.split_once('=') else {
            let what = format!("--meta: `{}` has no `=`", text.escape_debug());
            return Err(Failure::usage(what, "write it as `NAME=TEXT`"));
        };
        let names: Vec<Word> = given::each(&[name.to_owned()], "--meta")?;
        for name in names {
            if value.is_empty() {
                less.insert(name);
            } else if let Some(value) = given::one(Some(value), "--meta")? {
                more.insert(name, value);
            }
        }
    }
    Ok((more, less))
}
