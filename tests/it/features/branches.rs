//! Claims against what branches really touch, and overlaps against real conflicts.

use crate::support::{Agent, Sandbox};

use super::words::{feature, json};

/// Two branches from one base: both change the same lines of one file, and both change another file
/// far apart.
fn two_branches(sandbox: &Sandbox) -> (Agent, Agent) {
    let repo = sandbox.repo("repo");
    let [alice, bob] = ["alice", "bob"].map(|name| repo.agent(name));
    let lines: String = (0..20).map(|n| format!("line {n}\n")).collect();
    alice.commit("src/far.txt", &lines);
    alice.commit("src/near.txt", &lines);
    for (branch, line) in [("feat/one", 1), ("feat/two", 18)] {
        alice.git(["switch", "--quiet", "-c", branch, "main"]).ok();
        let far = lines.replace(&format!("line {line}\n"), &format!("{branch}\n"));
        alice.commit("src/far.txt", &far);
        alice.commit(
            "src/near.txt",
            &lines.replace("line 9\n", &format!("{branch}\n")),
        );
    }
    alice.git(["switch", "--quiet", "main"]).ok();
    (alice, bob)
}

#[test]
fn merging_in_memory_tells_conflicts_from_overlaps() {
    let sandbox = Sandbox::new();
    let (alice, bob) = two_branches(&sandbox);
    feature(&alice, "register one --branch feat/one -c src/far.txt").ok();
    feature(&bob, "register two --branch feat/two -c src/far.txt").ok();
    feature(&bob, "register none -c src/far.txt").ok();
    feature(&bob, "register gone --branch feat/gone -c x").ok();
    let before = alice.ask_git(["status", "--porcelain"]);
    insta::assert_snapshot!(feature(&alice, "conflicts one --merge").ok(), @r"
    exit 0
    --- stdout
    SEQUENTIAL: 1 of 1 claims meet claims or locks of others
      feature none  p2 active, bob
        SEQUENTIAL, 1 of 1; the other way SEQUENTIAL, 1 of 1
        src/far.txt
      feature two  p2 active, bob on `feat/two`
        SEQUENTIAL, 1 of 1; the other way SEQUENTIAL, 1 of 1
        src/far.txt
    merged in memory, `feat/one` with
      two on `feat/two`: conflict in src/near.txt
    --- stderr
    not in this clone: gone none
    ");
    let merges = json(&alice, "conflicts one --merge")["merges"].clone();
    assert_eq!(merges["with"][0]["is"], "conflict");
    assert_eq!(
        merges["with"][0]["paths"],
        serde_json::json!(["src/near.txt"])
    );
    // Where the file is no longer changed on one side, the overlap is one of claims alone.
    alice.git(["switch", "--quiet", "feat/two"]).ok();
    alice
        .git(["checkout", "--quiet", "main", "--", "src/near.txt"])
        .ok();
    alice.git(["commit", "--quiet", "-m", "take it back"]).ok();
    alice.git(["switch", "--quiet", "main"]).ok();
    let merges = json(&alice, "conflicts one --merge")["merges"].clone();
    assert_eq!(merges["with"][0]["is"], "clean");
    assert_eq!(alice.ask_git(["status", "--porcelain"]), before);
    feature(&alice, "conflicts one --merge --onto nowhere").failed();
}

#[test]
fn a_branch_that_touches_more_or_less_than_it_claims_drifts() {
    let sandbox = Sandbox::new();
    let (alice, bob) = two_branches(&sandbox);
    feature(&bob, "register two --branch feat/two -c src/near.txt").ok();
    feature(
        &alice,
        "register one --branch feat/one -c src/far.txt -c docs/ -c db:users",
    )
    .ok();
    feature(&alice, "drift").failed();
    insta::assert_snapshot!(feature(&alice, "drift one").ok().stdout, @r"
    one: branch `feat/one` touches 2 paths since it left `main`
      not claimed, and somebody else's: src/near.txt; feature two of bob claims src/near.txt
      not touched: docs/
    ");
    feature(&alice, "drift one --check").refused();
    let told = feature(&alice, "drift one --check --json").refused().json();
    assert_eq!(
        (&told["ok"], &told["contested"]),
        (&true.into(), &true.into())
    );
    // Without an id: the feature of the branch that is checked out.
    alice.git(["switch", "--quiet", "feat/one"]).ok();
    assert_eq!(json(&alice, "drift")["features"][0]["id"], "one");
    // A rename counts with both of its names.
    alice.git(["mv", "src/far.txt", "docs/moved.txt"]).ok();
    alice.git(["commit", "--quiet", "-m", "move"]).ok();
    feature(&alice, "update one --unclaim src/far.txt").ok();
    let drift = json(&alice, "drift")["features"][0]["drift"].clone();
    assert_eq!(
        drift["undeclared"],
        serde_json::json!(["src/far.txt", "src/near.txt"])
    );
    assert_eq!(drift["untouched"], serde_json::Value::Null);
    feature(&alice, "update one -c src/").ok();
    assert_eq!(
        feature(&alice, "drift --check")
            .ok()
            .stdout
            .matches("as it claims")
            .count(),
        1
    );
    let all = json(&alice, "drift --all");
    assert_eq!(all["features"].as_array().unwrap().len(), 2);
    feature(&bob, "register gone --branch feat/gone -c x").ok();
    assert_eq!(
        json(&alice, "drift --all")["elsewhere"],
        serde_json::json!(["gone"])
    );
}
