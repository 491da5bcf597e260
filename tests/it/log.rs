//! The log: who did what, whether they were entitled to, and whether they signed it.

use crate::support::{Agent, Sandbox};

fn alone(sandbox: &Sandbox) -> Agent {
    sandbox.repo("project").agent("alice")
}

/// The subjects of the entries that a call of `log` answers with.
fn subjects(agent: &Agent, args: &[&str]) -> Vec<String> {
    let args = [&["--json", "log"], args].concat();
    let answer = agent.coord(args).ok().json();
    let entries = answer["entries"].as_array().unwrap();
    entries
        .iter()
        .map(|entry| entry["subject"].as_str().unwrap().to_owned())
        .collect()
}

#[test]
fn entries_are_found_by_agent_key_and_operation() {
    let sandbox = Sandbox::new();
    let alice = alone(&sandbox);
    let bob = alice.beside("bob");
    alice.coord(["lock", "src/a.rs", "--reason", "first"]).ok();
    bob.coord(["lock", "docs/"]).ok();
    alice.coord(["unlock", "src/a.rs"]).ok();
    assert_eq!(
        subjects(&alice, &[]),
        [
            "unlock src/a.rs by alice",
            "lock docs/ by bob for 30m",
            "lock src/a.rs by alice for 30m: first"
        ]
    );
    assert_eq!(
        subjects(&alice, &["--agent", "bob"]),
        ["lock docs/ by bob for 30m"]
    );
    assert_eq!(
        subjects(&alice, &["--op", "unlock"]),
        ["unlock src/a.rs by alice"]
    );
    assert_eq!(
        subjects(&alice, &["--key", "docs"]),
        ["lock docs/ by bob for 30m"]
    );
    assert_eq!(subjects(&alice, &["--since", "1h"]).len(), 3);
    assert_eq!(
        subjects(&alice, &["--count", "1"]),
        ["unlock src/a.rs by alice"]
    );
    // Git itself reads it as well: author, order, and one directory's history.
    let authors = alice.ask_git(["log", "--format=%an", "refs/coord/state"]);
    assert_eq!(authors, "alice\nbob\nalice");
    let of_src = alice.ask_git([
        "log",
        "--format=%s",
        "refs/coord/state",
        "--",
        "locks/path/src",
    ]);
    assert_eq!(
        of_src,
        "unlock src/a.rs by alice\nlock src/a.rs by alice for 30m: first"
    );
}

#[test]
fn what_was_refused_rides_along_with_the_next_change() {
    let sandbox = Sandbox::new();
    let alice = alone(&sandbox);
    let bob = alice.beside("bob");
    alice.coord(["lock", "src/a.rs"]).ok();
    bob.coord(["lock", "src/"]).refused();
    assert_eq!(subjects(&bob, &[]).len(), 1, "a refusal changes nothing");
    bob.coord(["lock", "docs/"]).ok();
    let answer = bob.coord(["--json", "log", "--count", "1"]).ok().json();
    let refused = &answer["entries"][0]["event"]["refused"];
    assert_eq!(refused[0]["refusal"]["code"], "lock_held");
    bob.coord(["lock", "tests/"]).ok();
    let answer = bob.coord(["--json", "log", "--count", "1"]).ok().json();
    assert!(
        answer["entries"][0]["event"].get("refused").is_none(),
        "once is enough"
    );
    bob.coord(["log", "--verify"]).ok();
}

/// Each conflict of a refusal rode along, however many there were.
#[test]
fn a_refusal_with_many_conflicts_is_short_in_the_log() {
    let sandbox = Sandbox::new();
    let alice = alone(&sandbox);
    let bob = alice.beside("bob");
    let keys: Vec<String> = (10..50).map(|n| format!("many/{n}")).collect();
    let all = |command: &'static str| {
        let keys = keys.iter().map(String::as_str);
        [command, "--json"]
            .into_iter()
            .chain(keys)
            .collect::<Vec<_>>()
    };
    alice.coord(all("lock")).ok();
    let answer = bob.coord(all("lock")).refused().json();
    assert_eq!(answer["conflicts"].as_array().unwrap().len(), 40);
    bob.coord(["lock", "docs/"]).ok();
    let answer = bob.coord(["--json", "log", "--count", "1"]).ok().json();
    let refused = &answer["entries"][0]["event"]["refused"][0];
    let count = |of: &serde_json::Value| of.as_array().unwrap().len();
    assert_eq!(count(&refused["refusal"]["conflicts"]), 16);
    assert_eq!(refused["more_in_the_way"], 24);
    assert_eq!(count(&refused["request"]["lock"]["keys"]), 16);
    assert_eq!(refused["more_asked"], 24);
    bob.coord(["log", "--verify"]).ok();
}

