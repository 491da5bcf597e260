//! Graphviz's language (<https://graphviz.org/doc/info/lang.html>).

use crate::ops::task::graph::{Graph, Link};

use super::{COLORS, class, numbers, title};

pub(super) fn of(graph: &Graph) -> String {
    let mut text = "digraph tasks {\n  rankdir=TB;\n  node [shape=box, style=filled];\n".to_owned();
    let numbers = numbers(graph);
    for (at, node) in graph.nodes.iter().enumerate() {
        let class = class(node.is);
        let color = COLORS.iter().find(|(name, _)| *name == class);
        let color = color.map_or("white", |(_, color)| color);
        let label = quoted(&format!("{} {} {}", node.id, node.priority, title(node)));
        text.push_str(&format!(
            "  n{at} [label={label}, fillcolor=\"{color}\", tooltip=\"{}\"];\n",
            node.is.as_str()
        ));
    }
    for edge in &graph.edges {
        let ends = (
            numbers.get(edge.from.as_str()),
            numbers.get(edge.to.as_str()),
        );
        let (Some(from), Some(to)) = ends else {
            continue;
        };
        let how = match edge.link {
            Link::Depends if edge.circle => " [color=red, penwidth=2]",
            Link::Depends => "",
            Link::Part => " [style=dotted, arrowhead=none]",
            Link::Reviews => " [style=dashed, label=\"review\"]",
            Link::Rival => " [style=dashed, dir=both, constraint=false, label=\"or\"]",
        };
        text.push_str(&format!("  n{from} -> n{to}{how};\n"));
    }
    text.push_str("}\n");
    text
}

/// A text in quotes. A backslash would begin an escape of labels, such as `\N`.
pub(super) fn quoted(text: &str) -> String {
    let text = text.replace('\\', "\\\\").replace('"', "\\\"");
    format!("\"{text}\"")
}
