//! What is remembered is found again.

use serde_json::Value;

use crate::support::state::plant;
use crate::support::{Agent, Sandbox, race};

fn recalled(agent: &Agent, args: &[&str]) -> Vec<String> {
    let all = agent
        .coord([&["recall", "--json"], args].concat())
        .ok()
        .json();
    let summaries = all["memories"].as_array().unwrap().iter();
    summaries
        .map(|one| one["memory"]["summary"].as_str().unwrap().to_owned())
        .collect()
}

fn ids(agent: &Agent) -> Vec<String> {
    let all = agent.coord(["recall", "--json", "-n", "100"]).ok().json();
    let ids = all["memories"].as_array().unwrap().iter();
    ids.map(|one| one["memory"]["id"].as_str().unwrap().to_owned())
        .collect()
}

#[test]
fn memories_are_shared_and_ranked() {
    let sandbox = Sandbox::new();
    let hub = sandbox.bare("hub");
    let (alice, bob) = (hub.clone_as("alice"), hub.clone_as("bob"));
    for agent in [&alice, &bob] {
        agent.git(["config", "coord.remote", "origin"]).ok();
    }
    assert!(recalled(&alice, &[]).is_empty());
    let remember = |args: &[&str]| {
        alice.coord([&["remember"], args].concat()).ok();
    };
    remember(&[
        "parseConfig ignores blank lines",
        "--kind",
        "error",
        "--tag",
        "config,parser",
        "--path",
        "src/auth.rs",
        "--lesson",
        "trim first",
        "--outcome",
        "negative",
        "--details",
        "Seen with files from Windows.",
    ]);
    remember(&[
        "The lock on main is short",
        "-k",
        "discovery",
        "--path",
        "docs/",
    ]);
    remember(&["Cache the tree", "-k", "optimization", "--importance", "5"]);
    bob.coord(["sync"]).ok();
    assert_eq!(
        recalled(&bob, &["config"]),
        ["parseConfig ignores blank lines"]
    );
    assert_eq!(
        recalled(&bob, &["parse_config", "windows"]),
        ["parseConfig ignores blank lines"]
    );
    assert_eq!(
        recalled(&bob, &["--tag", "parser"]),
        ["parseConfig ignores blank lines"]
    );
    assert_eq!(
        recalled(&bob, &["--path", "docs/a/b.md"]),
        ["The lock on main is short"]
    );
    assert_eq!(
        recalled(&bob, &["--path", "src/"]),
        ["parseConfig ignores blank lines"]
    );
    assert_eq!(
        recalled(&bob, &["--kind", "optimisation"]),
        ["Cache the tree"]
    );
    assert_eq!(recalled(&bob, &["--min", "1.5"]), ["Cache the tree"]);
    assert_eq!(
        recalled(&bob, &["lock", "--tag", "parser"]),
        [] as [&str; 0]
    );
    assert_eq!(recalled(&bob, &["-n", "1"]).len(), 1);
    let text = bob.coord(["recall", "config"]).ok().stdout;
    for part in [
        "error, negative",
        "next time: trim first",
        "files: src/auth.rs",
        "Windows",
    ] {
        assert!(text.contains(part), "{text}");
    }
    assert_eq!(
        bob.coord(["recall", "nothing"]).ok().stdout,
        "nothing is known\n"
    );
    alice.coord(["log", "--verify"]).ok();
}

#[test]
fn the_index_is_only_a_shortcut() {
    let sandbox = Sandbox::new();
    let alice = sandbox.repo("project").agent("alice");
    for number in 0..20 {
        alice
            .coord(["remember", &format!("thing number{number}")])
            .ok();
    }
    let index = alice.path().join(".git/coord/memory.index");
    let all = recalled(&alice, &["thing", "-n", "100"]);
    assert_eq!(all.len(), 20);
    let whole = std::fs::read(&index).unwrap();
    for broken in [&b""[..], b"x", &whole[..whole.len() / 2]] {
        std::fs::write(&index, broken).unwrap();
        assert_eq!(recalled(&alice, &["thing", "-n", "100"]), all);
    }
    std::fs::remove_file(&index).unwrap();
    assert_eq!(recalled(&alice, &["thing", "-n", "100"]), all);
    // A change is seen although most of the index is kept.
    alice.coord(["forget", &ids(&alice)[0]]).ok();
    alice.coord(["remember", "another thing"]).ok();
    assert_eq!(recalled(&alice, &["thing", "-n", "100"]).len(), 20);
    assert_eq!(recalled(&alice, &["another"]), ["another thing"]);
}

