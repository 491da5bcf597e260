//! `report`.

use serde_json::{Value, json};

use super::{added, end};
use crate::support::Sandbox;

#[test]
fn a_report_adds_up() {
    let sandbox = Sandbox::new();
    let alice = sandbox.repo("project").agent("alice");
    let bob = alice.beside("bob");
    let report = |args: &[&str]| -> Value {
        alice
            .coord([&["--json", "report"], args].concat())
            .ok()
            .json()
    };
    assert_eq!(report(&[])["total"]["added"], 0);
    let ids = added(
        &alice,
        &[
            "fan-out", "Count", "--part", "one", "--part", "two", "--part", "three", "--reduce",
            "sum", "--label", "core|x", "--run", "r",
        ],
    );
    added(&alice, &["add", "Else", "--sort", "bug"]);
    end(&bob, &ids[1], &["done"]);
    let claimed = bob
        .coord(["--json", "task", "next", "--label", "core|x"])
        .ok()
        .json();
    let claimed = claimed["tasks"][0]["id"].as_str().unwrap().to_owned();
    bob.coord(["task", "release", &claimed]).ok();
    bob.coord(["task", "claim", &claimed]).ok();
    bob.coord(["task", "fail", &claimed, "--reason", "no"]).ok();
    let found = report(&[]);
    let total = json!({"added": 6, "open": 4, "claimed": 3, "released": 1, "done": 1, "failed": 1,
        "cancelled": 0, "dead": 0, "success_percent": 50});
    assert_eq!(found["total"], total);
    assert_eq!(found["open"], json!({"ready": 2, "blocked": 2}));
    assert_eq!(
        (&found["to_claim"]["count"], &found["to_finish"]["count"]),
        (&json!(2), &json!(1))
    );
    assert_eq!(found["by_agent"][0]["name"], "bob");
    assert_eq!(found["by_agent"][0]["claimed"], 3);
    assert_eq!(found["by_agent"][1]["added"], 6);
    let sorts: Vec<&str> = found["by_sort"]
        .as_array()
        .unwrap()
        .iter()
        .map(|row| row["name"].as_str().unwrap())
        .collect();
    assert_eq!(sorts, ["task", "bug", "epic"]);
    assert_eq!(found["by_label"][0]["name"], "core|x");
    // One of four is done; the epic itself is none of them.
    assert_eq!(report(&["--epic", &ids[0]])["percent"], 25);
    assert_eq!(report(&["--run", "r"])["percent"], 25);
    assert_eq!(report(&["--run", "r"])["total"]["added"], 5);
    assert_eq!(report(&["--since", "2999-01-01"])["total"]["added"], 0);
    assert_eq!(report(&["--since", "1h"])["total"], total);
    alice.coord(["report", "--since", "soon"]).code(2);
    alice.coord(["report", "--epic", "nothing"]).refused();
    let text = alice.coord(["report", "--run", "r"]).ok().stdout;
    assert!(text.contains("█████░░░░░░░░░░░░░░░ 25%"), "{text}");
    assert!(text.contains("5 added, 1 done, 1 failed"), "{text}");
    assert!(
        text.lines().any(|line| line.ends_with(" █▒ 1, 1 failed")),
        "{text}"
    );
    let page = alice.coord(["report", "--markdown"]).ok().stdout;
    assert!(
        page.contains("| core\\|x | 5 | 3 | 3 | 1 | 1 | 50% |"),
        "{page}"
    );
    // What is collected counts as it did, as long as the history has it.
    let before = report(&["--run", "r"]);
    alice.coord(["gc", "--older", "0s"]).ok();
    // What another task depends on stays.
    let listed = alice.coord(["--json", "task", "list", "--ended"]);
    let listed = listed.ok().json();
    assert_eq!(listed["tasks"].as_array().unwrap().len(), 1, "{listed}");
    let after = report(&["--run", "r"]);
    for number in [
        "total",
        "to_claim",
        "to_finish",
        "by_sort",
        "by_label",
        "by_agent",
        "percent",
    ] {
        assert_eq!(after[number], before[number], "{number}");
    }
}
