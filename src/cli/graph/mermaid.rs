//! Mermaid's flow charts (<https://mermaid.js.org/syntax/flowchart.html>).

use crate::ops::task::graph::{Graph, Link};

use super::{COLORS, class, numbers, title};

pub(super) fn of(graph: &Graph) -> String {
    let mut text = "flowchart TD\n".to_owned();
    let numbers = numbers(graph);
    for (at, node) in graph.nodes.iter().enumerate() {
        let label = format!("{} {} {}", node.id, node.priority, title(node));
        let (label, class) = (escaped(&label), class(node.is));
        text.push_str(&format!("  n{at}[\"{label}\"]:::{class}\n"));
    }
    let mut circles = Vec::new();
    let mut count = 0;
    for edge in &graph.edges {
        let ends = (
            numbers.get(edge.from.as_str()),
            numbers.get(edge.to.as_str()),
        );
        let (Some(from), Some(to)) = ends else {
            continue;
        };
        let line = match edge.link {
            Link::Depends if edge.circle => "==>",
            Link::Depends => "-->",
            Link::Part => "-.-",
            Link::Reviews => "-. review .->",
            Link::Rival => "<-. or .->",
        };
        text.push_str(&format!("  n{from} {line} n{to}\n"));
        if edge.circle {
            circles.push(count.to_string());
        }
        count += 1;
    }
    if !circles.is_empty() {
        let circles = circles.join(",");
        text.push_str(&format!("  linkStyle {circles} stroke:#dc2626\n"));
    }
    for (class, color) in COLORS {
        text.push_str(&format!("  classDef {class} fill:{color},color:#111827\n"));
    }
    text
}

/// Everything that could mean something becomes a number: within quotes, Mermaid still knows
/// entities, Markdown, HTML and `%%{…}%%`.
pub(in crate::cli) fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        if c.is_alphanumeric() || " .,:-/()+!?=…".contains(c) {
            out.push(c);
        } else {
            out.push_str(&format!("#{};", u32::from(c)));
        }
    }
    out
}