#[test]
fn a_change_that_its_author_was_not_entitled_to_is_found() {
    let sandbox = Sandbox::new();
    let alice = alone(&sandbox);
    alice.coord(["lock", "src/a.rs"]).ok();
    let clean = alice.coord(["--json", "log", "--verify"]).ok().json();
    assert_eq!(
        (&clean["confirmed"], &clean["findings"]),
        (&1.into(), &serde_json::json!([]))
    );
    // Mallory gives alice's lock back, with an event that says so, by plain git.
    let body = alice.ask_git(["log", "-1", "--format=%b", "refs/coord/state"]);
    let mut event: serde_json::Value = serde_json::from_str(body.trim()).unwrap();
    event["by"]["agent"] = "mallory".into();
    event["rev"] = 2.into();
    event["request"] = serde_json::json!({"unlock": {"which": {"keys": ["src/a.rs"]}}});
    let format = alice.ask_git(["rev-parse", "refs/coord/state:format.json"]);
    let tree = alice
        .command("git", ["mktree"])
        .input(format!("100644 blob {format}\tformat.json\n"))
        .run()
        .ok()
        .stdout;
    let forged = alice
        .command(
            "git",
            ["commit-tree", "-p", "refs/coord/state", tree.trim()],
        )
        .env("GIT_AUTHOR_NAME", "mallory")
        .env("GIT_AUTHOR_EMAIL", "s1@session.invalid")
        .input(format!("unlock src/a.rs by mallory\n\n{event}\n"))
        .run()
        .ok()
        .stdout;
    alice
        .git(["update-ref", "refs/coord/state", forged.trim()])
        .ok();
    let report = alice.coord(["--json", "log", "--verify"]).code(4).json();
    assert_eq!(report["confirmed"], 1);
    assert_eq!(report["findings"][0]["commit"], forged.trim());
    let what = report["findings"][0]["what"].as_str().unwrap();
    assert!(
        what.contains("refused") && what.contains("src/a.rs"),
        "{what}"
    );
}

#[test]
fn operations_are_signed_when_the_user_signs() {
    let sandbox = Sandbox::new();
    let alice = alone(&sandbox);
    let key = alice.path().join("../key");
    let made = [
        "-q",
        "-t",
        "ed25519",
        "-N",
        "",
        "-C",
        "alice",
        "-f",
        key.to_str().unwrap(),
    ];
    alice.command("ssh-keygen", made).run().ok();
    let public = alice.read("../key.pub");
    let email = alice.ask_git(["config", "user.email"]);
    alice.write("../allowed", &format!("{email} {public}"));
    alice.git(["config", "gpg.format", "ssh"]).ok();
    alice
        .git(["config", "user.signingKey", key.to_str().unwrap()])
        .ok();
    let allowed = alice.path().join("../allowed");
    alice
        .git([
            "config",
            "gpg.ssh.allowedSignersFile",
            allowed.to_str().unwrap(),
        ])
        .ok();
    alice.coord(["lock", "src/a.rs"]).ok();
    alice.git(["config", "coord.sign", "true"]).ok();
    alice.coord(["lock", "src/b.rs"]).ok();
    alice.git(["verify-commit", "refs/coord/state"]).ok();
    let report = alice.coord(["--json", "log", "--verify"]).ok().json();
    assert_eq!(
        (&report["commits"], &report["signed"]),
        (&2.into(), &1.into())
    );
    // A signature by nobody that is allowed is a finding.
    alice.write("../allowed", "");
    let report = alice.coord(["--json", "log", "--verify"]).code(4).json();
    let what = report["findings"][0]["what"].as_str().unwrap();
    assert!(what.contains("signature"), "{what}");
}
