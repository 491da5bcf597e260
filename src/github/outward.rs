//! One round from the state to the page: look, plan, look again where something would be made, do.

use std::collections::{BTreeMap, BTreeSet};

use super::memory::{Known, Memory};
use super::page::{Reader, Trust};
use super::{Client, Trouble, perform, whoami};
use crate::domain::mirror::{Call, Facts, MARKER, RUN, Told, Wanted, plan, wanted};
use crate::model::forge::{Label, Login, Number, Page, Shown, Thread};

/// Most issues that are asked for one by one, since they are in no list.
const SINGLE_MAX: usize = 100;

/// What a round came to.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Outcome {
    /// The calls that were made, or would be.
    pub calls: Vec<Call>,
    /// What a person should know, and nobody can do anything about in the next round.
    pub notes: Vec<String>,
    /// What was not done.
    pub troubles: Vec<String>,
}

/// What a round goes by.
pub struct Outward<'r> {
    /// Whom to ask.
    pub client: &'r Client,
    /// What was seen before.
    pub memory: &'r Memory,
    /// What the state says.
    pub facts: &'r Facts,
    /// What is to be said besides.
    pub told: &'r Told,
    /// The label of issues that are tasks; none are touched without it.
    pub issues: Option<&'r str>,
    /// Do nothing.
    pub is_dry: bool,
}

/// As whom a client acts; asked once for each token of a clone.
///
/// # Errors
/// As [`whoami::me`].
pub fn who(client: &Client, memory: &Memory) -> Result<Login, Trouble> {
    let mut known = memory.known();
    if let Some(login) = known.login.as_ref().and_then(|login| login.parse().ok()) {
        return Ok(login);
    }
    let login = whoami::me(client)?;
    known.login = Some(login.to_string());
    memory.note(&known);
    Ok(login)
}

