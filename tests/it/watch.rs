//! Watching: every change is told once, wherever a watcher stopped and went on.

use std::collections::BTreeSet;

use serde_json::Value;

use crate::support::{Agent, Sandbox};

fn lines(text: &str) -> Vec<Value> {
    let lines = text.lines().map(|line| serde_json::from_str(line).unwrap());
    lines.collect()
}

/// What a watcher that does not wait shows, as JSON lines.
fn told(agent: &Agent, since: &str, more: &[&str]) -> Vec<Value> {
    let args = ["--json", "watch", "--no-wait", "--since", since];
    lines(&agent.coord(args.iter().chain(more)).ok().stdout)
}

fn kinds(told: &[Value]) -> Vec<String> {
    let kind = |one: &Value| {
        let whose = one["whose"]["agent"].as_str();
        let whose = whose.map(|who| format!(" of {who}")).unwrap_or_default();
        format!(
            "{} {}{whose}",
            one["kind"].as_str().unwrap(),
            one["about"].as_str().unwrap()
        )
    };
    let all = told.iter().map(kind);
    // Who is here is told of elsewhere.
    all.filter(|kind| !kind.starts_with("agent.") && !kind.starts_with("epoch."))
        .collect()
}

/// A few operations, of which the fourth does two things and the last takes from another.
fn story(alice: &Agent, bob: &Agent) {
    alice.coord(["lock", "src/", "--shared"]).ok();
    bob.coord(["lock", "src/", "--shared"]).ok();
    alice.coord(["unlock", "--all"]).ok();
    alice.coord(["lock", "docs/a.md", "docs/b.md"]).ok();
    bob.coord(["state", "set", "phase", "1"]).ok();
    let rev = alice.coord(["--json", "locks", "--mine"]).ok().json()["locks"][0]["rev"].to_string();
    bob.coord([
        "lock",
        "docs/a.md",
        "--steal",
        "--rev",
        &rev,
        "--reason",
        "away",
    ])
    .ok();
}

const STORY: &[&str] = &[
    "lock.taken src/",
    "lock.taken src/",
    "lock.released src/",
    "lock.taken docs/a.md",
    "lock.taken docs/b.md",
    "state.set phase",
    "lock.lost docs/a.md of alice",
    "lock.taken docs/a.md",
];

#[test]
fn a_watcher_is_told_what_each_change_did() {
    let sandbox = Sandbox::new();
    let repo = sandbox.repo("repo");
    let [alice, bob] = ["alice", "bob"].map(|name| repo.agent(name));
    story(&alice, &bob);
    assert_eq!(kinds(&told(&bob, "1h", &[])), STORY);
    assert_eq!(
        kinds(&told(&bob, "1h", &["--kind", "state.*,lock.lost"])),
        [STORY[5], STORY[6]]
    );
    assert_eq!(
        kinds(&told(
            &bob,
            "1h",
            &["--kind", "state.set", "--kind", "nothing"]
        )),
        [STORY[5]]
    );
    let about_b = told(&bob, "1h", &["--key", "docs/b.md"]);
    assert_eq!(kinds(&about_b), [STORY[4]]);
    let of_alice = told(&bob, "1h", &["--agent", "alice", "--kind", "lock.*"]);
    assert_eq!(kinds(&of_alice).len(), 5);
    let text = bob
        .coord(["watch", "--no-wait", "--since", "1h", "--kind", "lock.lost"])
        .ok();
    assert!(
        text.stdout
            .ends_with("lock.lost docs/a.md of alice by bob\n"),
        "{}",
        text.stdout
    );
    bob.coord(["watch", "--no-wait", "--since", "nonsense"])
        .code(2);
    bob.coord(["watch", "--no-wait", "--since", &"1".repeat(40)])
        .code(2);
}

#[test]
fn from_every_cursor_a_watcher_goes_on_without_loss_or_repetition() {
    let sandbox = Sandbox::new();
    let repo = sandbox.repo("repo");
    let [alice, bob] = ["alice", "bob"].map(|name| repo.agent(name));
    story(&alice, &bob);
    alice.coord(["compact"]).ok();
    alice.coord(["lock", "after.rs"]).ok();
    let all = told(&bob, "1h", &[]);
    let cursors: BTreeSet<&str> = all
        .iter()
        .map(|one| one["cursor"].as_str().unwrap())
        .collect();
    assert_eq!(cursors.len(), all.len(), "each has a place of its own");
    for (n, one) in all.iter().enumerate() {
        assert_eq!(
            told(&bob, one["cursor"].as_str().unwrap(), &[]),
            all[n + 1..]
        );
    }
}

