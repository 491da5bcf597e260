//! What waits for what, and what is a part of what, as nodes and edges.

use std::collections::{BTreeMap, BTreeSet};

use schemars::JsonSchema;
use serde::Serialize;

use crate::model::id::{AgentName, Id};
use crate::model::task::{Priority, Task};
use crate::model::text::{Text, Word};

use super::standing::Standing;

/// Most tasks in one graph: more would not be looked at.
pub const NODES_MAX: usize = 2_000;

/// A task of the graph.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Node {
    /// Its name.
    pub id: Id,
    /// One line.
    pub title: Text,
    /// What sort of task it is.
    pub sort: Word,
    /// How urgent it is.
    pub priority: Priority,
    /// How it stands.
    pub is: Standing,
    /// Who has it, or had it last.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub by: Option<AgentName>,
    /// What it waits for that is not in the graph.
    #[serde(skip_serializing_if = "BTreeSet::is_empty")]
    pub outside: BTreeSet<Id>,
}

/// What connects two tasks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Link {
    /// `to` waits for `from`.
    Depends,
    /// `to` is a part of `from`.
    Part,
    /// `to` is a review of `from`.
    Reviews,
    /// Whichever is done first cancels the other.
    Rival,
}

/// A connection.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Edge {
    /// What comes first, or is above.
    pub from: Id,
    /// What comes after, or is below.
    pub to: Id,
    /// What connects them.
    pub link: Link,
    /// Whether it holds `to` up.
    pub holds: bool,
    /// Whether it is on a circle of tasks that wait for each other.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub circle: bool,
}

/// Tasks and their connections.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Graph {
    /// In the order in which they were added, and of their ids.
    pub nodes: Vec<Node>,
    /// In the order of the nodes.
    pub edges: Vec<Edge>,
    /// How many tasks were left out: there are too many.
    #[serde(skip_serializing_if = "is_zero")]
    pub more: usize,
}

/// Which tasks a graph shows.
#[derive(Clone, Debug)]
pub enum Choice {
    /// All that are not over, and what they wait for.
    Open,
    /// All there are.
    All,
    /// One, with its parts, all that it waits for, and all that wait for it.
    Around(Id),
    /// Those of a run.
    Run(Word),
}

/// The graph of some of these tasks.
pub fn of(tasks: &[(Task, Standing)], choice: &Choice) -> Graph {
    let by_id: BTreeMap<&Id, &(Task, Standing)> =
        tasks.iter().map(|one| (&one.0.id, one)).collect();
    let chosen = chosen(&by_id, choice);
    let mut order: Vec<&(Task, Standing)> = by_id.values().copied().collect();
    order.retain(|(task, _)| chosen.contains(&task.id));
    order.sort_by_key(|(task, _)| (task.added_at, task.added_rev, task.nth, &task.id));
    let more = order.len().saturating_sub(NODES_MAX);
    order.truncate(NODES_MAX);
    let shown: BTreeSet<&Id> = order.iter().map(|(task, _)| &task.id).collect();
    let mut graph = Graph {
        more,
        ..Graph::default()
    };
    for (task, is) in order {
        let is_shown = |id: &&Id| shown.contains(*id);
        let is_over = task.stage.is_over();
        graph.nodes.push(Node {
            id: task.id.clone(),
            title: task.title.clone(),
            sort: task.sort.clone(),
            priority: task.priority,
            is: *is,
            by: task
                .claimed
                .as_ref()
                .map(|claimed| claimed.by.agent.clone()),
            outside: task
                .depends
                .iter()
                .filter(|id| !is_shown(id))
                .cloned()
                .collect(),
        });
        let mut connect = |from: &Id, to: &Id, link: Link, holds: bool| {
            graph.edges.push(Edge {
                from: from.clone(),
                to: to.clone(),
                link,
                holds,
                circle: false,
            });
        };
        for id in task.depends.iter().filter(is_shown) {
            let is_done = by_id.get(id).is_some_and(|(_, is)| *is == Standing::Done);
            let holds = !is_over && !is_done && !task.met.contains(id);
            connect(id, &task.id, Link::Depends, holds);
        }
        for id in task.parent.iter().filter(is_shown) {
            connect(id, &task.id, Link::Part, false);
        }
        for id in task.reviews.iter().filter(is_shown) {
            connect(id, &task.id, Link::Reviews, false);
        }
        // Each pair once.
        for id in task
            .rivals
            .iter()
            .filter(is_shown)
            .filter(|id| **id > task.id)
        {
            connect(&task.id, id, Link::Rival, false);
        }
    }
    mark_circles(&mut graph.edges);
    graph
}

