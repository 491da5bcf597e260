//! `task import` and `task add --from-file`.

use serde_json::json;

use super::{added, ids, shown};
use crate::support::{Agent, Outcome, Sandbox};

fn fed(agent: &Agent, args: &[&str], text: &str) -> Outcome {
    let args = [&["coord", "--json", "task"], args].concat();
    agent.command("git", args).input(text).run()
}

#[test]
fn a_graph_in_a_file_is_added_with_its_references() {
    let sandbox = Sandbox::new();
    let alice = sandbox.repo("project").agent("alice");
    let there = added(&alice, &["add", "There before"]).remove(0);
    let plan = format!(
        r#"{{"id": "Parse it", "title": "Parse", "priority": 0, "keys": ["src/a.rs", "db:users"]}}
        {{"id": 2, "title": "Test", "depends_on": ["Parse it", "{there}"], "parent": 3}}
        {{"id": 3, "title": "All", "type": "epic", "labels": ["core"]}}
        {{"id": 4, "title": "Old", "status": "closed"}}"#
    );
    alice.write("docs/plan.jsonl", &plan);
    // Keys in a file are seen from the top, wherever the file is read.
    let below = Agent::clone(&alice);
    let answer = below
        .coord(["-C", "docs", "--json", "task", "import", "plan.jsonl"])
        .ok();
    assert_eq!(answer.json()["notes"], json!(["1 are over and left out"]));
    let ids = ids(&answer);
    let [parse, test, all] = ids.as_slice() else {
        panic!("{ids:?}")
    };
    let task = shown(&alice, test)["task"].clone();
    let mut depends = vec![parse.clone(), there];
    depends.sort();
    assert_eq!(
        (&task["depends"], &task["parent"]),
        (&json!(depends), &json!(all))
    );
    let task = shown(&alice, parse)["task"].clone();
    assert_eq!(task["keys"], json!(["src/a.rs", "db:schema:users"]));
    assert_eq!(task["priority"], 0);
    assert_eq!(shown(&alice, test)["is"], "blocked");
    // One commit for all of it.
    let log = alice.coord(["--json", "log", "--op", "task"]).ok().json();
    assert_eq!(log["entries"].as_array().unwrap().len(), 2);
    alice.coord(["log", "--verify"]).ok();
}

#[test]
fn nothing_of_a_file_with_something_wrong_is_added() {
    let sandbox = Sandbox::new();
    let alice = sandbox.repo("project").agent("alice");
    let cases = [
        (
            "{\"title\": \"a\"}\n{\"title\": 1, \"depends\": [\"No\"]}",
            "standard input, line 2: `depends`: there is no `No` in this text, and it is no id of a task that exists",
        ),
        (
            "{\"title\": \"a\"}\n{\"title\"",
            "standard input, line 2: this is no JSON: EOF while parsing an object, at column 8",
        ),
        ("- [ ] a (keys: ../x)\n", "line 1: "),
        ("- [x] a\n", "all 1 tasks in standard input are over"),
        ("[]", "there are no tasks in standard input"),
        (
            "{\"id\": 1, \"title\": \"a\", \"depends\": [2]}\n{\"id\": 2, \"title\": \"b\", \"depends\": [1]}",
            "a circle: `1` waits for `2` waits for `1`",
        ),
    ];
    for (text, why) in cases {
        let answer = fed(&alice, &["import", "-"], text).code(2).json();
        assert!(
            answer["message"].as_str().unwrap().contains(why),
            "{answer}"
        );
    }
    // A reference that is an id, of a task that is not there, is for the decision to refuse; and so
    // is a secret.
    fed(
        &alice,
        &["import", "-"],
        "- [ ] a\n- [ ] b (after: 3f2a91c4)",
    )
    .refused();
    let secret =
        "{\"title\": \"a\"}\n{\"title\": \"b\", \"body\": \"-----BEGIN RSA PRIVATE KEY-----\"}";
    let answer = fed(&alice, &["import", "-"], secret).refused().json();
    assert_eq!(answer["code"], "secret");
    alice.write("bytes", "x");
    alice
        .command("sh", ["-c", "printf '\\377' > bytes"])
        .run()
        .ok();
    alice.coord(["task", "import", "bytes"]).code(2);
    alice.coord(["task", "import", "missing"]).code(2);
    alice.coord(["task", "import", "."]).code(2);
    let many: String = (0..1001).map(|n| format!("- [ ] task {n}\n")).collect();
    fed(&alice, &["import", "-"], &many).code(2);
    let huge = format!("- [ ] {}\n", "x".repeat(5 * 1024 * 1024));
    fed(&alice, &["import", "-"], &huge).code(2);
    let tasks = alice.coord(["--json", "task", "list"]).ok().json();
    assert_eq!(tasks["tasks"], json!([]));
    assert_eq!(
        ids(&fed(
            &alice,
            &["import", "-", "--allow-secret", "private-key"],
            secret
        ))
        .len(),
        2
    );
}