/// What a line showed could not be typed.
#[test]
fn a_watcher_goes_on_from_a_line_that_it_printed() {
    let sandbox = Sandbox::new();
    let repo = sandbox.repo("repo");
    let [alice, bob] = ["alice", "bob"].map(|name| repo.agent(name));
    story(&alice, &bob);
    let shown = bob.coord(["watch", "--no-wait", "--since", "1h"]).ok();
    let id = |line: &str| line.split(' ').next().unwrap().to_owned();
    let ids: Vec<String> = shown.stdout.lines().map(id).collect();
    assert!(ids.len() > STORY.len());
    for (n, line) in ids.iter().enumerate() {
        let rest = bob.coord(["watch", "--no-wait", "--since", line]).ok();
        // Several lines of one change have one id, and the last of them is meant.
        let last = ids.iter().rposition(|other| other == line).unwrap();
        assert_eq!(rest.stdout.lines().count(), ids.len() - last - 1, "{n}");
    }
    bob.coord(["watch", "--no-wait", "--since", "1111111111"])
        .code(2);
}

#[test]
fn a_watcher_of_a_busy_clone_is_told_everything() {
    const CHANGES: usize = 150;
    let sandbox = Sandbox::new();
    let repo = sandbox.repo("repo");
    let [alice, bob, eve] = ["alice", "bob", "eve"].map(|name| repo.agent(name));
    alice.coord(["state", "set", "begin", "0"]).ok();
    let count = (2 * CHANGES).to_string();
    let args = ["--json", "watch", "--kind", "state.set", "-n", &count];
    let watching = eve.prepared(args).spawn();
    std::thread::scope(|scope| {
        for agent in [&alice, &bob] {
            scope.spawn(move || {
                // More than is waited for, since the watcher may begin late.
                while !watching_is_over(agent) {
                    agent.coord(["state", "incr", agent.name()]).ok();
                }
            });
        }
        let text = watching.wait().ok().stdout;
        alice.write(".over", "");
        let told = lines(&text);
        assert_eq!(told.len(), 2 * CHANGES);
        let revs: Vec<u64> = told
            .iter()
            .map(|one| one["rev"].as_u64().unwrap())
            .collect();
        assert!(
            revs.windows(2).all(|pair| pair[1] == pair[0] + 1),
            "{revs:?}"
        );
    });
}

fn watching_is_over(agent: &Agent) -> bool {
    agent.path().join(".over").exists()
}

#[test]
fn a_watcher_in_another_clone_sees_changes_come_by_the_remote() {
    let sandbox = Sandbox::new();
    let hub = sandbox.bare("hub");
    let [alice, bob] = ["alice", "bob"].map(|name| hub.clone_as(name));
    for agent in [&alice, &bob] {
        agent.git(["config", "coord.remote", "origin"]).ok();
    }
    alice.coord(["lock", "first.rs"]).ok();
    let watching = bob
        .prepared([
            "--json", "watch", "--since", "1h", "--kind", "lock.*", "-n", "2",
        ])
        .spawn();
    assert!(watching.prints("first.rs"));
    alice.coord(["lock", "second.rs"]).ok();
    let told = lines(&watching.wait().ok().stdout);
    assert_eq!(
        kinds(&told),
        ["lock.taken first.rs", "lock.taken second.rs"]
    );
}

/// Its own record does not change when its last part ends.
#[test]
fn an_epic_that_becomes_ready_is_told_once() {
    let sandbox = Sandbox::new();
    let alice = sandbox.repo("repo").agent("alice");
    for words in [
        "add Release --id epic --sort epic --depends-on gate",
        "add One --id one --parent epic",
        "add Two --id two --parent epic",
        "claim one",
        "done one",
        "cancel two",
        "claim gate",
        "done gate",
        "edit epic --title Released",
    ] {
        if words.starts_with("add Release") {
            let gate = ["task", "add", "Gate", "--id", "gate"];
            alice.coord(gate).ok();
        }
        alice
            .coord(["task"].into_iter().chain(words.split(' ')))
            .ok();
    }
    let ready = |agent: &Agent| kinds(&told(agent, "1h", &["--kind", "task.ready,task.waiting"]));
    assert_eq!(ready(&alice), ["task.waiting epic", "task.ready epic"]);
    // By its last part.
    for words in [
        "add Next --id next --sort epic",
        "add Part --id part --parent next",
        "claim part",
        "done part",
    ] {
        alice
            .coord(["task"].into_iter().chain(words.split(' ')))
            .ok();
    }
    assert_eq!(ready(&alice)[2..], ["task.ready next"]);
    let all = told(&alice, "1h", &[]);
    for (n, one) in all.iter().enumerate() {
        let rest = told(&alice, one["cursor"].as_str().unwrap(), &[]);
        assert_eq!(rest, all[n + 1..]);
    }
}