fn chosen(by_id: &BTreeMap<&Id, &(Task, Standing)>, choice: &Choice) -> BTreeSet<Id> {
    let all = by_id.values();
    match choice {
        Choice::All => all.map(|(task, _)| task.id.clone()).collect(),
        Choice::Run(run) => all
            .filter(|(task, _)| task.run.as_ref() == Some(run))
            .map(|(task, _)| task.id.clone())
            .collect(),
        Choice::Open => {
            let mut chosen = BTreeSet::new();
            for (task, _) in all.filter(|(task, _)| !task.stage.is_over()) {
                chosen.insert(task.id.clone());
                chosen.extend(task.depends.iter().cloned());
            }
            chosen
        }
        Choice::Around(id) => {
            let mut before: BTreeMap<&Id, Vec<&Id>> = BTreeMap::new();
            let mut after: BTreeMap<&Id, Vec<&Id>> = BTreeMap::new();
            let mut parts: BTreeMap<&Id, Vec<&Id>> = BTreeMap::new();
            for (task, _) in all {
                for on in &task.depends {
                    before.entry(&task.id).or_default().push(on);
                    after.entry(on).or_default().push(&task.id);
                }
                if let Some(parent) = &task.parent {
                    parts.entry(parent).or_default().push(&task.id);
                }
            }
            let below = reached(id, &parts);
            let mut chosen: BTreeSet<Id> = below.iter().map(|id| (*id).clone()).collect();
            for id in &below {
                chosen.extend(reached(id, &before).into_iter().cloned());
            }
            chosen.extend(reached(id, &after).into_iter().cloned());
            chosen
        }
    }
}

/// Everything that is reached from one, itself with it.
fn reached<'i>(start: &'i Id, edges: &BTreeMap<&'i Id, Vec<&'i Id>>) -> BTreeSet<&'i Id> {
    let mut seen = BTreeSet::from([start]);
    let mut left = vec![start];
    while let Some(id) = left.pop() {
        for next in edges.get(id).into_iter().flatten() {
            if seen.insert(next) {
                left.push(next);
            }
        }
    }
    seen
}

/// Marks the edges on which tasks wait for themselves.
fn mark_circles(edges: &mut [Edge]) {
    let left = {
        let waits = edges.iter().filter(|edge| edge.link == Link::Depends);
        let mut after: BTreeMap<&Id, Vec<&Id>> = BTreeMap::new();
        let mut count: BTreeMap<&Id, usize> = BTreeMap::new();
        for edge in waits {
            after.entry(&edge.from).or_default().push(&edge.to);
            count.entry(&edge.from).or_default();
            *count.entry(&edge.to).or_default() += 1;
        }
        // Whoever waits for nothing is on no circle, nor is who waits only for such: nearly always
        // that is everybody.
        let mut free: Vec<&Id> = Vec::new();
        free.extend(
            count
                .iter()
                .filter(|(_, count)| **count == 0)
                .map(|(id, _)| *id),
        );
        while let Some(id) = free.pop() {
            for next in after.remove(id).unwrap_or_default() {
                if let Some(count) = count.get_mut(next) {
                    *count -= 1;
                    if *count == 0 {
                        free.push(next);
                    }
                }
            }
        }
        let is_on_circle = |edge: &Edge| {
            let is_left = after
                .get(&edge.from)
                .is_some_and(|next| next.contains(&&edge.to));
            is_left && reached(&edge.to, &after).contains(&edge.from)
        };
        edges
            .iter()
            .map(|edge| edge.link == Link::Depends && is_on_circle(edge))
            .collect::<Vec<_>>()
    };
    for (edge, circle) in edges.iter_mut().zip(left) {
        edge.circle = circle;
    }
}

fn is_zero(count: &usize) -> bool {
    *count == 0
}

#[cfg(test)]
#[allow(clippy::unwrap_used)] // a panic is how a test says no
mod tests {
    use super::*;
    use crate::model::task::Stage;

