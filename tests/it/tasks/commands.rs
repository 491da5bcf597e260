//! Each command once, as people and agents use it.

use super::words::{json, names, stands, task};
use crate::support::wait::until;
use crate::support::{Agent, Sandbox};

fn two(sandbox: &Sandbox) -> (Agent, Agent) {
    let alice = sandbox.repo("project").agent("alice");
    let bob = alice.beside("bob");
    (alice, bob)
}

#[test]
fn the_life_of_a_task() {
    let sandbox = Sandbox::new();
    let (alice, bob) = two(&sandbox);
    alice.write("note.md", "Read the file.\nThen write it.\n");
    let add = [
        "task",
        "add",
        "Parse the config",
        "--id",
        "parse",
        "--body",
        "@note.md",
        "-p1",
        "--key",
        "src/a.rs",
        "--label",
        "web,core",
        "--deadline",
        "2h",
    ];
    alice.coord(add).ok();
    task(&alice, "add Test --id test --depends-on parse").ok();
    assert_eq!(names(&bob, "list"), "parse test");
    assert_eq!(names(&bob, "ready"), "parse");
    assert_eq!(names(&bob, "blocked"), "test");
    let told = json(&bob, "next --lock");
    assert_eq!(told["did"], "claimed");
    assert_eq!(told["tasks"][0]["body"], "Read the file.\nThen write it.");
    let locks = told["locks"].as_array().unwrap();
    let keys: Vec<&str> = locks
        .iter()
        .map(|lock| lock["key"].as_str().unwrap())
        .collect();
    assert_eq!(keys, ["task:parse", "src/a.rs"]);
    alice.coord(["lock", "src/a.rs"]).refused();
    assert_eq!(names(&bob, "list --mine"), "parse");
    assert_eq!(names(&alice, "list --mine"), "");
    task(&bob, "start par").ok();
    task(&alice, "comment parse Careful!").ok();
    let shown = json(&bob, "show parse");
    assert_eq!(shown["is"], "running");
    assert_eq!(shown["claim"]["mine"], true);
    assert_eq!(shown["claim"]["branch"], "main");
    assert_eq!(shown["dependants"][0]["id"], "test");
    assert_eq!(shown["comments"][0]["text"], "Careful!");
    assert_eq!(shown["comments"][0]["by"]["agent"], "alice");
    // Work goes on beside it, and the claim is renewed with the session's other locks.
    bob.coord(["renew"]).ok();
    let told = json(&bob, r#"done parse --result {"files":1}"#);
    assert_eq!(told["also"], serde_json::json!(["test"]));
    assert_eq!(
        told["released"],
        serde_json::json!(["task:parse", "src/a.rs"])
    );
    alice.coord(["lock", "src/a.rs"]).ok();
    let shown = json(&alice, "show test");
    assert_eq!(shown["is"], "ready");
    assert_eq!(shown["dependencies"][0]["result"]["files"], 1);
    assert_eq!(names(&alice, "list --ended"), "parse");
    assert_eq!(names(&alice, "list --stage done"), "parse");
    assert_eq!(names(&alice, "list"), "test");
    alice.coord(["log", "--verify"]).ok();
}

#[test]
fn a_name_may_be_shortened_while_it_is_the_only_one() {
    let sandbox = Sandbox::new();
    let (alice, _) = two(&sandbox);
    for id in ["abc1", "abd2", "abd"] {
        task(&alice, &format!("add T --id {id}")).ok();
    }
    assert_eq!(json(&alice, "show abc")["task"]["id"], "abc1");
    assert_eq!(json(&alice, "show abd")["task"]["id"], "abd");
    let said = task(&alice, "show ab").code(2).stderr;
    assert!(
        said.contains("3 tasks") && said.contains("abc1 abd"),
        "{said}"
    );
    task(&alice, "show zz").refused();
    task(&alice, "show A/B").code(2);
    // One that is over makes room.
    task(&alice, "cancel abc1").ok();
    assert_eq!(json(&alice, "show abc")["task"]["id"], "abc1");
    task(&alice, "add T --id abc2").ok();
    assert_eq!(json(&alice, "show abc")["task"]["id"], "abc2");
}

#[test]
fn lists_are_filtered_before_they_are_cut() {
    let sandbox = Sandbox::new();
    let (alice, bob) = two(&sandbox);
    for n in 0..9 {
        let label = if n % 3 == 0 { "three" } else { "other" };
        let sort = if n % 2 == 0 { "bug" } else { "task" };
        let words = format!(
            "add T{n} --id t{n} -l {label} --sort {sort} --run r{}",
            n % 2
        );
        task(&alice, &words).ok();
    }
    task(&alice, "add P --id p --parent t0 --assignee bob -p 0").ok();
    let cases = [
        ("list --label three", "t0 t3 t6"),
        ("list --label three -n 2", "t0 t3"),
        ("list --label three --sort bug", "t0 t6"),
        ("list --run r1 --label other", "t1 t5 t7"),
        ("list --parent t0", "p"),
        ("list --assignee bob", "p"),
        ("list --ready -n 1", "p"),
        ("search T3", "t3"),
        ("search THREE", "t0 t3 t6"),
        ("list --stage dead", ""),
    ];
    for (words, found) in cases {
        assert_eq!(names(&alice, words), found, "{words}");
    }
    assert_eq!(json(&alice, "list --label three -n 2")["more"], true);
    assert_eq!(json(&alice, "list --label three -n 3")["more"], false);
    assert_eq!(names(&bob, "list --mine"), "p");
    task(&alice, "cancel t0 t3 --reason no").ok();
    assert_eq!(names(&alice, "search three"), "t6");
    assert_eq!(names(&alice, "search three --ended"), "t0 t3");
    assert_eq!(names(&alice, "list --ended -n 1"), "t0");
    assert_eq!(json(&alice, "list --ended -n 1")["more"], true);
}

#[test]
fn what_is_wrong_is_said_with_what_to_do() {
    let sandbox = Sandbox::new();
    let (alice, bob) = two(&sandbox);
    task(&alice, "add One --id one").ok();
    task(&alice, "claim one").ok();
    for (who, words, said) in [
        (&bob, "claim one", "git coord task next"),
        (&bob, "done one", "belongs to alice"),
        (&bob, "next", "1 claimed"),
        (&bob, "cancel one", "alice, who added it"),
        (&bob, "claim none", "git coord task list"),
        (&alice, "retry one", "git coord task show one"),
        (
            &alice,
            "add Two --depends-on two --id two",
            "wait for each other",
        ),
        (&alice, "add One --id one", "there is a task `one` already"),
        (&alice, "edit one --title x --rev 1", "changed meanwhile"),
    ] {
        let outcome = task(who, words).refused();
        assert!(outcome.stderr.contains(said), "{words}: {outcome}");
    }
    for words in [
        "add",
        "add T --priority 5",
        "add T --on-fail perhaps",
        "add T --deadline soon",
        "add T --body @nothing",
        "add T --key task:one",
        "done one --result {",
        "claim",
        "next --strategy best",
        "list --stage nearly",
        "next --wait=never",
    ] {
        task(&alice, words).code(2);
    }
}

#[test]
fn a_claim_is_no_key_that_is_typed_but_it_is_given_back_as_one() {
    let sandbox = Sandbox::new();
    let (alice, _) = two(&sandbox);
    task(&alice, "add One --id one").ok();
    // A team that gives itself the prefix does not get it.
    for prefixes in ["", "task"] {
        alice.git(["config", "coord.keyPrefix", prefixes]).ok();
        let said = alice.coord(["lock", "task:one"]).code(2).stderr;
        assert!(said.contains("git coord task claim one"), "{said}");
    }
    task(&alice, "claim one").ok();
    let locks = alice.coord(["locks", "--json"]).ok().json();
    assert_eq!(locks["locks"][0]["key"], "task:one");
    // No check of paths meets it.
    alice.beside("bob").coord(["check", "."]).ok();
    alice.coord(["renew", "task:one"]).ok();
    alice.coord(["unlock", "task:on"]).ok();
    assert_eq!(stands(&alice, "one"), ("ready".into(), 0));
    alice.coord(["unlock", "task:one"]).refused();
    task(&alice, "claim one").ok();
    alice.coord(["unlock", "--all"]).ok();
    assert_eq!(stands(&alice, "one"), ("ready".into(), 0));
    alice.coord(["log", "--verify"]).ok();
}

#[test]
fn a_file_of_such_a_name_is_a_file() {
    let sandbox = Sandbox::new();
    let (alice, _) = two(&sandbox);
    alice.write("task:one", "");
    alice.coord(["lock", "task:one"]).ok();
    let locks = alice.coord(["locks", "--json"]).ok().json();
    assert_eq!(locks["locks"][0]["key"], ":(literal)task:one");
}

#[test]
fn the_same_key_finds_the_same_task() {
    let sandbox = Sandbox::new();
    let (alice, bob) = two(&sandbox);
    let add = "add T --idempotency-key change-7";
    let first = json(&alice, add);
    let again = json(&bob, add);
    assert_eq!(
        (&first["did"], &again["did"]),
        (&"added".into(), &"found".into())
    );
    assert_eq!(first["tasks"], again["tasks"]);
    assert_eq!(again["commit"], serde_json::Value::Null);
}

#[test]
fn who_waits_for_work_gets_it_when_there_is_some() {
    let sandbox = Sandbox::new();
    let (alice, bob) = two(&sandbox);
    task(&alice, "add One --id one").ok();
    task(&alice, "claim one").ok();
    task(&alice, "add Two --id two --depends-on one").ok();
    let waiting = bob
        .command("git-coord", ["task", "next", "--wait", "--json"])
        .spawn();
    // It has looked, and found nothing.
    until("bob has opened the state", || {
        let waits = format!("/proc/{}/fd", waiting.id());
        std::fs::read_dir(waits).ok().map(|_| ())
    });
    task(&alice, "done one").ok();
    let told = waiting.wait().ok().json();
    assert_eq!(told["tasks"][0]["id"], "two");
    task(&bob, "next --wait=1s").refused();
}

#[test]
fn a_holder_is_told_that_its_task_is_wanted_or_over() {
    let sandbox = Sandbox::new();
    let (alice, bob) = two(&sandbox);
    task(&alice, "add Small --id small -p 4").ok();
    task(&alice, "add Grave --id grave -p 0").ok();
    task(&bob, "claim small").ok();
    let told = json(&alice, "next --preempt grave");
    assert_eq!(told["did"], "asked-back");
    let said = task(&bob, "list").ok().stderr;
    assert!(said.contains("asks to have `task:small` back"), "{said}");
    assert!(
        said.contains("task grave is more urgent (p0): Grave"),
        "{said}"
    );
    // It is told once, keeps its claim, and a later change removes the notice.
    assert_eq!(task(&bob, "list").ok().stderr, "");
    task(&bob, "start small").ok();
    bob.coord(["renew"]).ok();
    task(&alice, "cancel small --reason enough").ok();
    let said = bob.coord(["status"]).ok().stderr;
    assert!(
        said.contains("ended `task:small`") && said.contains("enough"),
        "{said}"
    );
    task(&bob, "done small").refused();
    alice.coord(["log", "--verify"]).ok();
}

#[test]
fn text_of_others_moves_no_cursor() {
    let sandbox = Sandbox::new();
    let (alice, bob) = two(&sandbox);
    let title = "red \u{1b}[31m";
    alice
        .coord([
            "task",
            "add",
            title,
            "--id",
            "x",
            "--body",
            "one\ntwo \u{202e}",
        ])
        .ok();
    alice.coord(["task", "comment", "x", "bell \u{7}"]).ok();
    for words in ["show x", "list", "claim x"] {
        let said = task(&bob, words).ok().stdout;
        let is_safe = |c: char| c == '\n' || !c.is_control() && c != '\u{202e}';
        assert!(said.chars().all(is_safe), "{said:?}");
    }
}

#[test]
fn a_record_that_is_damaged_or_newer_keeps_nobody_from_the_others() {
    let sandbox = Sandbox::new();
    let (alice, bob) = two(&sandbox);
    task(&alice, "add Good --id good").ok();
    task(&alice, "add Bad --id bad").ok();
    let place = alice.ask_git([
        "ls-tree",
        "-r",
        "--name-only",
        "refs/coord/state",
        "tasks/open",
    ]);
    let place = place
        .lines()
        .find(|place| place.ends_with("/bad.json"))
        .unwrap();
    let newer = r#"{"v":99,"kind":"task","id":"bad"}"#;
    for (bytes, said) in [("{", "damaged"), (newer, "version 99")] {
        crate::support::state::plant(&alice, place, bytes, "damage");
        let listed = task(&bob, "list").ok().stdout;
        assert!(listed.contains(said) && listed.contains("good"), "{listed}");
        task(&bob, "show bad").code(4);
        task(&bob, "claim bad").code(4);
    }
    assert_eq!(json(&bob, "next")["tasks"][0]["id"], "good");
}