#[test]
fn recalling_writes_nothing_and_its_use_rides_along() {
    let sandbox = Sandbox::new();
    let alice = sandbox.repo("project").agent("alice");
    alice.coord(["remember", "a thing"]).ok();
    let tip = || alice.ask_git(["rev-parse", "refs/coord/state"]);
    let uses = || {
        let all = alice.beside("bob").coord(["recall", "--json"]).ok().json();
        all["memories"][0]["memory"]["uses"].as_u64().unwrap()
    };
    let before = tip();
    alice.coord(["recall", "thing"]).ok();
    alice.coord(["recall", "thing"]).ok();
    assert_eq!((tip(), uses()), (before, 0));
    alice.coord(["lock", "a"]).ok();
    assert_eq!(uses(), 2);
    // Once: the next change carries nothing.
    alice.coord(["unlock", "a"]).ok();
    assert_eq!(uses(), 2);
    // Also when the change that it rides along with is refused, or the memory is gone by then.
    alice.coord(["recall", "thing"]).ok();
    alice.coord(["unlock", "a"]).refused();
    assert_eq!(uses(), 3);
    alice.coord(["recall", "thing"]).ok();
    alice
        .beside("carol")
        .coord(["forget", &ids(&alice)[0]])
        .ok();
    alice.coord(["lock", "b"]).ok();
    alice.coord(["log", "--verify"]).ok();
}

#[test]
fn the_same_of_many_at_once_is_one_memory() {
    let sandbox = Sandbox::new();
    let repo = sandbox.repo("project");
    let alice = repo.agent("alice");
    let said = race(6, |number| {
        let details = format!("seen by {number}");
        alice.session(&format!("s{number}")).command(
            "git-coord",
            [
                "remember",
                "The build fails",
                "--details",
                &details,
                "--json",
            ],
        )
    });
    assert!(said.iter().all(|outcome| outcome.is_ok()));
    let all = alice.coord(["recall", "--json"]).ok().json();
    let memories: &Vec<Value> = all["memories"].as_array().unwrap();
    // The hour may turn between two of them.
    assert!(memories.len() <= 2, "{all:#}");
    let details: String = memories
        .iter()
        .map(|one| one["memory"]["details"].as_str().unwrap())
        .collect();
    assert!((0..6).all(|number| details.contains(&format!("seen by {number}"))));
    alice.coord(["log", "--verify"]).ok();
}

#[test]
fn an_id_may_be_shortened_and_what_is_unknown_is_said() {
    let sandbox = Sandbox::new();
    let alice = sandbox.repo("project").agent("alice");
    for text in ["one", "two", "three"] {
        alice.coord(["remember", text]).ok();
    }
    let ids = ids(&alice);
    alice.coord(["forget", &ids[0][..7]]).ok();
    alice.coord(["forget", &ids[0]]).refused();
    alice.coord(["forget", "no/id"]).code(2);
    let kind = alice.coord(["remember", "x", "--kind", "joke"]).code(2);
    assert!(kind.stderr.contains("optimisation"), "{kind}");
    alice.coord(["recall", "--kind", "joke"]).code(2);
    // A damaged memory is no answer, and doctor says so.
    plant(&alice, "memory/00/00000000.json", "{", "damage");
    assert_eq!(recalled(&alice, &[]).len(), 2);
    let doctor = alice.coord(["doctor"]).code(4);
    assert!(
        doctor.stdout.contains("memory/00/00000000.json"),
        "{doctor}"
    );
}
