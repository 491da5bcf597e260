//! The difference between what should be on a page and what is, as calls.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use crate::model::forge::{
    CheckRun, Label, Login, Number, Page, Reason, Shown, Status, StatusState,
};

use super::is_rendered;
use super::wanted::Wanted;

/// One call that changes something.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Call {
    /// Make a label.
    MakeLabel(Label),
    /// Change how a label looks.
    ChangeLabel(Label),
    /// Put labels on a thread.
    Wear(Number, Vec<Label>),
    /// Write the comment.
    Say(Number, String),
    /// Edit it.
    Edit(Number, u64, String),
    /// Take away one that there is twice.
    Unsay(Number, u64),
    /// Set the status of a commit.
    SetStatus(Number, String, Status),
    /// Make a check run on a commit.
    MakeCheck(Number, String, CheckRun),
    /// Change it.
    ChangeCheck(Number, CheckRun),
    /// Name whoever sees to an issue.
    Assign(Number, Login),
    /// Close an issue.
    Close(Number, Reason),
    /// Open it again.
    Reopen(Number),
    /// Take a label off a thread.
    Doff(Number, String),
    /// Take a label away, off all threads that wear it.
    DropLabel(String),
}

/// The calls after which the page shows what it should, in an order in which any beginning of them
/// leaves a page that the next round puts right. Threads that are not wanted are not touched.
pub fn plan(wanted: &BTreeMap<Number, Wanted>, page: &Page) -> Vec<Call> {
    let mut calls = Vec::new();
    make_labels(wanted, page, &mut calls);
    for (number, wanted) in wanted {
        if let Some(shown) = page.threads.get(number) {
            on_thread(*number, wanted, shown, &mut calls);
        }
    }
    take_off(wanted, page, &mut calls);
    calls
}

/// Labels that are missing or look different, each once.
fn make_labels(wanted: &BTreeMap<Number, Wanted>, page: &Page, calls: &mut Vec<Call>) {
    let all: BTreeMap<&String, &Label> = wanted
        .iter()
        .filter(|(number, _)| page.threads.contains_key(number))
        .flat_map(|(_, wanted)| &wanted.labels)
        .collect();
    for (folded, label) in all {
        match page.labels.get(folded) {
            None => calls.push(Call::MakeLabel(label.clone())),
            // How a person has painted or spelled it is left alone; what it says is ours.
            Some(there) if there.description != label.description => {
                let changed = Label {
                    name: there.name.clone(),
                    color: there.color.clone(),
                    description: label.description.clone(),
                };
                calls.push(Call::ChangeLabel(changed));
            }
            Some(_) => {}
        }
    }
}

fn on_thread(number: Number, wanted: &Wanted, shown: &Shown, calls: &mut Vec<Call>) {
    let worn: BTreeSet<String> = folded(&shown.thread.labels).collect();
    let missing = wanted
        .labels
        .iter()
        .filter(|(name, _)| !worn.contains(*name));
    let missing: Vec<Label> = missing.map(|(_, label)| label.clone()).collect();
    if !missing.is_empty() {
        calls.push(Call::Wear(number, missing));
    }
    let mut comments = shown.comments.iter();
    match comments.next() {
        None if wanted.has_comment => calls.push(Call::Say(number, wanted.comment.clone())),
        Some(first) if !is_same(&first.body, &wanted.comment) => {
            calls.push(Call::Edit(number, first.id, wanted.comment.clone()));
        }
        _ => {}
    }
    calls.extend(comments.map(|again| Call::Unsay(number, again.id)));
    if let Some((sha, status)) = &wanted.status {
        let there = shown
            .statuses
            .iter()
            .find(|there| there.context == status.context);
        // Nobody is told that something is over that was never begun here.
        let is_news = there.is_some() || !wanted.labels.is_empty();
        // Whoever lands says yes right before the merge, and the state can follow only then: of what is
        // merged that is not taken back meanwhile. On what is still open it was left behind by somebody
        // who died, and would let through what was certified on an older target.
        let is_open = shown.thread.is_open || wanted.closed == Some(None);
        let is_passed = !is_open
            && status.state == StatusState::Pending
            && there.is_some_and(|there| there.state == StatusState::Success);
        if is_news && !is_passed && there != Some(status) {
            calls.push(Call::SetStatus(number, sha.clone(), status.clone()));
        }
        if let Some(check) = &wanted.check {
            on_check(number, sha, check, shown, is_news, calls);
        }
    }
    if let Some(login) = &wanted.assignee
        && !shown.thread.assignees.contains(login)
    {
        calls.push(Call::Assign(number, login.clone()));
    }
    match wanted.closed {
        Some(Some(reason)) if shown.thread.is_open => calls.push(Call::Close(number, reason)),
        Some(None) if !shown.thread.is_open => calls.push(Call::Reopen(number)),
        _ => {}
    }
}

