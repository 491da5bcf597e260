//! Answers as text for people. The JSON is the contract; this may change.

use crate::coord::Done;
use crate::coord::replay::Report;
use crate::env;
use crate::model::happening::Told;
use crate::model::key::Key;
use crate::model::lock::Mode;
use crate::model::reply::{Granted, How, Reply};
use crate::model::text::shown;
use crate::model::time::{Timestamp, span};
use crate::ops::locks::{Held, Listed};
use crate::ops::{Answer, Context, check, gc, log, run, sync, whoami};

use super::hooks;
use super::page::{Ink, Page};
use super::pager::Pager;
use super::{notices, overview, set_up};

pub(super) fn show(page: &Page, context: &Context<'_>, answer: &Answer, is_bare: bool) {
    let pager = match answer {
        Answer::Log(_) | Answer::Verified(_) => Pager::find(context),
        _ => None,
    };
    let page = &match &pager {
        Some(_) => page.in_pager(context.coord.settings().color),
        None => *page,
    };
    let text = match answer {
        Answer::Done { done, notes } => {
            notes
                .iter()
                .for_each(|note| page.note(&format!("note: {note}")));
            of_done(page, done)
        }
        Answer::UpToDate { remote, branch } => {
            format!("`{branch}` of `{remote}` has all of it already\n")
        }
        Answer::Locks(listed) => of_locks(page, listed),
        Answer::Check(checked) => of_check(page, checked),
        Answer::Review(review) => super::review::of(page, review),
        Answer::Status(all) => overview::of(page, all, is_bare),
        Answer::Handoff(one) => super::handoff::of_one(page, one),
        Answer::Handoffs(all) => super::handoff::of_all(page, all),
        Answer::Template { text } => text.clone(),
        Answer::Recalled(found) => super::memory::of_recalled(page, found),
        Answer::Ports(ports) => super::ports::of(ports),
        Answer::Happened(told) => of_happening(page, told),
        Answer::Why(because) => super::why::of(page, because),
        Answer::Collected(all) => of_collected(all),
        Answer::Value(one) => super::values::of_one(one),
        Answer::Values(all) => super::values::of(page, all),
        Answer::Queue(listed) => super::queue::of_listed(page, listed),
        Answer::QueueEntry(shown) => super::queue::of_shown(page, shown),
        Answer::QueueRan(ran) => super::queue::of_ran(page, ran),
        Answer::PoolCleared(pool) => super::queue::of_pool(pool),
        Answer::QueuePlan(planned) => super::queue::of_planned(page, planned),
        Answer::Log(entries) => of_log(page, entries),
        Answer::Verified(report) => of_report(page, report),
        Answer::Whoami(who) => of_who(who),
        Answer::Init(done) => set_up::of(page, done),
        Answer::Synced(synced) => of_synced(page, synced),
        Answer::Change(entry) => of_entry(page, entry),
        Answer::Watched { .. } => String::new(),
        Answer::Ran(ran) => {
            after_run(page, ran);
            String::new()
        }
        Answer::Doctor(report) => super::doctor::of(page, report),
        Answer::Hooks(listed) => hooks::of(page, listed),
        Answer::GithubStatus(standing) => super::github::of_standing(page, standing),
        Answer::GithubLabels(listed) => super::github::of_labels(page, listed),
        Answer::GithubSynced(synced) => super::github::of_synced(page, synced),
        Answer::GithubListening { at } => super::github::of_listening(at),
        Answer::Agents(listed) => super::agent::of_list(page, listed),
        Answer::Agent(shown) => super::agent::of_one(page, shown),
        Answer::Checkpoint(found) => super::agent::of_checkpoint(page, found),
        Answer::Messages(mail) => super::msg::of_mail(page, mail),
        Answer::Tasks(listed) => super::task::of_listed(page, listed),
        Answer::Task(shown) => super::task::of_shown(page, shown),
        Answer::Graph(drawn) => super::graph::of(page, drawn),
        Answer::Drafted(drafted) => super::drafted::of(page, drafted),
        Answer::Waited(waited) => super::waited::of(page, waited),
        Answer::Feature(shown) => super::feature::of_shown(page, shown),
        Answer::Features(listed) => super::feature::of_listed(page, listed),
        Answer::FeatureConflicts(found) => super::feature::of_conflicts(page, found),
        Answer::FeaturePlan(planned) => super::feature::of_planned(page, planned),
        Answer::FeatureDrift(drifted) => super::feature::of_drifted(page, drifted),
        Answer::Relayed(round) => super::relay::of_round(page, round),
        Answer::Requests(listed) => super::relay::of_requests(page, listed),
        Answer::GithubInit(written) => super::github_init::of(page, written),
        Answer::Report(reported) => super::report::of(page, reported),
    };
    let is_shown = pager.is_some_and(|pager| pager.show(&text).is_ok());
    if !is_shown {
        page.data(&text);
    }
    if let Answer::Log(log) = answer
        && log.more
    {
        page.note("there is more: see `--count`");
    }
}