#[test]
fn a_check_list_is_shown_first_and_then_added() {
    let sandbox = Sandbox::new();
    let alice = sandbox.repo("project").agent("alice");
    let plan = "# Plan\n\n- [ ] !0 Parse #core (id: parse)\n  - [ ] Lex\n- [x] Old\n- [ ] Test (after: parse)\n";
    alice.write("plan.md", plan);
    let drafted = alice.coord(["task", "import", "plan.md", "--dry-run"]).ok();
    insta::assert_snapshot!(drafted, @r"
    exit 0
    --- stdout
    p0  Parse #core
    p2  Lex
    p2  Test  (waits for 1)
    would add 3, 1 are over and left out
    ");
    alice.coord(["task", "list"]).ok();
    let epic = added(&alice, &["add", "Everything", "--sort", "epic"]).remove(0);
    let args = [
        "add",
        "--from-file",
        "plan.md",
        "--run",
        "plan",
        "--label",
        "all",
        "--parent",
        &epic,
    ];
    let ids = added(&alice, &args);
    let [parse, lex, test] = ids.as_slice() else {
        panic!("{ids:?}")
    };
    let task = shown(&alice, parse)["task"].clone();
    assert_eq!(
        (&task["parent"], &task["run"]),
        (&json!(epic), &json!("plan"))
    );
    assert_eq!(task["labels"], json!(["all", "core"]));
    assert_eq!(shown(&alice, lex)["task"]["parent"], json!(parse));
    assert_eq!(shown(&alice, test)["blocked_by"][0]["id"], json!(parse));
    alice
        .coord(["task", "add", "Title", "--from-file", "plan.md"])
        .code(2);
    alice.coord(["task", "add"]).code(2);
}

#[test]
fn a_source_that_is_imported_again_adds_only_what_is_new() {
    let sandbox = Sandbox::new();
    let alice = sandbox.repo("project").agent("alice");
    let issue = |number: usize, state: &str, body: &str| {
        json!({"number": number, "title": format!("Issue {number}"), "body": body,
            "labels": [{"name": "bug"}], "state": state, "assignees": []})
    };
    let first = json!([issue(1, "OPEN", ""), issue(2, "OPEN", "Blocked by #1")]).to_string();
    let once = ["import", "-", "--once", "project"];
    let ids_1 = ids(&fed(&alice, &once, &first).ok());
    let more = json!([
        issue(3, "OPEN", "Depends on #2"),
        issue(2, "OPEN", ""),
        issue(1, "CLOSED", "")
    ]);
    let answer = fed(&alice, &once, &more.to_string()).ok();
    let ids_2 = ids(&answer);
    assert_eq!(ids_2[1], ids_1[1]);
    assert_eq!(
        answer.json()["notes"],
        json!(["1 are over and left out", "1 were there already"])
    );
    assert_eq!(
        shown(&alice, &ids_2[0])["task"]["depends"],
        json!([ids_1[1]])
    );
    // What is there keeps what it says.
    assert_eq!(
        shown(&alice, &ids_1[1])["task"]["depends"],
        json!([ids_1[0]])
    );
    assert_eq!(
        fed(&alice, &once, &more.to_string()).ok().json()["did"],
        "found"
    );
    let all = alice.coord(["--json", "task", "list"]).ok().json();
    assert_eq!(all["tasks"].as_array().unwrap().len(), 3);
    // Without the word they are others.
    assert_ne!(ids(&fed(&alice, &["import", "-"], &first).ok()), ids_1);
}

#[test]
fn ids_of_the_file_are_kept_when_asked_and_must_be_free() {
    let sandbox = Sandbox::new();
    let alice = sandbox.repo("project").agent("alice");
    let plan =
        r#"[{"id": "parse", "title": "A"}, {"id": "Not one", "title": "B", "depends": ["parse"]}]"#;
    let keep = ["import", "-", "--keep-ids"];
    assert_eq!(ids(&fed(&alice, &keep, plan).ok())[0], "parse");
    assert_eq!(fed(&alice, &keep, plan).refused().json()["code"], "exists");
    // What is listed as JSON can be read again, elsewhere.
    let listed = alice.coord(["--json", "task", "list"]).ok().stdout;
    let other = sandbox.repo("other").agent("bob");
    assert_eq!(ids(&fed(&other, &keep, &listed).ok()).len(), 2);
}