fn on_check(
    number: Number,
    sha: &str,
    check: &CheckRun,
    shown: &Shown,
    is_news: bool,
    calls: &mut Vec<Call>,
) {
    let newest = shown.checks.iter().filter(|there| there.name == check.name);
    match newest.max_by_key(|there| there.id) {
        // One that has ended stays as it is, and what begins anew gets one of its own.
        Some(there) if there.conclusion.is_none() || check.conclusion.is_some() => {
            let check = CheckRun {
                id: there.id,
                ..check.clone()
            };
            let is_same_text = is_same(&there.summary, &check.summary);
            let is_same = there.conclusion == check.conclusion && there.title == check.title;
            if !(is_same && is_same_text) {
                calls.push(Call::ChangeCheck(number, check));
            }
        }
        _ if is_news => calls.push(Call::MakeCheck(number, sha.to_owned(), check.clone())),
        _ => {}
    }
}

/// Labels that nothing stands behind any more: last, since a thread is known by them until it is
/// cleared.
fn take_off(wanted: &BTreeMap<Number, Wanted>, page: &Page, calls: &mut Vec<Call>) {
    let is_wanted = |folded: &String| {
        wanted
            .values()
            .any(|wanted| wanted.labels.contains_key(folded))
    };
    let mut spent = BTreeSet::new();
    for (number, wanted) in wanted {
        let Some(shown) = page.threads.get(number) else {
            continue;
        };
        for label in shown
            .thread
            .labels
            .iter()
            .filter(|label| is_rendered(label))
        {
            let folded = Label::folded(&label.name);
            if wanted.labels.contains_key(&folded) {
                continue;
            }
            let made = page.labels.get(&folded);
            if made.is_some_and(Label::is_spent) && !is_wanted(&folded) {
                spent.insert(label.name.clone());
            } else {
                calls.push(Call::Doff(*number, label.name.clone()));
            }
        }
    }
    calls.extend(spent.into_iter().map(Call::DropLabel));
}

fn folded(labels: &[Label]) -> impl Iterator<Item = String> {
    labels.iter().map(|label| Label::folded(&label.name))
}

/// Whether a text is what was written, however the host ends lines.
fn is_same(there: &str, wanted: &str) -> bool {
    let lines = |text: &str| text.replace("\r\n", "\n").trim_end().to_owned();
    lines(there) == lines(wanted)
}

impl Call {
    /// The thread that it is about; none for a label of the repository.
    pub fn thread(&self) -> Option<Number> {
        match self {
            Self::MakeLabel(_) | Self::ChangeLabel(_) | Self::DropLabel(_) => None,
            Self::Wear(number, _)
            | Self::Say(number, _)
            | Self::Edit(number, ..)
            | Self::Unsay(number, _)
            | Self::SetStatus(number, ..)
            | Self::MakeCheck(number, ..)
            | Self::ChangeCheck(number, _)
            | Self::Assign(number, _)
            | Self::Close(number, _)
            | Self::Reopen(number)
            | Self::Doff(number, _) => Some(*number),
        }
    }

    /// Whether doing it a second time would leave something behind twice.
    pub fn makes(&self) -> bool {
        matches!(self, Self::Say(..) | Self::MakeCheck(..))
    }
}

impl fmt::Display for Call {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::MakeLabel(label) => write!(f, "make the label `{}`", label.name),
            Self::ChangeLabel(label) => write!(f, "describe the label `{}`", label.name),
            Self::Wear(number, labels) => {
                let names: Vec<String> = labels
                    .iter()
                    .map(|label| format!("`{}`", label.name))
                    .collect();
                write!(f, "#{number}: put on {}", names.join(" "))
            }
            Self::Say(number, _) => write!(f, "#{number}: write the comment"),
            Self::Edit(number, ..) => write!(f, "#{number}: edit the comment"),
            Self::Unsay(number, _) => write!(f, "#{number}: remove a second comment"),
            Self::SetStatus(number, sha, status) => write!(
                f,
                "#{number}: set the status `{}` of {} to {:?}: {}",
                status.context,
                sha.get(..10).unwrap_or(sha),
                status.state,
                status.description
            ),
            Self::MakeCheck(number, _, check) => {
                write!(f, "#{number}: make the check run `{}`", check.name)
            }
            Self::ChangeCheck(number, check) => {
                write!(f, "#{number}: change the check run `{}`", check.name)
            }
            Self::Assign(number, login) => write!(f, "#{number}: assign {login}"),
            Self::Close(number, reason) => write!(f, "#{number}: close as {reason:?}"),
            Self::Reopen(number) => write!(f, "#{number}: open again"),
            Self::Doff(number, name) => write!(f, "#{number}: take off `{name}`"),
            Self::DropLabel(name) => write!(f, "remove the label `{name}`"),
        }
    }
}