fn of_done(page: &Page, done: &Done) -> String {
    match &done.reply {
        Reply::Locked { locks, replaced } => {
            let mut text: String = locks.iter().map(|lock| of_granted(page, lock)).collect();
            if !replaced.is_empty() {
                text.push_str(&format!("in place of {}\n", list(replaced)));
            }
            text
        }
        Reply::Waiting { ahead, .. } => format!("in line, {ahead} ahead\n"),
        Reply::Unlocked { released, next } => {
            let mut text = match released.as_slice() {
                [] => "nothing was locked\n".to_owned(),
                released => format!("unlocked {}\n", list(released)),
            };
            for actor in next {
                text.push_str(&format!("next: {actor}\n"));
            }
            text
        }
        Reply::Renewed { locks } if locks.is_empty() => "nothing to renew\n".into(),
        Reply::Renewed { locks } => locks.iter().map(|lock| of_granted(page, lock)).collect(),
        Reply::Stolen { lock, from } => {
            let from: Vec<String> = from.iter().map(ToString::to_string).collect();
            format!("{}from {}\n", of_granted(page, lock), from.join(", "))
        }
        Reply::Task(told) => super::task::of_told(page, told),
        Reply::Handoff(told) => super::handoff::of_told(page, told),
        Reply::Memory(told) => super::memory::of_told(page, told),
        Reply::Agent(told) => super::agent::of_told(page, told),
        Reply::Message(told) => super::msg::of_told(page, told),
        Reply::Feature(told) => super::feature::of_told(page, told),
        Reply::Left { was_waiting: true } => "no longer in line\n".into(),
        Reply::Left { was_waiting: false } => "was not in line\n".into(),
        Reply::Queue(told) => super::queue::of_told(page, told),
        Reply::Landed { released, renewed } => {
            let mut text = String::new();
            if !released.is_empty() {
                text.push_str(&format!("unlocked {}\n", list(released)));
            }
            text.extend(renewed.iter().map(|lock| of_granted(page, lock)));
            text
        }
        Reply::Value(told) => super::values::of_told(page, told),
        Reply::Collected(_) => "collected\n".into(),
        Reply::Relay(told) => super::relay::of_told(told),
        Reply::Noted => "noted\n".into(),
        Reply::Adopted {
            locks, conflicts, ..
        } => {
            format!(
                "shared {} locks, {} in conflict\n",
                locks.len(),
                conflicts.len()
            )
        }
        Reply::Compacted { epoch } => format!("epoch {epoch} begins\n"),
    }
}

pub(super) fn of_granted(page: &Page, lock: &Granted) -> String {
    let key = page.ink(Ink::Key, &lock.key.to_string());
    let shared = if lock.mode == Mode::Shared {
        ", shared"
    } else {
        ""
    };
    let left = until(lock.until);
    let what = match lock.how {
        How::Acquired => format!("locked {key} {left}"),
        How::Refreshed => format!("renewed {key} {left}"),
        How::Covered => format!("covered by your lock on {key} {left}"),
        How::Lapsed => format!("locked {key} {left}; its holder's lease had ended"),
        How::Died => format!("locked {key} {left}; its holder's process is gone"),
        How::TakenOver => format!("took over {key} {left}"),
        How::Stolen => format!("took {key} {left}"),
    };
    format!("{what} (rev {}{shared})\n", lock.rev)
}

/// `for 30m`, as seen from now. A minute that has begun counts, so that a lease is as long as it was
/// asked for when it is granted.
pub(super) fn until(end: Timestamp) -> String {
    match end.secs_since(env::now()) {
        left @ 60.. => format!("for {}", span(left.unsigned_abs() + 59)),
        left @ 1.. => format!("for {}", span(left.unsigned_abs())),
        over => format!("ended {} ago", span(over.unsigned_abs())),
    }
}

pub(super) fn list(keys: &[Key]) -> String {
    keys.iter()
        .map(ToString::to_string)
        .collect::<Vec<_>>()
        .join(", ")
}

fn of_locks(page: &Page, listed: &Listed) -> String {
    let mut text = String::new();
    if listed.locks.is_empty() {
        text.push_str("no locks\n");
    }
    for held in &listed.locks {
        text.push_str(&of_held(page, held, true));
    }
    for damage in &listed.damaged {
        text.push_str(&format!(
            "{} {}\n",
            page.ink(Ink::Bad, "damaged:"),
            shown(damage)
        ));
    }
    text
}