    /// `id standing` and then what it has: `after=a,b parent=c run=r reviews=d rivals=e`.
    fn task(line: &str) -> (Task, Standing) {
        let mut words = line.split(' ');
        let (id, is) = (words.next().unwrap(), words.next().unwrap());
        let standing: Standing = serde_json::from_value(is.into()).unwrap();
        let stage = match standing {
            Standing::Ready | Standing::Blocked => Stage::Open,
            _ => serde_json::from_value(is.into()).unwrap(),
        };
        let by = serde_json::json!({"agent": "a", "session": "s"});
        let mut task: Task = serde_json::from_value(serde_json::json!({
            "id": id, "title": id, "sort": "task", "attempts_max": 3, "stage": stage,
            "added_by": by, "added_at": "2026-03-01T00:00:00Z",
        }))
        .unwrap();
        for word in words {
            let (field, value) = word.split_once('=').unwrap();
            let mut ids = value.split(',').map(|id| id.parse().unwrap());
            match field {
                "after" => task.depends = ids.collect(),
                "parent" => task.parent = ids.next(),
                "reviews" => task.reviews = ids.next(),
                "rivals" => task.rivals = ids.collect(),
                "run" => task.run = value.parse().ok(),
                other => panic!("{other}"),
            }
        }
        (task, standing)
    }

    fn drawn(lines: &[&str], choice: &Choice) -> (String, Vec<String>) {
        let tasks: Vec<_> = lines.iter().map(|line| task(line)).collect();
        let graph = of(&tasks, choice);
        let ids: Vec<&str> = graph.nodes.iter().map(|node| node.id.as_str()).collect();
        let edge = |edge: &Edge| {
            let circle = if edge.circle { " circle" } else { "" };
            let holds = if edge.holds { " holds" } else { "" };
            format!("{} {:?} {}{holds}{circle}", edge.from, edge.link, edge.to)
        };
        (ids.join(" "), graph.edges.iter().map(edge).collect())
    }

    const WORLD: [&str; 8] = [
        "a done",
        "b running after=a run=r",
        "c blocked after=b parent=e",
        "d done run=r",
        "e blocked after=c",
        "f ready reviews=b",
        "g ready rivals=h",
        "h ready rivals=g",
    ];

    #[test]
    fn a_graph_shows_what_was_chosen() {
        let around = |id: &str| Choice::Around(id.parse().unwrap());
        let cases = [
            (Choice::Open, "a b c e f g h"),
            (Choice::All, "a b c d e f g h"),
            (Choice::Run("r".parse().unwrap()), "b d"),
            (around("b"), "a b c e"),
            (around("e"), "a b c e"),
            (around("d"), "d"),
            (around("f"), "f"),
        ];
        for (choice, ids) in cases {
            assert_eq!(drawn(&WORLD, &choice).0, ids, "{choice:?}");
        }
        let edges = [
            "a Depends b",
            "b Depends c holds",
            "e Part c",
            "c Depends e holds",
            "b Reviews f",
            "g Rival h",
        ];
        assert_eq!(drawn(&WORLD, &Choice::All).1, edges);
        let run = Choice::Run("r".parse().unwrap());
        let tasks: Vec<_> = WORLD.iter().map(|line| task(line)).collect();
        assert_eq!(of(&tasks, &run).nodes[0].outside.len(), 1);
    }

    #[test]
    fn only_what_is_on_a_circle_is_marked() {
        let lines = [
            "a blocked after=c",
            "b blocked after=a",
            "c blocked after=b,x",
            "d blocked after=c",
            "e blocked after=d,f",
            "f blocked after=e",
            "x ready",
            "y blocked after=y",
        ];
        let (_, edges) = drawn(&lines, &Choice::Open);
        let circle: Vec<&str> = edges
            .iter()
            .filter_map(|edge| edge.strip_suffix(" holds circle"))
            .collect();
        assert_eq!(
            circle,
            [
                "c Depends a",
                "a Depends b",
                "b Depends c",
                "f Depends e",
                "e Depends f",
                "y Depends y"
            ]
        );
    }

    #[test]
    fn a_graph_has_an_end() {
        let lines: Vec<String> = (0..NODES_MAX + 5).map(|n| format!("t{n} ready")).collect();
        let lines: Vec<&str> = lines.iter().map(String::as_str).collect();
        let tasks: Vec<_> = lines.iter().map(|line| task(line)).collect();
        let graph = of(&tasks, &Choice::Open);
        assert_eq!((graph.nodes.len(), graph.more), (NODES_MAX, 5));
    }
}
