//! What is suggested after a refusal does what it says, wherever it is typed.

use crate::support::{Agent, Outcome, Sandbox, Shell};

/// The commands in an answer, as it shows them.
fn suggested(text: &str) -> Vec<&str> {
    let quoted = text.split('`').skip(1).step_by(2);
    quoted
        .filter(|text| text.starts_with("git coord"))
        .collect()
}

/// Runs a suggested command as a person does who pastes it.
#[track_caller]
fn paste(shell: &Shell, command: &str) -> Outcome {
    shell.command("sh", ["-c", command]).run()
}

/// The agent in a directory of its work tree.
fn in_dir(agent: &Agent, dir: &str) -> Agent {
    std::fs::create_dir_all(agent.path().join(dir)).unwrap();
    agent.moved(agent.path().join(dir))
}

/// What an agent holds.
fn held(agent: &Agent) -> Vec<String> {
    let listed = agent.coord(["locks", "--mine", "--json"]).ok().json();
    let locks = listed["locks"].as_array().unwrap().iter();
    locks
        .map(|lock| lock["key"].as_str().unwrap().to_owned())
        .collect()
}

/// They named paths from the top of the repository, whatever directory they were to be typed in.
#[test]
fn suggested_commands_are_right_in_a_subdirectory() {
    let sandbox = Sandbox::new();
    let alice = sandbox.repo("project").agent("alice");
    let bob = in_dir(&alice.beside("bob"), "src/deep");
    alice
        .coord(["lock", "src/a.rs", "src/deep/*.sql", "api:GET /v1/users"])
        .ok();
    let keys = ["../a.rs", "new.sql", "api:GET /v1/users"];
    let refused = bob.coord([&["lock"], &keys[..]].concat()).refused();
    insta::assert_snapshot!(refused, @r"
    exit 1
    --- stderr
    refused[lock_held]: `api:GET /v1/users` is locked by alice (session s1) since [time] until [time], on branch `main`
    `src/deep/*.sql` is locked by alice (session s1) since [time] until [time], on branch `main`, which overlaps `src/deep/new.sql`
    `src/a.rs` is locked by alice (session s1) since [time] until [time], on branch `main`
    hint: wait with `git coord lock --wait 'api:GET /v1/users' new.sql ../a.rs`, work on something else, or, if alice is gone, `git coord lock --steal --rev 1 --reason … 'api:GET /v1/users'`
    ");
    alice.coord(["unlock", "--all"]).ok();
    paste(&bob, suggested(&refused.stderr)[0]).ok();
    let all = ["src/a.rs", "src/deep/new.sql", "api:GET /v1/users"];
    assert_eq!(held(&bob), all);

    let alice = in_dir(&alice, "docs");
    let refused = alice.coord(["lock", "../src/deep/"]).refused();
    let steal = suggested(&refused.stderr)[1].replace('…', "gone");
    paste(&alice, &steal).ok();
    assert_eq!(held(&alice), ["src/deep/new.sql"]);

    let refused = alice.coord(["unlock", "guide.md"]).refused();
    paste(&alice, suggested(&refused.stderr)[1]).ok();
    assert_eq!(held(&alice), ["docs/guide.md", "src/deep/new.sql"]);
}

/// The fields are the same wherever the command ran; what is to be typed is not.
#[test]
fn json_has_canonical_keys_and_a_hint_for_the_directory() {
    let sandbox = Sandbox::new();
    let alice = sandbox.repo("project").agent("alice");
    let bob = in_dir(&alice.beside("bob"), "src");
    alice.coord(["lock", "src/a.rs"]).ok();
    let refused = bob.coord(["lock", "a.rs", "--json"]).refused().json();
    assert_eq!(refused["conflicts"][0]["wanted"], "src/a.rs");
    assert_eq!(refused["conflicts"][0]["held"], "src/a.rs");
    let hint = refused["hint"].as_str().unwrap();
    assert_eq!(suggested(hint)[0], "git coord lock --wait a.rs");
    // This option takes the beginning of a canonical key, in every directory.
    let steal = ["lock", "--steal", "--rev=9", "--reason=r", "a.rs", "--json"];
    let refused = bob.coord(steal).refused().json();
    assert_eq!(refused["code"], "rev_changed");
    let look = suggested(refused["hint"].as_str().unwrap())[0].to_owned();
    let seen = paste(&bob, &look).ok().json();
    assert_eq!(seen["locks"][0]["key"], "src/a.rs");
}

#[test]
fn hooks_suggest_for_the_directory_of_the_person() {
    let sandbox = Sandbox::new();
    let alice = sandbox.repo("project").agent("alice");
    alice.coord(["hooks", "install"]).ok();
    alice.git(["config", "coord.requireLock", "require"]).ok();
    let below = in_dir(&alice, "src");
    below.write("a.rs", "fn mine() {}\n");
    below.git(["add", "."]).ok();
    let refused = below.git(["commit", "-m", "change"]).refused();
    assert_eq!(suggested(&refused.stderr), ["git coord lock a.rs"]);
    alice.git(["config", "coord.requireLock", "warn"]).ok();
    let warned = below.git(["commit", "-m", "change"]).ok();
    assert_eq!(suggested(&warned.stderr), ["git coord lock a.rs"]);
}
