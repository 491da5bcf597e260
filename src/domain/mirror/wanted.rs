//! What each thread should show.

use std::collections::BTreeMap;

use crate::model::forge::{
    AGENT_PREFIX, CheckRun, Label, Login, Number, Reason, Status, StatusState, Thread,
};
use crate::model::id::Id;
use crate::model::key::Key;
use crate::model::lock::Hold;
use crate::model::queue::{Entry, Stage};
use crate::model::task::{Stage as TaskStage, Task};

use super::check;
use super::facts::{Facts, Held, branch_of};
use super::{LABELS_MAX, summary};

/// What somebody is told on a page besides what the state says: answers to what was asked there. In the
/// order in which they are shown.
pub type Told = BTreeMap<Number, Vec<String>>;

/// What one thread should show.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Wanted {
    /// Labels of ours, by their folded names.
    pub labels: BTreeMap<String, Label>,
    /// The text of the comment.
    pub comment: String,
    /// Whether there has to be one: an empty one is not begun, only left behind.
    pub has_comment: bool,
    /// The status of a commit.
    pub status: Option<(String, Status)>,
    /// The check run of that commit.
    pub check: Option<CheckRun>,
    /// Whether an issue should be open, or why it should not.
    pub closed: Option<Option<Reason>>,
    /// Who should see to it, besides whoever does.
    pub assignee: Option<Login>,
}

/// What belongs to one thread.
#[derive(Default)]
pub(super) struct Own<'f> {
    pub held: Vec<&'f Held>,
    pub features: Vec<&'f crate::model::feature::Feature>,
    pub entry: Option<&'f Entry>,
    pub task: Option<&'f Task>,
}

/// What the threads should show that there are. One that is not in the answer has nothing to show.
pub fn wanted(
    facts: &Facts,
    told: &Told,
    threads: &BTreeMap<Number, Thread>,
    with_checks: bool,
) -> BTreeMap<Number, Wanted> {
    let mut own: BTreeMap<Number, Own<'_>> = BTreeMap::new();
    let pulls = pulls(threads);
    let issue_of_task: BTreeMap<&str, Number> = facts
        .tasks
        .iter()
        .filter(|(number, _)| is_issue(threads, **number))
        .map(|(number, task)| (task.id.as_str(), *number))
        .collect();
    for held in &facts.held {
        let pull = branch_of(&held.hold).and_then(|branch| pulls.get(branch));
        let task = held.key.claimed_task().map(|id| id.to_string());
        let task = task.or_else(|| held.hold.task.as_ref().map(|task| task.as_str().to_owned()));
        let issue = task.and_then(|task| issue_of_task.get(task.as_str()));
        let page = page_of(&held.hold).filter(|number| threads.contains_key(number));
        if let Some(number) = pull.or(issue).copied().or(page) {
            own.entry(number).or_default().held.push(held);
        }
    }
    for feature in &facts.features {
        let branch = feature.branch.as_ref().map(|branch| branch.as_str());
        if let Some(number) = branch.and_then(|branch| pulls.get(branch)) {
            own.entry(*number).or_default().features.push(feature);
        }
    }
    for (number, thread) in threads {
        if let Some(entry) = entry_of(facts, thread) {
            own.entry(*number).or_default().entry = Some(entry);
        }
    }
    for (number, task) in &facts.tasks {
        if is_issue(threads, *number) {
            own.entry(*number).or_default().task = Some(task);
        }
    }
    // A thread that wears a label has to be cleared, and one that is told something shows that.
    for (number, thread) in threads {
        let wears = thread.labels.iter().any(super::is_rendered);
        if wears || told.contains_key(number) {
            own.entry(*number).or_default();
        }
    }
    let make = |(number, own): (Number, Own<'_>)| {
        let thread = threads.get(&number)?;
        let told = told.get(&number).map_or(&[][..], Vec::as_slice);
        Some((number, one(facts, thread, &own, told, with_checks)))
    };
    own.into_iter().filter_map(make).collect()
}

/// The page on which a person asked for what is held.
fn page_of(hold: &Hold) -> Option<Number> {
    if !hold.agent.as_str().starts_with(AGENT_PREFIX) {
        return None;
    }
    let session = hold.session.as_str();
    let number = session
        .strip_prefix("pr-")
        .or(session.strip_prefix("issue-"))?;
    number.parse().ok()
}

fn is_issue(threads: &BTreeMap<Number, Thread>, number: Number) -> bool {
    threads.get(&number).is_some_and(|thread| !thread.is_pull)
}

/// The open pull request of each branch of this repository: the oldest, where there are several.
fn pulls(threads: &BTreeMap<Number, Thread>) -> BTreeMap<&str, Number> {
    let mut pulls = BTreeMap::new();
    for (number, thread) in threads.iter().filter(|(_, thread)| thread.is_open) {
        if let Some(head) = thread.head.as_ref().filter(|head| head.is_here) {
            pulls.entry(head.branch.as_str()).or_insert(*number);
        }
    }
    pulls
}

