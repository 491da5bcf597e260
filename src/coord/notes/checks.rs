//! What is written about the checks of landed commits.

use std::collections::BTreeMap;

use crate::coord::{Failure, View};
use crate::domain::State;
use crate::model::object_id::ObjectId;
use crate::model::queue::{
    Entry, EntryRecord, Outcome, QUEUE, Run, Stage, Standing, VERDICTS, VerdictRecord,
};
use crate::model::record;
use crate::model::text::shown;
use crate::model::time::span;
use crate::store::{Backend, ObjectKind, Repo};

/// Largest commit that is read for the id of its tree, in bytes.
const COMMIT_BYTES_MAX: usize = 4 * 1024 * 1024;

/// What landed as each commit, and how its tree was checked. What cannot be read is passed over: a
/// commit that is not here yet, and records that `doctor` tells of.
pub(super) fn texts(view: &View<'_>, repo: &Repo) -> Result<BTreeMap<ObjectId, String>, Failure> {
    let mut landed: BTreeMap<ObjectId, Vec<EntryRecord>> = BTreeMap::new();
    for (place, bytes) in view.under(QUEUE)? {
        let entry = bytes
            .ok()
            .and_then(|bytes| record::parse(&place, &bytes).ok());
        let entry = entry.filter(|entry: &EntryRecord| entry.stage == Stage::Landed);
        if let Some((entry, commit)) = entry.and_then(|entry| {
            let commit = entry.landed.as_ref()?.commit;
            Some((entry, commit))
        }) {
            landed.entry(commit).or_default().push(entry);
        }
    }
    let mut texts = BTreeMap::new();
    for (commit, mut entries) in landed {
        let Some(tree) = tree_of(repo, &commit) else {
            continue;
        };
        entries.sort_by(|one, other| one.since.cmp(&other.since).then(one.id.cmp(&other.id)));
        let mut text: String = entries.iter().map(|entry| line_of(entry)).collect();
        for verdict in verdicts(view, &tree)? {
            text.push('\n');
            text.push_str(&paragraph_of(&verdict));
        }
        texts.insert(commit, text);
    }
    Ok(texts)
}

/// The tree of any commit; those of people may be merges, and in any encoding.
fn tree_of(repo: &Repo, commit: &ObjectId) -> Option<ObjectId> {
    let bytes = repo
        .read(commit, ObjectKind::Commit, COMMIT_BYTES_MAX)
        .ok()?;
    let line = bytes.split(|byte| *byte == b'\n').next()?;
    str::from_utf8(line)
        .ok()?
        .strip_prefix("tree ")?
        .parse()
        .ok()
}

/// Everything that is known about a tree, by whatever check.
fn verdicts(view: &View<'_>, tree: &ObjectId) -> Result<Vec<VerdictRecord>, Failure> {
    let digits = tree.to_string();
    let found = view
        .under(&format!("{VERDICTS}/{}", &digits[..2]))?
        .into_iter();
    let parsed = found.filter_map(|(place, bytes)| record::parse(&place, &bytes.ok()?).ok());
    Ok(parsed
        .filter(|verdict: &VerdictRecord| verdict.tree == *tree)
        .collect())
}

fn line_of(entry: &Entry) -> String {
    let by = entry.landed.as_ref().map(|landed| landed.by.to_string());
    format!(
        "Landed: {} ({}), by {}\n",
        entry.id,
        shown(entry.title.as_str()),
        shown(&by.unwrap_or_default())
    )
}

fn paragraph_of(verdict: &VerdictRecord) -> String {
    let standing = match verdict.standing() {
        Standing::Unknown => "not known any more",
        Standing::RedOnce | Standing::Red => "red",
        Standing::Flaky => "green, after it was red on the same tree",
        Standing::Green => "green",
    };
    let mut text = format!(
        "Check: {} ({})\nVerdict: {standing}\n",
        shown(verdict.command.as_str()),
        verdict.check
    );
    let runs: String = verdict.runs.iter().map(run_of).collect();
    text.push_str(&runs);
    text
}

fn run_of(run: &Run) -> String {
    let outcome = match run.outcome {
        Outcome::Passed => "passed",
        Outcome::Failed => "failed",
        Outcome::TimedOut => "took too long",
    };
    let took = if run.millis < 1000 {
        format!("{}ms", run.millis)
    } else {
        span(run.millis / 1000)
    };
    let host = run
        .host
        .as_ref()
        .map(|host| format!(" on {}", shown(host.as_str())));
    format!(
        "Run: {outcome} after {took}, by {}{}, {}\n",
        shown(&run.by.to_string()),
        host.unwrap_or_default(),
        run.at
    )
}