/// One line for a held key.
pub(super) fn of_held(page: &Page, held: &Held, with_holder: bool) -> String {
    let key = page.ink(Ink::Key, &held.key.to_string());
    let who = match (with_holder, held.mine) {
        (false, _) => String::new(),
        (true, true) => format!("  {}", page.ink(Ink::Good, "you")),
        (true, false) => format!("  {}", held.by),
    };
    let shared = if held.mode == Mode::Shared {
        ", shared"
    } else {
        ""
    };
    let end = if held.expired {
        page.ink(Ink::Bad, "ended")
    } else {
        until(held.until)
    };
    let why = held
        .reason
        .as_ref()
        .map(|why| format!(": {}", shown(why.as_str())))
        .unwrap_or_default();
    format!("{key}{who}  {end}{shared}, rev {}{why}\n", held.rev)
}

fn of_check(page: &Page, checked: &check::Checked) -> String {
    for note in &checked.notes {
        page.note(&format!("note: {note}"));
    }
    for path in &checked.uncovered {
        page.note(&format!(
            "warning: `{path}` should be locked before it is changed"
        ));
    }
    let age = checked
        .view_age_secs
        .map(|age| format!(", as of {} ago", span(age)));
    let paths = checked.paths;
    format!(
        "free: {paths} path{}{}\n",
        if paths == 1 { "" } else { "s" },
        age.unwrap_or_default()
    )
}

fn of_log(page: &Page, log: &log::Entries) -> String {
    log.entries
        .iter()
        .map(|entry| of_entry(page, entry))
        .collect()
}

/// One line for an operation.
pub(super) fn of_entry(page: &Page, entry: &log::Entry) -> String {
    let at = entry
        .event
        .as_ref()
        .map_or_else(|| "?".into(), |event| event.at.to_string());
    let commit = page.ink(Ink::Faint, &entry.commit.short());
    format!("{commit} {at} {}\n", shown(&entry.subject))
}

fn of_collected(all: &gc::Collected) -> String {
    if all.collected.is_empty() {
        return "nothing to collect\n".into();
    }
    let counts = all.collected.iter();
    let counts: Vec<String> = counts
        .map(|(kind, count)| set_up::counted(kind, *count))
        .collect();
    let would = if all.dry_run {
        "would collect"
    } else {
        "collected"
    };
    let more = if all.more { ", and more" } else { "" };
    format!("{would} {}{more}\n", counts.join(", "))
}

/// One line for a thing that happened.
pub(super) fn of_happening(page: &Page, told: &Told) -> String {
    let kind = page.ink(Ink::Key, &told.happening.kind);
    let about = shown(&told.happening.about);
    let by = &told.by.agent;
    let whose = told.happening.whose.as_ref();
    let whose = whose
        .map(|who| format!(" of {}", who.agent))
        .unwrap_or_default();
    let cursor = page.ink(Ink::Faint, &told.commit.short());
    format!("{cursor} {} {kind} {about}{whose} by {by}\n", told.at)
}

fn of_synced(page: &Page, synced: &sync::Synced) -> String {
    if synced.more {
        page.note("there is more: see `git coord log`");
    }
    if synced.changes.is_empty() {
        return "nothing new\n".into();
    }
    let lines = synced.changes.iter().map(|entry| of_entry(page, entry));
    lines.collect()
}

/// What a person should know after a program has ended. Standard output is the program's own.
fn after_run(page: &Page, ran: &run::Ran) {
    notices::show(page, &ran.notices);
    if !ran.released.is_empty() {
        page.note(&format!(
            "unlocked {} at the end of {}",
            list(&ran.released),
            ran.by
        ));
    }
    for actor in &ran.next {
        page.note(&format!("next: {actor}"));
    }
    if let Some(trouble) = &ran.trouble {
        page.note(&format!(
            "warning: the locks of {} could not be given back: {trouble}",
            ran.by
        ));
    }
}

fn of_report(page: &Page, report: &Report) -> String {
    let mut text = format!(
        "{} of {} operations come out the same again; {} not checkable; {} well signed\n",
        report.confirmed, report.commits, report.not_checkable, report.signed
    );
    for finding in &report.findings {
        let commit = finding.commit.short();
        text.push_str(&format!(
            "{} {commit} {}\n",
            page.ink(Ink::Bad, "wrong:"),
            shown(&finding.what)
        ));
    }
    text
}

fn of_who(who: &whoami::Who) -> String {
    let mut text = format!(
        "agent    {}  (from {})\nsession  {}  (from {})\n",
        who.agent, who.agent_from, who.session, who.session_from
    );
    for (key, value) in &who.settings {
        text.push_str(&format!("{} = {}\n", shown(key), shown(value)));
    }
    text
}
