//! A plan, done on a page, gives the page that is wanted, and leaves nothing to plan.

use std::collections::BTreeMap;

use proptest::prelude::*;

use crate::model::forge::{
    CheckRun, Comment, Head, Label, Number, Page, Reason, Shown, Status, StatusState, Thread,
};
use crate::model::time::Timestamp;

use super::{CONTEXT, Call, Wanted, plan};

fn now() -> Timestamp {
    Timestamp::new(chrono::DateTime::from_timestamp(1_700_000_000, 0).expect("a time"))
}

/// What the host does with a call.
fn apply(page: &mut Page, call: &Call) {
    match call {
        Call::MakeLabel(label) | Call::ChangeLabel(label) => {
            page.labels
                .insert(Label::folded(&label.name), label.clone());
            for shown in page.threads.values_mut() {
                for worn in &mut shown.thread.labels {
                    if Label::folded(&worn.name) == Label::folded(&label.name) {
                        *worn = label.clone();
                    }
                }
            }
        }
        Call::DropLabel(name) => {
            page.labels.remove(&Label::folded(name));
            for shown in page.threads.values_mut() {
                shown.thread.labels.retain(|worn| worn.name != *name);
            }
        }
        Call::Wear(number, labels) => {
            let labels = labels.iter().map(|label| {
                let there = page.labels.get(&Label::folded(&label.name));
                there.cloned().expect("it was made before")
            });
            let labels: Vec<Label> = labels.collect();
            thread(page, *number).thread.labels.extend(labels);
        }
        Call::Doff(number, name) => {
            thread(page, *number)
                .thread
                .labels
                .retain(|worn| worn.name != *name);
        }
        Call::Say(number, body) => {
            let id = page
                .threads
                .values()
                .flat_map(|shown| &shown.comments)
                .map(|it| it.id)
                .max();
            let comment = comment(id.unwrap_or(0) + 1, *number, body);
            thread(page, *number).comments.push(comment);
        }
        Call::Edit(number, id, body) => {
            let comments = &mut thread(page, *number).comments;
            let comment = comments.iter_mut().find(|comment| comment.id == *id);
            comment.expect("it is there").body = body.clone();
        }
        Call::Unsay(number, id) => {
            thread(page, *number)
                .comments
                .retain(|comment| comment.id != *id);
        }
        Call::SetStatus(number, _, status) => {
            let statuses = &mut thread(page, *number).statuses;
            statuses.retain(|there| there.context != status.context);
            statuses.push(status.clone());
        }
        Call::MakeCheck(number, _, check) => {
            let checks = &mut thread(page, *number).checks;
            let id = checks.iter().map(|check| check.id).max().unwrap_or(0) + 1;
            checks.push(CheckRun {
                id,
                ..check.clone()
            });
        }
        Call::ChangeCheck(number, check) => {
            let checks = &mut thread(page, *number).checks;
            let there = checks.iter_mut().find(|there| there.id == check.id);
            *there.expect("it is there") = check.clone();
        }
        Call::Assign(number, login) => {
            thread(page, *number).thread.assignees.push(login.clone());
        }
        Call::Close(number, reason) => {
            let thread = &mut thread(page, *number).thread;
            (thread.is_open, thread.reason) = (false, Some(*reason));
        }
        Call::Reopen(number) => thread(page, *number).thread.is_open = true,
    }
}

fn thread(page: &mut Page, number: Number) -> &mut Shown {
    page.threads.get_mut(&number).expect("it is there")
}

fn comment(id: u64, thread: Number, body: &str) -> Comment {
    Comment {
        id,
        node_id: String::new(),
        thread,
        author: "bot".parse().ok(),
        body: body.into(),
        created_at: now(),
        updated_at: now(),
    }
}

fn label() -> impl Strategy<Value = Label> {
    let name = prop::sample::select(vec!["a", "b", "C/d", "src/x.rs", "Src/X.rs"]);
    (0..4_u8, name).prop_map(|(sort, name)| match sort {
        0 => Label::lock(&name.parse().expect("a key")),
        1 => Label::task(name),
        2 => Label::queue("queued"),
        _ => Label::feature(name),
    })
}

fn by_name(labels: Vec<Label>) -> BTreeMap<String, Label> {
    labels
        .into_iter()
        .map(|label| (Label::folded(&label.name), label))
        .collect()
}

/// Labels as a page has them: some spelled, painted or described by people.
fn on_page() -> impl Strategy<Value = Label> {
    (label(), any::<bool>(), any::<bool>(), 0..8_u8).prop_map(|(label, shout, strange, other)| {
        Label {
            name: match (other, shout) {
                (0, _) => "bug".into(),
                (1, _) => "coord:pause".into(),
                (_, true) => label.name.to_uppercase(),
                _ => label.name,
            },
            description: if strange {
                "by hand".into()
            } else {
                label.description
            },
            color: label.color,
        }
    })
}

fn status() -> impl Strategy<Value = Status> {
    let state = prop_oneof![
        Just(StatusState::Pending),
        Just(StatusState::Success),
        Just(StatusState::Failure)
    ];
    (state, "[ab]").prop_map(|(state, description)| Status {
        context: CONTEXT.into(),
        state,
        description,
    })
}

fn check() -> impl Strategy<Value = CheckRun> {
    (prop::option::of("success|failure"), "[ab]", 1..9_u64).prop_map(|(conclusion, title, id)| {
        CheckRun {
            id,
            name: CONTEXT.into(),
            conclusion,
            summary: title.clone(),
            title,
        }
    })
}

