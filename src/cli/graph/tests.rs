//! Drawings: complete, ending, and of one syntax whatever titles say.

use super::{dot, mermaid, tree};
use crate::cli::page::{Color, Page};
use crate::ops::task::graph::{Edge, Graph, Link, Node, Standing};

fn node(id: &str, title: &str, is: Standing) -> Node {
    Node {
        id: id.parse().expect("an id"),
        title: title.parse().expect("a title"),
        sort: "task".parse().expect("a word"),
        priority: Default::default(),
        is,
        by: None,
        outside: Default::default(),
    }
}

fn edge(from: &str, to: &str, link: Link, circle: bool) -> Edge {
    Edge {
        from: from.parse().expect("an id"),
        to: to.parse().expect("an id"),
        link,
        holds: false,
        circle,
    }
}

fn fan_out() -> Graph {
    let mut graph = Graph {
        nodes: vec![
            node("e", "Everything", Standing::Blocked),
            node("a", "One part", Standing::Done),
            node("b", "Another", Standing::Ready),
            node("r", "Sum it up", Standing::Blocked),
        ],
        ..Graph::default()
    };
    graph.edges.push(edge("r", "e", Link::Depends, false));
    for part in ["a", "b", "r"] {
        graph.edges.push(edge("e", part, Link::Part, false));
    }
    for part in ["a", "b"] {
        graph.edges.push(edge(part, "r", Link::Depends, false));
    }
    graph
}

fn circle() -> Graph {
    Graph {
        nodes: ["a", "b", "c"]
            .map(|id| node(id, id, Standing::Blocked))
            .to_vec(),
        edges: vec![
            edge("a", "b", Link::Depends, true),
            edge("b", "a", Link::Depends, true),
            edge("b", "c", Link::Depends, false),
        ],
        more: 0,
    }
}

fn page() -> Page {
    Page::new(Some(Color::Never), false)
}

#[test]
fn trees() {
    insta::assert_snapshot!(tree::of(&page(), &fan_out()), @r"
    [ ] ready  [.] blocked  [>] at work  [x] done  [!] failed or dead  [-] cancelled
    [.] e p2 Everything
    └─ [.] r p2 Sum it up
       ├─ [x] a p2 One part
       └─ [ ] b p2 Another
    ");
    insta::assert_snapshot!(tree::of(&page(), &circle()), @r"
    [ ] ready  [.] blocked  [>] at work  [x] done  [!] failed or dead  [-] cancelled
    [.] c p2 c
    └─ [.] b p2 b
       └─ [.] a p2 a
          └─ [.] b p2 b  (a circle)
    ");
    assert_eq!(tree::of(&page(), &Graph::default()), "no tasks\n");
}

#[test]
fn a_long_chain_and_a_wide_web_stay_small() {
    let ids: Vec<String> = (0..1000).map(|n| format!("{n:04}")).collect();
    let mut graph = Graph {
        nodes: ids.iter().map(|id| node(id, id, Standing::Ready)).collect(),
        ..Graph::default()
    };
    for pair in ids.windows(2) {
        graph
            .edges
            .push(edge(&pair[0], &pair[1], Link::Depends, false));
    }
    let chain = tree::of(&page(), &graph);
    assert!(chain.len() < 300_000, "{}", chain.len());
    for id in &ids {
        assert!(chain.contains(id.as_str()), "{id}");
    }
    // Layers of which each waits for all of the one before: as many ways as there are not.
    graph.edges.clear();
    for layer in 1..50 {
        for (a, b) in (0..20).flat_map(|a| (0..20).map(move |b| (a, b))) {
            let (from, to) = (&ids[layer * 20 - 20 + a], &ids[layer * 20 + b]);
            graph.edges.push(edge(from, to, Link::Depends, false));
        }
    }
    assert!(tree::of(&page(), &graph).len() < 5_000_000);
}

#[test]
fn titles_cannot_break_a_syntax() {
    let titles = [
        "\"]; A --> B",
        "`**bold**` <script>alert(1)</script>",
        "%%{init: {}}%% #quot; &lt;",
        "end",
        "a\\\"b \\N \\",
        "line\nbreak \u{202e}",
        "größer → [x] {y} (z)",
    ];
    for title in titles {
        let mut graph = circle();
        graph.nodes[0].title = title.parse().expect("a title");
        let text = mermaid::of(&graph);
        let line = text.lines().nth(1).unwrap_or_default();
        let label = line
            .strip_prefix("  n0[\"")
            .and_then(|rest| rest.strip_suffix("\"]:::blocked"));
        let label = label.unwrap_or_else(|| panic!("{title:?} became {line}"));
        assert!(
            !label.contains(['"', '`', '<', '>', '&', '%', '{', '[', ']', '\\']),
            "{label}"
        );
        let plain = label.split('#').skip(1).all(|rest| {
            let number = rest.split(';').next().unwrap_or_default();
            !number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit())
        });
        assert!(plain, "{label}");
        assert_eq!(
            text.lines().count(),
            circle_lines(&mermaid::of(&circle())),
            "{text}"
        );
        let text = dot::of(&graph);
        assert_eq!(
            text.lines().count(),
            circle_lines(&dot::of(&circle())),
            "{text}"
        );
        let line = text.lines().nth(3).unwrap_or_default();
        let mut is_in = false;
        let mut quotes = 0;
        let mut chars = line.chars();
        while let Some(c) = chars.next() {
            match c {
                '\\' if is_in => drop(chars.next()),
                '"' => (is_in, quotes) = (!is_in, quotes + 1),
                ';' if !is_in => assert_eq!(chars.next(), None, "{line}"),
                _ => {}
            }
        }
        assert_eq!((is_in, quotes), (false, 6), "{line}");
    }
}

fn circle_lines(text: &str) -> usize {
    text.lines().count()
}

#[test]
fn circles_are_marked() {
    let text = mermaid::of(&circle());
    assert!(
        text.contains("n0 ==> n1") && text.contains("n1 --> n2"),
        "{text}"
    );
    assert!(text.contains("linkStyle 0,1 "), "{text}");
    assert_eq!(dot::of(&circle()).matches("color=red").count(), 2);
}
