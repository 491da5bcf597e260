//! A graph of tasks as text: for people, for Mermaid, for Graphviz.

mod dot;
mod mermaid;
#[cfg(test)]
mod tests;
mod tree;

use crate::model::text::shown;
use crate::ops::task::graph::{Drawn, Graph, Node, Standing, Style};

pub(super) use mermaid::escaped as mermaid_text;

use super::page::Page;

/// Longest title in a drawing, in characters.
const TITLE_CHARS_MAX: usize = 80;

pub(super) fn of(page: &Page, drawn: &Drawn) -> String {
    if drawn.graph.more > 0 {
        page.note(&format!(
            "{} more tasks are left out: choose some with an ID or --run",
            drawn.graph.more
        ));
    }
    match drawn.format {
        Style::Tree => tree::of(page, &drawn.graph),
        Style::Mermaid => mermaid::of(&drawn.graph),
        Style::Dot => dot::of(&drawn.graph),
    }
}

/// A title on one line, not too long, with nothing in it that moves a cursor.
fn title(node: &Node) -> String {
    let mut title: String = node.title.as_str().chars().take(TITLE_CHARS_MAX).collect();
    if title.len() < node.title.as_str().len() {
        title.push('…');
    }
    shown(&title)
}

/// The class that says how a task stands in a drawing with colours, and the colours of each.
fn class(is: Standing) -> &'static str {
    match is {
        Standing::Ready => "ready",
        Standing::Blocked => "blocked",
        Standing::Claimed | Standing::Running => "active",
        Standing::Done => "done",
        Standing::Failed | Standing::Dead => "failed",
        Standing::Cancelled => "cancelled",
    }
}

const COLORS: [(&str, &str); 6] = [
    ("ready", "#dbeafe"),
    ("blocked", "#e5e7eb"),
    ("active", "#fef3c7"),
    ("done", "#dcfce7"),
    ("failed", "#fecaca"),
    ("cancelled", "#f3f4f6"),
];

/// The number of each task in the drawing: ids may be what a syntax has other uses for.
fn numbers(graph: &Graph) -> std::collections::BTreeMap<&str, usize> {
    let numbered = graph.nodes.iter().enumerate();
    numbered.map(|(at, node)| (node.id.as_str(), at)).collect()
}
