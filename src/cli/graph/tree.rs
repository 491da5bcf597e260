//! A graph as a tree of lines: below each task what it waits for, and its parts.
//!
//! What stands in several places is drawn whole in the first, and named in the others.

use std::collections::{BTreeMap, BTreeSet};

use crate::cli::page::{Ink, Page};
use crate::ops::task::graph::{Graph, Link, Node, Standing};

use super::title;

/// Deepest level that is drawn.
const DEPTH_MAX: usize = 40;
const HEAD: &str =
    "[ ] ready  [.] blocked  [>] at work  [x] done  [!] failed or dead  [-] cancelled\n";

/// What is left to draw.
struct Due<'g> {
    node: &'g Node,
    /// What stands before its line, and before the lines below it.
    before: String,
    below: String,
    depth: usize,
    /// The tasks above it.
    above: Vec<&'g str>,
    /// Why it stands here.
    why: &'static str,
}

pub(super) fn of(page: &Page, graph: &Graph) -> String {
    if graph.nodes.is_empty() {
        return "no tasks\n".into();
    }
    let nodes: BTreeMap<&str, &Node> = graph
        .nodes
        .iter()
        .map(|node| (node.id.as_str(), node))
        .collect();
    let below = below(graph);
    let is_below: BTreeSet<&str> = below.values().flatten().map(|(id, _)| *id).collect();
    let mut drawn: BTreeSet<&str> = BTreeSet::new();
    let mut text = page.ink(Ink::Faint, HEAD.trim_end());
    text.push('\n');
    // First those that are below nothing; then what is in a circle, whoever comes first.
    let (tops, rest): (Vec<&Node>, Vec<&Node>) = graph
        .nodes
        .iter()
        .partition(|node| !is_below.contains(node.id.as_str()));
    for top in tops.into_iter().chain(rest) {
        if drawn.contains(top.id.as_str()) {
            continue;
        }
        let mut due = vec![Due {
            node: top,
            before: String::new(),
            below: String::new(),
            depth: 0,
            above: Vec::new(),
            why: "",
        }];
        while let Some(one) = due.pop() {
            let id = one.node.id.as_str();
            let is_circle = one.above.contains(&id);
            let children = below.get(id).map(Vec::as_slice).unwrap_or_default();
            let is_again = !drawn.insert(id) && !children.is_empty();
            let is_deep = one.depth == DEPTH_MAX && !children.is_empty();
            let note = match (is_circle, is_again, is_deep) {
                (true, ..) => page.ink(Ink::Bad, "  (a circle)"),
                (_, true, _) => page.ink(Ink::Faint, "  (see above)"),
                (.., true) => page.ink(Ink::Faint, "  (more below)"),
                _ => String::new(),
            };
            text.push_str(&format!(
                "{}{}{}{note}\n",
                one.before,
                line(page, one.node),
                one.why
            ));
            if is_circle || is_again || is_deep {
                continue;
            }
            let last = children.len().saturating_sub(1);
            // The last one first: they are taken from the end.
            for (at, (child, why)) in children.iter().enumerate().rev() {
                let Some(node) = nodes.get(child) else {
                    continue;
                };
                let (branch, line) = if at == last {
                    ("└─ ", "   ")
                } else {
                    ("├─ ", "│  ")
                };
                due.push(Due {
                    node,
                    before: format!("{}{branch}", one.below),
                    below: format!("{}{line}", one.below),
                    depth: one.depth + 1,
                    above: one.above.iter().copied().chain([id]).collect(),
                    why,
                });
            }
        }
    }
    text
}

/// What stands below each task: what it waits for, and those of its parts that no other part waits
/// for; those stand below that one.
fn below(graph: &Graph) -> BTreeMap<&str, Vec<(&str, &'static str)>> {
    let mut parent: BTreeMap<&str, &str> = BTreeMap::new();
    for edge in graph.edges.iter().filter(|edge| edge.link == Link::Part) {
        parent.insert(edge.to.as_str(), edge.from.as_str());
    }
    let mut below: BTreeMap<&str, Vec<(&str, &'static str)>> = BTreeMap::new();
    let mut is_led_to: BTreeSet<&str> = BTreeSet::new();
    for edge in graph.edges.iter().filter(|edge| edge.link == Link::Depends) {
        let (first, after) = (edge.from.as_str(), edge.to.as_str());
        below.entry(after).or_default().push((first, ""));
        let whole = parent.get(first);
        if whole.is_some() && (whole == parent.get(after) || whole == Some(&after)) {
            is_led_to.insert(first);
        }
    }
    for edge in graph.edges.iter().filter(|edge| edge.link == Link::Part) {
        if !is_led_to.contains(edge.to.as_str()) {
            let parts = below.entry(edge.from.as_str()).or_default();
            parts.push((edge.to.as_str(), "  (part)"));
        }
    }
    below
}

fn line(page: &Page, node: &Node) -> String {
    let (mark, ink) = match node.is {
        Standing::Ready => ("[ ]", Ink::Good),
        Standing::Blocked => ("[.]", Ink::Faint),
        Standing::Claimed | Standing::Running => ("[>]", Ink::Key),
        Standing::Done => ("[x]", Ink::Faint),
        Standing::Failed | Standing::Dead => ("[!]", Ink::Bad),
        Standing::Cancelled => ("[-]", Ink::Faint),
    };
    let by = match (&node.by, node.is) {
        (Some(by), Standing::Claimed | Standing::Running) => format!("  {by}"),
        _ => String::new(),
    };
    let outside = match node.outside.len() {
        0 => String::new(),
        1 => "  (waits for one more, not shown)".into(),
        count => format!("  (waits for {count} more, not shown)"),
    };
    let (mark, id) = (page.ink(ink, mark), page.ink(Ink::Key, node.id.as_str()));
    format!("{mark} {id} {} {}{by}{outside}", node.priority, title(node))
}