impl Outward<'_> {
    /// Makes the page show what it should.
    ///
    /// # Errors
    /// When the page could not be read. What could not be changed is in the outcome.
    pub fn round(&self) -> Result<Outcome, Trouble> {
        let me = who(self.client, self.memory)?;
        let mut known = self.memory.known();
        let reader = Reader::new(self.client, self.memory);
        let mut threads = self.threads(&reader)?;
        let with_checks = self.client.token().is_apps() && !known.no_checks;
        let mut wanted = self.wanted(&threads, with_checks, &known);
        // Of one that is closed only the pull request itself tells the branch.
        for number in wanted.keys() {
            if let Some(thread) = threads.get_mut(number)
                && thread.is_pull
                && thread.head.is_none()
            {
                *thread = reader.pull(*number)?;
            }
        }
        wanted = self.wanted(&threads, with_checks, &known);
        let mut page = self.page(&reader, &threads, &wanted, &me)?;
        let mut calls = plan(&wanted, &page);
        // What is made twice stays there twice: a memory is not enough to make anything by.
        let making: BTreeSet<Number> = calls
            .iter()
            .filter(|call| call.makes())
            .filter_map(Call::thread)
            .collect();
        if !making.is_empty() {
            for number in making {
                if let Some(shown) = page.threads.get_mut(&number) {
                    self.look(&reader, &wanted[&number], shown, &me, Trust::Fresh)?;
                }
            }
            calls = plan(&wanted, &page);
        }
        let mut outcome = Outcome::default();
        if self.is_dry {
            outcome.calls = calls;
            return Ok(outcome);
        }
        self.perform(calls, &mut outcome, &mut known);
        self.memory.note(&known);
        self.memory.tidy();
        Ok(outcome)
    }

    fn threads(&self, reader: &Reader<'_>) -> Result<BTreeMap<Number, Thread>, Trouble> {
        let mut threads = reader.threads(Trust::Remembered)?;
        let Some(label) = self.issues else {
            // Labels of ours on issues are taken off all the same.
            return Ok(threads);
        };
        for issue in reader.issues(label, Trust::Remembered)? {
            threads.entry(issue.number).or_insert(issue);
        }
        let open = self
            .facts
            .tasks
            .iter()
            .filter(|(_, task)| !task.stage.is_over());
        let missing = open.filter(|(number, _)| !threads.contains_key(number));
        let missing: Vec<Number> = missing
            .map(|(number, _)| *number)
            .take(SINGLE_MAX)
            .collect();
        for number in missing {
            match reader.issue(number, Trust::Remembered) {
                Ok(issue) => {
                    threads.insert(number, issue);
                }
                // Deleted, or moved to another repository: the task stays.
                Err(Trouble::Missing(_) | Trouble::Gone(_)) => {}
                Err(trouble) => return Err(trouble),
            }
        }
        Ok(threads)
    }

    fn wanted(
        &self,
        threads: &BTreeMap<Number, Thread>,
        with_checks: bool,
        known: &Known,
    ) -> BTreeMap<Number, Wanted> {
        let mut all = wanted(self.facts, self.told, threads, with_checks);
        for wanted in all.values_mut() {
            let is_known = |login: &Login| known.not_assignable.contains(&login.to_string());
            if wanted.assignee.as_ref().is_some_and(is_known) {
                wanted.assignee = None;
            }
        }
        all
    }

    fn page(
        &self,
        reader: &Reader<'_>,
        threads: &BTreeMap<Number, Thread>,
        wanted: &BTreeMap<Number, Wanted>,
        me: &Login,
    ) -> Result<Page, Trouble> {
        let mut page = Page::default();
        let folded = |label: &Label| (Label::folded(&label.name), label.clone());
        let worn = threads.values().flat_map(|thread| &thread.labels);
        let worn = worn.filter(|label| Label::is_ours(&label.name));
        page.labels = worn.map(folded).collect();
        let needed = wanted.values().flat_map(|wanted| wanted.labels.keys());
        if needed
            .into_iter()
            .any(|name| !page.labels.contains_key(name))
        {
            let all = reader.labels(Trust::Remembered)?;
            page.labels.extend(all.iter().map(folded));
        }
        for (number, wanted) in wanted {
            let mut shown = Shown::new(threads[number].clone());
            self.look(reader, wanted, &mut shown, me, Trust::Remembered)?;
            page.threads.insert(*number, shown);
        }
        Ok(page)
    }

    fn look(
        &self,
        reader: &Reader<'_>,
        wanted: &Wanted,
        shown: &mut Shown,
        me: &Login,
        trust: Trust,
    ) -> Result<(), Trouble> {
        shown.comments = reader.comments(shown.thread.number, me, MARKER, trust)?;
        if let Some((sha, _)) = &wanted.status {
            shown.statuses = reader.statuses(sha, trust)?;
            if wanted.check.is_some() {
                shown.checks = reader.checks(sha, RUN, me, trust)?;
            }
        }
        Ok(())
    }

    /// What failed for a thread leaves the rest of that thread to the next round, and the labels that a
    /// thread is known by stay on it until all else is done.
    fn perform(&self, calls: Vec<Call>, outcome: &mut Outcome, known: &mut Known) {
        let mut left: BTreeSet<Number> = BTreeSet::new();
        let mut is_over = false;
        for call in calls {
            let is_left = match call.thread() {
                Some(number) => left.contains(&number),
                None => matches!(call, Call::DropLabel(_)) && !left.is_empty(),
            };
            if is_over || is_left {
                continue;
            }
            match perform(self.client, &call) {
                Ok(answer) => {
                    if let Call::Assign(number, login) = &call
                        && !is_among(&answer["assignees"], login)
                    {
                        known.not_assignable.push(login.to_string());
                        outcome
                            .notes
                            .push(format!("#{number}: {login} cannot be assigned"));
                    }
                    outcome.calls.push(call);
                }
                Err(Trouble::Forbidden(why))
                    if matches!(call, Call::MakeCheck(..) | Call::ChangeCheck(..)) =>
                {
                    known.no_checks = true;
                    outcome.notes.push(format!(
                        "the token may make no check runs, so statuses have to do: {why}"
                    ));
                }
                Err(trouble) => {
                    outcome.troubles.push(format!("{call}: {trouble}"));
                    left.extend(call.thread());
                    is_over = trouble.is_for_all();
                }
            }
        }
        if is_over {
            outcome
                .troubles
                .push("the rest is left to the next round".into());
        }
    }
}

fn is_among(users: &serde_json::Value, login: &Login) -> bool {
    let users = users.as_array().into_iter().flatten();
    users
        .filter_map(|user| user["login"].as_str())
        .any(|name| name.eq_ignore_ascii_case(login.as_str()))
}
