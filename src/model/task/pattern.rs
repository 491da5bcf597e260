//! Graphs of tasks that are needed again and again, each as one request.
//!
//! All tasks of a pattern have one run. Where it is about something as a whole, that is an epic: the
//! others are its parts, and it waits for what they lead to.

use std::collections::BTreeSet;

use super::{New, OnFail, Priority, Requires};
use crate::model::id::{Id, OpId};
use crate::model::limits::LIST_MAX;
use crate::model::text::{Text, Word};

/// The sort of a task that has parts.
const EPIC: &str = "epic";
/// The sort of a check that lets the next stage begin.
const GATE: &str = "gate";

/// One stage of a pipeline.
#[derive(
    Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize, schemars::JsonSchema,
)]
pub struct Stage {
    /// Its title.
    pub title: String,
    /// Whether it is a check that has to pass before the next begins.
    #[serde(default)]
    pub gate: bool,
}

/// What all tasks of a pattern have in common.
#[derive(Clone, Debug)]
pub struct Shared {
    /// What their ids are made from.
    pub seed: OpId,
    /// Their run; the first of their ids when none is named.
    pub run: Option<Word>,
    /// How urgent they are.
    pub priority: Priority,
    /// Words to find them by.
    pub labels: BTreeSet<Word>,
    /// What the whole is a part of.
    pub parent: Option<Id>,
}

impl New {
    /// A task of which nothing but the title is known.
    pub fn titled(title: Text) -> Self {
        Self {
            id: None,
            title,
            body: None,
            sort: None,
            priority: Priority::default(),
            labels: BTreeSet::new(),
            parent: None,
            depends: BTreeSet::new(),
            on_fail: OnFail::default(),
            keys: Vec::new(),
            assignee: None,
            requires: Requires::default(),
            reviews: None,
            rivals: BTreeSet::new(),
            feature: None,
            deadline: None,
            ttl_secs: None,
            attempts_max: None,
            run: None,
            idempotency: None,
        }
    }
}

/// Map and reduce: parts that anybody does at the same time, and one task that waits for all of them
/// and is given their results.
///
/// # Errors
/// When a title is none, or there are too many of them.
pub fn fan_out(
    title: &str,
    parts: &[String],
    reduce: &str,
    on_fail: OnFail,
    shared: &Shared,
) -> Result<Vec<New>, String> {
    bounded(parts.len(), "parts")?;
    let mut graph = Graph::new(shared);
    let whole = graph.add(title)?;
    let of_whole = graph.id(whole);
    let mut all = BTreeSet::new();
    for part in parts {
        let part = graph.add(part)?;
        graph.tasks[part].parent = Some(of_whole.clone());
        all.insert(graph.id(part));
    }
    let reducer = graph.add(reduce)?;
    let last = &mut graph.tasks[reducer];
    last.parent = Some(of_whole);
    last.depends = all;
    last.on_fail = on_fail;
    let reducer = graph.id(reducer);
    graph.whole(whole, [reducer].into(), OnFail::Hold)?;
    Ok(graph.tasks)
}

/// Stages of which each waits for the one before.
///
/// # Errors
/// When a title is none, there are too many, or a gate comes first or last, where nothing is let
/// through.
pub fn pipeline(
    title: Option<&str>,
    stages: &[Stage],
    on_fail: OnFail,
    shared: &Shared,
) -> Result<Vec<New>, String> {
    bounded(stages.len(), "stages")?;
    if stages.first().is_some_and(|stage| stage.gate) {
        return Err("a gate is after the stage that it checks, and none is before it".into());
    }
    let mut graph = Graph::new(shared);
    let whole = title.map(|title| graph.add(title)).transpose()?;
    let of_whole = whole.map(|whole| graph.id(whole));
    let mut before: Option<(Id, bool)> = None;
    for stage in stages {
        let at = graph.add(&stage.title)?;
        let id = graph.id(at);
        let task = &mut graph.tasks[at];
        task.parent = of_whole.clone().or(task.parent.take());
        if stage.gate {
            task.sort = Some(word(GATE)?);
        }
        if let Some((before, is_gate)) = before {
            task.depends = [before].into();
            // What a gate does not let through never goes on as if it had.
            let is_held = is_gate || stage.gate;
            task.on_fail = if is_held { OnFail::Hold } else { on_fail };
        }
        before = Some((id, stage.gate));
    }
    if let (Some(whole), Some((last, _))) = (whole, before) {
        graph.whole(whole, [last].into(), OnFail::Hold)?;
    }
    Ok(graph.tasks)
}

/// Tries at the same thing: the first that is done wins, and the others are cancelled.
///
/// # Errors
/// When a title is none, or there are too many of them.
pub fn scatter(title: &str, tries: &[String], shared: &Shared) -> Result<Vec<New>, String> {
    bounded(tries.len(), "tries")?;
    let mut graph = Graph::new(shared);
    let whole = graph.add(title)?;
    let of_whole = graph.id(whole);
    for title in tries {
        let at = graph.add(title)?;
        graph.tasks[at].parent = Some(of_whole.clone());
    }
    let all: BTreeSet<Id> = (1..graph.tasks.len()).map(|at| graph.id(at)).collect();
    for task in &mut graph.tasks[1..] {
        let is_other = |id: &&Id| Some(*id) != task.id.as_ref();
        task.rivals = all.iter().filter(is_other).cloned().collect();
    }
    // Those that lose are cancelled, and that must not hold up what was won.
    graph.whole(whole, all, OnFail::Ignore)?;
    Ok(graph.tasks)
}