fn a_wanted() -> impl Strategy<Value = Wanted> {
    (
        prop::collection::vec(label(), 0..4),
        "[xyz]",
        prop::option::of(status()),
        prop::option::of(check()),
        prop::option::of(prop::option::of(Just(Reason::Completed))),
        prop::option::of("ada|bob"),
    )
        .prop_map(|(labels, comment, status, check, closed, login)| Wanted {
            has_comment: !labels.is_empty(),
            labels: by_name(labels),
            comment,
            status: status.map(|status| ("5".repeat(40), status)),
            check,
            closed,
            assignee: login.and_then(|login| login.parse().ok()),
        })
}

fn a_shown() -> impl Strategy<Value = Shown> {
    (
        prop::collection::vec(on_page(), 0..4),
        prop::collection::vec("[xyz]\r?\n?", 0..3),
        prop::option::of(status()),
        prop::collection::btree_map(1..9_u64, check(), 0..3),
        any::<bool>(),
    )
        .prop_map(|(labels, comments, status, checks, is_open)| {
            let thread = Thread {
                number: 0,
                title: "t".into(),
                body: String::new(),
                is_open,
                reason: None,
                author: None,
                assignees: Vec::new(),
                labels: by_name(labels).into_values().collect(),
                updated_at: now(),
                head: Some(Head {
                    branch: "b".into(),
                    sha: "5".repeat(40),
                    is_here: true,
                    base: "main".into(),
                    is_draft: false,
                }),
                is_pull: true,
            };
            let comments = comments
                .iter()
                .zip(1..)
                .map(|(body, id)| comment(id, 0, body));
            let checks = checks
                .into_iter()
                .map(|(id, check)| CheckRun { id, ..check });
            Shown {
                thread,
                comments: comments.collect(),
                statuses: status.into_iter().collect(),
                checks: checks.collect(),
            }
        })
}

fn a_page() -> impl Strategy<Value = Page> {
    (
        prop::collection::btree_map(1..5_u64, a_shown(), 0..4),
        prop::collection::vec(on_page(), 0..4),
    )
        .prop_map(|(mut threads, more)| {
            let mut labels = by_name(more);
            for (number, shown) in &mut threads {
                shown.thread.number = *number;
                // One label looks the same wherever it is worn.
                for worn in &mut shown.thread.labels {
                    let first = labels
                        .entry(Label::folded(&worn.name))
                        .or_insert(worn.clone());
                    *worn = first.clone();
                }
            }
            labels.retain(|_, label| Label::is_ours(&label.name));
            Page { labels, threads }
        })
}

/// Whether a thread shows what it should.
fn is_as_wanted(wanted: &Wanted, shown: &Shown) -> Result<(), TestCaseError> {
    let thread = &shown.thread;
    let ours = thread
        .labels
        .iter()
        .filter(|label| super::is_rendered(label));
    let ours: Vec<String> = ours.map(|label| Label::folded(&label.name)).collect();
    let labels: Vec<String> = wanted.labels.keys().cloned().collect();
    let sorted = |mut all: Vec<String>| {
        all.sort();
        all
    };
    prop_assert_eq!(sorted(ours), labels);
    prop_assert!(shown.comments.len() <= 1);
    if wanted.has_comment {
        prop_assert_eq!(shown.comments.len(), 1);
    }
    if let Some(comment) = shown.comments.first() {
        prop_assert_eq!(comment.body.trim_end(), &wanted.comment);
    }
    if let (Some((_, status)), false) = (&wanted.status, shown.statuses.is_empty()) {
        let is_passed = |there: &Status| {
            there.state == StatusState::Success && status.state == StatusState::Pending
        };
        prop_assert!(
            shown
                .statuses
                .iter()
                .any(|there| there == status || is_passed(there))
        );
    }
    if let Some(closed) = wanted.closed {
        prop_assert_eq!(thread.is_open, closed.is_none());
    }
    if let Some(login) = &wanted.assignee {
        prop_assert!(thread.assignees.contains(login));
    }
    Ok(())
}

proptest! {
    #[test]
    fn a_plan_that_was_done_leaves_the_page_as_wanted_and_nothing_to_plan(
        wanted in prop::collection::btree_map(1..5_u64, a_wanted(), 0..4),
        page in a_page(),
        cut in any::<prop::sample::Index>(),
    ) {
        let before = page.clone();
        let calls = plan(&wanted, &page);
        let mut whole = page.clone();
        calls.iter().for_each(|call| apply(&mut whole, call));
        prop_assert_eq!(plan(&wanted, &whole), vec![]);
        for (number, wanted) in &wanted {
            if let Some(shown) = whole.threads.get(number) {
                is_as_wanted(wanted, shown)?;
            }
        }
        // What is not ours, or not wanted, is as it was, but for labels that nobody needs.
        for (number, shown) in &before.threads {
            let after = &whole.threads[number];
            let foreign = |shown: &Shown| shown.thread.labels.iter().filter(|label| !super::is_rendered(label)).cloned().collect::<Vec<_>>();
            prop_assert_eq!(foreign(shown), foreign(after));
            if !wanted.contains_key(number) {
                prop_assert_eq!(&shown.comments, &after.comments);
                prop_assert_eq!(&shown.statuses, &after.statuses);
            }
        }
        // Cut off anywhere, and taken up again, it comes to the same.
        let mut cut_off = page;
        let done = if calls.is_empty() { 0 } else { cut.index(calls.len()) };
        calls.iter().take(done).for_each(|call| apply(&mut cut_off, call));
        let rest = plan(&wanted, &cut_off);
        rest.iter().for_each(|call| apply(&mut cut_off, call));
        prop_assert_eq!(plan(&wanted, &cut_off), vec![]);
        for (number, wanted) in &wanted {
            if let Some(shown) = cut_off.threads.get(number) {
                is_as_wanted(wanted, shown)?;
            }
        }
    }
}
