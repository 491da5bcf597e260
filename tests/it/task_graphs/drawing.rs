//! `task graph`.

use super::added;
use crate::support::state::{plant, record};
use crate::support::{Agent, Sandbox};

/// Where the record of an open task stands.
fn place(agent: &Agent, id: &str) -> String {
    let places = agent.ask_git(["ls-tree", "-r", "--name-only", "refs/coord/state", "tasks/"]);
    let place = places
        .lines()
        .find(|place| place.ends_with(&format!("/{id}.json")));
    place.unwrap().to_owned()
}

#[test]
fn a_graph_is_drawn_as_lines_and_in_two_languages() {
    let sandbox = Sandbox::new();
    let alice = sandbox.repo("project").agent("alice");
    alice
        .coord([
            "task",
            "add",
            "Everything",
            "--id",
            "a-all",
            "--sort",
            "epic",
        ])
        .ok();
    alice
        .coord([
            "task",
            "add",
            "Read \"it\"; end",
            "--id",
            "b-read",
            "--parent",
            "a-all",
        ])
        .ok();
    alice
        .coord([
            "task",
            "add",
            "Write it",
            "--id",
            "c-write",
            "--parent",
            "a-all",
            "--depends-on",
            "b-read",
        ])
        .ok();
    alice
        .coord([
            "task",
            "add",
            "Check it",
            "--id",
            "d-check",
            "--reviews",
            "c-write",
            "--depends-on",
            "c-write",
        ])
        .ok();
    alice.coord(["task", "add", "Else", "--id", "e-else"]).ok();
    super::end(&alice, "b-read", &["done"]);
    alice.coord(["task", "claim", "c-write"]).ok();
    insta::assert_snapshot!(alice.coord(["task", "graph"]).ok().stdout, @r#"
    [ ] ready  [.] blocked  [>] at work  [x] done  [!] failed or dead  [-] cancelled
    [.] a-all p2 Everything
    └─ [>] c-write p2 Write it  alice  (part)
       └─ [x] b-read p2 Read "it"; end
    [.] d-check p2 Check it
    └─ [>] c-write p2 Write it  alice  (see above)
    [ ] e-else p2 Else
    "#);
    insta::assert_snapshot!(alice.coord(["task", "graph", "d-check", "--format", "mermaid"]).ok().stdout, @r##"
    flowchart TD
      n0["b-read p2 Read #34;it#34;#59; end"]:::done
      n1["c-write p2 Write it"]:::active
      n2["d-check p2 Check it"]:::blocked
      n0 --> n1
      n1 --> n2
      n1 -. review .-> n2
      classDef ready fill:#dbeafe,color:#111827
      classDef blocked fill:#e5e7eb,color:#111827
      classDef active fill:#fef3c7,color:#111827
      classDef done fill:#dcfce7,color:#111827
      classDef failed fill:#fecaca,color:#111827
      classDef cancelled fill:#f3f4f6,color:#111827
    "##);
    let dot = alice
        .coord(["task", "graph", "e-else", "--format", "dot"])
        .ok()
        .stdout;
    insta::assert_snapshot!(dot, @r##"
    digraph tasks {
      rankdir=TB;
      node [shape=box, style=filled];
      n0 [label="e-else p2 Else", fillcolor="#dbeafe", tooltip="ready"];
    }
    "##);
    let json = alice
        .coord(["--json", "task", "graph", "--all", "--format", "dot"])
        .ok()
        .json();
    let ids: Vec<&str> = json["nodes"]
        .as_array()
        .unwrap()
        .iter()
        .map(|node| node["id"].as_str().unwrap())
        .collect();
    assert_eq!(ids.len(), 5);
    let edges: Vec<String> = json["edges"]
        .as_array()
        .unwrap()
        .iter()
        .map(|edge| {
            let word = |field: &str| edge[field].as_str().unwrap().to_owned();
            format!(
                "{} {} {} {}",
                word("from"),
                word("link"),
                word("to"),
                edge["holds"]
            )
        })
        .collect();
    for edge in [
        "a-all part b-read false",
        "a-all part c-write false",
        "b-read depends c-write false",
        "c-write depends d-check true",
        "c-write reviews d-check false",
    ] {
        assert!(
            edges.iter().any(|found| found == edge),
            "{edge} is not in {edges:?}"
        );
    }
    assert_eq!(edges.len(), 5);
    alice.coord(["task", "graph", "nothing"]).refused();
}

#[test]
fn a_circle_that_got_in_is_drawn_and_ends() {
    let sandbox = Sandbox::new();
    let alice = sandbox.repo("project").agent("alice");
    added(&alice, &["add", "A", "--id", "a"]);
    added(&alice, &["add", "B", "--id", "b", "--depends-on", "a"]);
    // No request makes one; a race of clones that do not check, or damage, may.
    let mut task = record(&alice, &place(&alice, "a"));
    task["depends"] = serde_json::json!(["b"]);
    task["parent"] = "a".into();
    plant(&alice, &place(&alice, "a"), task.to_string(), "a circle");
    insta::assert_snapshot!(alice.coord(["task", "graph"]).ok().stdout, @r"
    [ ] ready  [.] blocked  [>] at work  [x] done  [!] failed or dead  [-] cancelled
    [.] a p2 A
    ├─ [.] b p2 B
    │  └─ [.] a p2 A  (a circle)
    └─ [.] a p2 A  (part)  (a circle)
    ");
    let json = alice.coord(["--json", "task", "graph", "b"]).ok().json();
    let edges = json["edges"].as_array().unwrap();
    let circle = edges.iter().filter(|edge| edge["circle"] == true);
    assert_eq!(circle.count(), 2);
    let mermaid = alice
        .coord(["task", "graph", "--format", "mermaid"])
        .ok()
        .stdout;
    assert!(
        mermaid.contains("n0 ==> n1") && mermaid.contains("n1 ==> n0"),
        "{mermaid}"
    );
    alice.coord(["report", "--epic", "a"]).ok();
}