fn bounded(count: usize, what: &str) -> Result<(), String> {
    if count > LIST_MAX {
        return Err(format!("more than {LIST_MAX} {what}"));
    }
    Ok(())
}

/// Tasks while they are put together.
struct Graph<'s> {
    shared: &'s Shared,
    run: Option<Word>,
    tasks: Vec<New>,
}

impl<'s> Graph<'s> {
    fn new(shared: &'s Shared) -> Self {
        Self {
            shared,
            run: shared.run.clone(),
            tasks: Vec::new(),
        }
    }

    fn add(&mut self, title: &str) -> Result<usize, String> {
        let at = self.tasks.len();
        let id = self.id(at);
        if self.run.is_none() {
            self.run = Some(word(id.as_str())?);
        }
        let text = title.parse().map_err(|why| format!("the title: {why}"))?;
        self.tasks.push(New {
            id: Some(id),
            priority: self.shared.priority,
            labels: self.shared.labels.clone(),
            parent: self.shared.parent.clone(),
            run: self.run.clone(),
            ..New::titled(text)
        });
        Ok(at)
    }

    /// The id of the task with this number.
    fn id(&self, at: usize) -> Id {
        Id::of_op(self.shared.seed, u32::try_from(at).unwrap_or(u32::MAX))
    }

    fn whole(&mut self, at: usize, depends: BTreeSet<Id>, on_fail: OnFail) -> Result<(), String> {
        let whole = &mut self.tasks[at];
        whole.sort = Some(word(EPIC)?);
        whole.depends = depends;
        whole.on_fail = on_fail;
        Ok(())
    }
}

fn word(text: &str) -> Result<Word, String> {
    text.parse().map_err(|why| format!("{why}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shared() -> Shared {
        Shared {
            seed: OpId::new(ulid::Ulid::nil()),
            run: None,
            priority: Priority::default(),
            labels: BTreeSet::new(),
            parent: None,
        }
    }

    fn texts(all: &[&str]) -> Vec<String> {
        all.iter().map(|text| (*text).to_owned()).collect()
    }

    /// `title <- what it waits for`, with how and what it is a part of.
    fn drawn(tasks: &[New]) -> Vec<String> {
        let title = |id: &Id| {
            let task = tasks.iter().find(|task| task.id.as_ref() == Some(id));
            task.map_or("?", |task| task.title.as_str())
        };
        let line = |task: &New| {
            let mut line = task.title.as_str().to_owned();
            if let Some(sort) = &task.sort {
                line.push_str(&format!(" [{sort}]"));
            }
            if let Some(parent) = &task.parent {
                line.push_str(&format!(" in {}", title(parent)));
            }
            let mut depends: Vec<&str> = task.depends.iter().map(title).collect();
            depends.sort_unstable();
            if !depends.is_empty() {
                line.push_str(&format!(" <- {} {:?}", depends.join(" "), task.on_fail));
            }
            let mut rivals: Vec<&str> = task.rivals.iter().map(title).collect();
            rivals.sort_unstable();
            if !rivals.is_empty() {
                line.push_str(&format!(" or {}", rivals.join(" ")));
            }
            line
        };
        tasks.iter().map(line).collect()
    }

    #[test]
    fn patterns_are_the_graphs_that_they_say() {
        let shared = shared();
        let parts = texts(&["a", "b"]);
        let made = fan_out("all", &parts, "sum", OnFail::Ignore, &shared);
        let expected = [
            "all [epic] <- sum Hold",
            "a in all",
            "b in all",
            "sum in all <- a b Ignore",
        ];
        assert_eq!(made.as_deref().map(drawn), Ok(texts(&expected)));
        let runs: BTreeSet<_> = made.iter().flatten().map(|task| task.run.clone()).collect();
        assert_eq!(runs.len(), 1);
        let stage = |title: &str, gate| Stage {
            title: title.into(),
            gate,
        };
        let stages = [
            stage("build", false),
            stage("test", true),
            stage("ship", false),
        ];
        let made = pipeline(None, &stages, OnFail::Ignore, &shared);
        let expected = ["build", "test [gate] <- build Hold", "ship <- test Hold"];
        assert_eq!(made.as_deref().map(drawn), Ok(texts(&expected)));
        let made = pipeline(Some("all"), &stages[..1], OnFail::Hold, &shared);
        let expected = ["all [epic] <- build Hold", "build in all"];
        assert_eq!(made.as_deref().map(drawn), Ok(texts(&expected)));
        let made = scatter("best", &parts, &shared);
        let expected = [
            "best [epic] <- a b Ignore",
            "a in best or b",
            "b in best or a",
        ];
        assert_eq!(made.as_deref().map(drawn), Ok(texts(&expected)));
    }

    #[test]
    fn what_makes_no_graph_is_refused() {
        let shared = shared();
        let many = vec!["x".to_owned(); LIST_MAX + 1];
        assert!(fan_out("t", &many, "r", OnFail::Hold, &shared).is_err());
        assert!(scatter("t", &texts(&[" "]), &shared).is_err());
        let gate = Stage {
            title: "g".into(),
            gate: true,
        };
        assert!(pipeline(None, &[gate], OnFail::Hold, &shared).is_err());
    }
}
