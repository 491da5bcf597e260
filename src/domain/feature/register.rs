//! Saying what a feature will change, and changing what was said.

use std::collections::{BTreeMap, BTreeSet};

use crate::model::feature::{
    Did, Feature, FeatureRecord, Overlaps, Percent, Register, Status, Update,
};
use crate::model::id::Id;
use crate::model::key::Key;
use crate::model::limits::{FEATURES_MAX, LIST_MAX, METADATA_MAX};
use crate::model::refusal::Refusal;
use crate::model::text::{Text, Word};

use super::super::decide::{Decided, Desk};
use super::super::secret;
use super::{answer, cycle, find, overlap, wrong_state};

/// What a finished feature would have to be.
const UNFINISHED: &str = "one that is active or queued; register another";

pub(super) fn register(desk: &mut Desk<'_>, ask: &Register) -> Result<Decided, Refusal> {
    secret::check(
        texts(&ask.title, &ask.branch, &ask.metadata),
        &ask.allow_secrets,
    )?;
    let before = find::get(&desk.staged, &ask.id)?;
    let mut feature = match &before {
        Some(there) => {
            expect_open(desk, there, ask.takeover)?;
            there.body.clone()
        }
        None => {
            let (known, _) = find::all(&desk.staged)?;
            let open = known.iter().filter(|one| !one.status.is_over()).count();
            limit("features that are not over", open + 1, FEATURES_MAX)?;
            fresh(desk, &ask.id)
        }
    };
    feature.claims = ask.claims.iter().cloned().collect();
    set(&mut feature.title, &ask.title);
    set(&mut feature.branch, &ask.branch);
    feature.priority = ask.priority.unwrap_or(feature.priority);
    if !ask.depends_on.is_empty() {
        feature.depends_on.clone_from(&ask.depends_on);
    }
    put_metadata(&mut feature.metadata, &ask.metadata, &ask.remove_metadata);
    write(desk, before, feature, ask.sequential_above)
}

pub(super) fn update(desk: &mut Desk<'_>, ask: &Update) -> Result<Decided, Refusal> {
    secret::check(
        texts(&ask.title, &ask.branch, &ask.metadata),
        &ask.allow_secrets,
    )?;
    let before = find::expect(&desk.staged, &ask.id)?;
    if let Some(named) = ask.rev.filter(|rev| *rev != before.head.rev) {
        return Err(Refusal::Changed {
            what: "feature".into(),
            name: ask.id.to_string(),
            named,
            now: before.head.rev,
        });
    }
    expect_open(desk, &before, ask.takeover)?;
    let mut feature = before.body.clone();
    feature.claims.extend(ask.add_claims.iter().cloned());
    feature
        .claims
        .retain(|claim| !ask.remove_claims.contains(claim));
    set(&mut feature.title, &ask.title);
    set(&mut feature.branch, &ask.branch);
    feature.priority = ask.priority.unwrap_or(feature.priority);
    let more = ask.add_depends_on.iter().cloned();
    feature.depends_on.extend(more);
    feature
        .depends_on
        .retain(|id| !ask.remove_depends_on.contains(id));
    put_metadata(&mut feature.metadata, &ask.metadata, &ask.remove_metadata);
    write(desk, Some(before), feature, ask.sequential_above)
}

fn expect_open(desk: &Desk<'_>, there: &Feature, takeover: bool) -> Result<(), Refusal> {
    if there.status.is_over() {
        return Err(wrong_state(there, UNFINISHED));
    }
    desk.expect_own_feature(there, takeover)
}

fn fresh(desk: &Desk<'_>, id: &Id) -> Feature {
    Feature {
        id: id.clone(),
        title: None,
        branch: None,
        owner: desk.me().clone(),
        claims: BTreeSet::new(),
        priority: Default::default(),
        depends_on: BTreeSet::new(),
        status: Status::Active,
        metadata: BTreeMap::new(),
        since: desk.stamp.at,
        ended_at: None,
        landed_as: None,
        why: None,
    }
}

/// Writes what is new, and looks at what its claims meet in the state that this is decided on.
fn write(
    desk: &mut Desk<'_>,
    before: Option<FeatureRecord>,
    mut feature: Feature,
    above: Percent,
) -> Result<Decided, Refusal> {
    if feature.owner.agent != desk.me().agent {
        feature.owner = desk.me().clone();
    }
    check(&feature)?;
    let known = before.as_ref().map(|before| &before.depends_on);
    let is_new = |id: &&Id| known.is_none_or(|known| !known.contains(*id));
    for id in feature.depends_on.iter().filter(is_new) {
        // What waits for itself is a circle, also when it is not there yet.
        if *id == feature.id {
            continue;
        }
        let first = find::expect(&desk.staged, id)?;
        if first.status == Status::Cancelled {
            return Err(wrong_state(&first, "one that can still land"));
        }
    }
    cycle::refuse(&desk.staged, &feature)?;
    let (verb, did, feature) = match before {
        Some(before) if before.body == feature => ("keep", Did::Unchanged, before),
        Some(_) => ("update", Did::Updated, desk.put_feature(feature)?),
        None => ("register", Did::Registered, desk.put_feature(feature)?),
    };
    let overlaps = seen(desk, &feature, above)?;
    Ok(answer(desk, verb, did, feature, Some(overlaps)))
}

fn seen(desk: &Desk<'_>, feature: &Feature, above: Percent) -> Result<Overlaps, Refusal> {
    Ok(overlap::of(&desk.staged, desk.stamp, feature, above)?)
}

/// Everything that grows is bounded, and no feature can need the claim of a task.
fn check(feature: &Feature) -> Result<(), Refusal> {
    limit("claims of one feature", feature.claims.len(), LIST_MAX)?;
    limit(
        "dependencies of one feature",
        feature.depends_on.len(),
        LIST_MAX,
    )?;
    limit(
        "metadata of one feature",
        feature.metadata.len(),
        METADATA_MAX,
    )?;
    let is_claim = |key: &&Key| key.claimed_task().is_some();
    match feature.claims.iter().find(is_claim) {
        Some(key) => Err(Refusal::NotAllowed {
            what: format!("`{key}` is the claim of a task, and no feature changes it"),
        }),
        None => Ok(()),
    }
}

fn limit(what: &str, count: usize, most: usize) -> Result<(), Refusal> {
    if count <= most {
        return Ok(());
    }
    Err(Refusal::Limit {
        what: what.into(),
        most,
    })
}

fn set(field: &mut Option<Text>, new: &Option<Text>) {
    if new.is_some() {
        field.clone_from(new);
    }
}

fn put_metadata(
    field: &mut BTreeMap<Word, Text>,
    more: &BTreeMap<Word, Text>,
    less: &BTreeSet<Word>,
) {
    field.retain(|word, _| !less.contains(word));
    field.extend(more.iter().map(|(word, text)| (word.clone(), text.clone())));
}

/// What is said of a feature that others will read.
fn texts<'t>(
    title: &'t Option<Text>,
    branch: &'t Option<Text>,
    metadata: &'t BTreeMap<Word, Text>,
) -> impl Iterator<Item = (&'t str, &'t str)> {
    let title = title.iter().map(|text| ("title", text.as_str()));
    let branch = branch.iter().map(|text| ("branch", text.as_str()));
    let words = metadata.keys().map(|word| ("metadata", word.as_str()));
    let values = metadata.values().map(|text| ("metadata", text.as_str()));
    title.chain(branch).chain(words).chain(values)
}