/// The entry of a pull request: of its branch and for its base, one that waits before one that is over.
fn entry_of<'f>(facts: &'f Facts, thread: &Thread) -> Option<&'f Entry> {
    let head = thread.head.as_ref().filter(|head| head.is_here)?;
    let is_its = |entry: &&Entry| {
        entry.branch.as_ref().is_some_and(|branch| branch.as_str() == head.branch)
            && entry.target.as_str() == head.base
            // What is over is about the commits that it was about.
            && (matches!(entry.stage, Stage::Queued | Stage::Failed)
                || entry.sealed.to_string() == head.sha)
    };
    let all = facts.entries.iter().filter(is_its);
    all.max_by_key(|entry| (!entry.stage.is_over(), entry.since, &entry.id))
}

fn one(
    facts: &Facts,
    thread: &Thread,
    own: &Own<'_>,
    told: &[String],
    with_checks: bool,
) -> Wanted {
    let mut wanted = Wanted::default();
    if stays_open(facts, thread, own) {
        for label in labels(own) {
            wanted.labels.insert(Label::folded(&label.name), label);
        }
    }
    wanted.has_comment = !wanted.labels.is_empty() || !told.is_empty();
    wanted.comment = summary::of(facts, own, told);
    if let (Some(entry), Some(head)) = (own.entry, &thread.head) {
        let status = check::status(facts, entry, head);
        wanted.status = Some((head.sha.clone(), status.clone()));
        if with_checks {
            wanted.check = Some(check::run(facts, entry, status.state, &status.description));
        }
    }
    if let Some(task) = own.task.filter(|task| facts.governs(task, thread)) {
        wanted.closed = match task.stage {
            TaskStage::Done => Some(Some(Reason::Completed)),
            TaskStage::Cancelled => Some(Some(Reason::NotPlanned)),
            // Whether to go on is for people to say.
            TaskStage::Dead | TaskStage::Failed => None,
            TaskStage::Open | TaskStage::Claimed | TaskStage::Running => Some(None),
        };
        let claimed = task.claimed.as_ref().map(|claimed| &claimed.by.agent);
        let agent = task.assignee.as_ref().or(claimed);
        // Only people of the page can be named there.
        let login = agent.and_then(|agent| agent.as_str().strip_prefix("gh-"));
        wanted.assignee = login
            .filter(|_| !task.stage.is_over())
            .and_then(|login| login.parse().ok());
    }
    wanted
}

/// Whether a thread is open when all is as it should be: only then it wears labels.
fn stays_open(facts: &Facts, thread: &Thread, own: &Own<'_>) -> bool {
    let task = own.task.filter(|task| facts.governs(task, thread));
    match task.map(|task| task.stage) {
        Some(TaskStage::Done | TaskStage::Cancelled) => false,
        Some(TaskStage::Open | TaskStage::Claimed | TaskStage::Running) => true,
        Some(TaskStage::Failed | TaskStage::Dead) | None => thread.is_open,
    }
}

fn labels(own: &Own<'_>) -> Vec<Label> {
    let mut labels = Vec::new();
    let locks = own.held.iter().filter(|held| !is_ours(&held.key));
    let locks = locks.map(|held| Label::lock(&held.key));
    labels.extend(locks.take(LABELS_MAX));
    // An issue that is the task says how that stands.
    let is_itself = |id: &Id| own.task.is_some_and(|task| task.id == *id);
    let tasks = own.held.iter().filter_map(|held| held.key.claimed_task());
    let tasks = tasks.filter(|id| !is_itself(id));
    labels.extend(tasks.map(|id| Label::task(id.as_str())).take(LABELS_MAX));
    let features = own.features.iter();
    let features = features.map(|feature| Label::feature(feature.id.as_str()));
    labels.extend(features.take(LABELS_MAX));
    if let Some(entry) = own.entry
        && entry.stage != Stage::Cancelled
    {
        labels.push(Label::queue(entry.stage.as_str()));
    }
    if let Some(task) = own.task {
        labels.push(Label::state(standing(task)));
    }
    labels
}

/// Keys that are locked for something that has a label of its own.
pub(super) fn is_ours(key: &Key) -> bool {
    match key {
        Key::Logical(key) => ["task", "feature"].contains(&key.prefix()),
        Key::Path(_) | Key::Glob(_) => false,
    }
}

/// How a task stands, as far as its record says.
pub(super) fn standing(task: &Task) -> &'static str {
    match task.stage {
        TaskStage::Open if task.depends.is_subset(&task.met) => "ready",
        TaskStage::Open => "blocked",
        stage => stage.as_str(),
    }
}

/// What a status of the queue says, by how an entry is.
pub(super) fn state_of(stage: Stage) -> StatusState {
    match stage {
        Stage::Queued => StatusState::Pending,
        Stage::Landed => StatusState::Success,
        Stage::Failed => StatusState::Failure,
        Stage::Cancelled => StatusState::Error,
    }
}
