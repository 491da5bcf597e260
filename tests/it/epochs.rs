//! Epochs: the chain begins anew, and every clone follows.

use std::collections::BTreeMap;
use std::thread;

use crate::support::git::knows;
use crate::support::{Agent, Hub, Sandbox, Shell};

/// A clone that coordinates through the hub.
fn member(hub: &Hub, name: &str) -> Agent {
    let agent = hub.clone_as(name);
    agent.git(["config", "coord.remote", "origin"]).ok();
    agent
}

fn tip(shell: &Shell, name: &str) -> String {
    shell.ask_git(["for-each-ref", "--format=%(objectname)", name])
}

fn lock(agent: &Agent, key: &str) {
    agent.coord(["lock", key]).ok();
}

/// How many operations `log` tells of.
fn operations(agent: &Agent) -> usize {
    let log = agent.coord(["log", "--count", "100000", "--json"]).ok();
    log.json()["entries"].as_array().unwrap().len()
}

/// `log --verify` finds nothing wrong in `commits` operations.
#[track_caller]
fn is_in_order(agent: &Agent, commits: usize) {
    let report = agent.coord(["log", "--verify", "--json"]).ok().json();
    assert_eq!(report["findings"].as_array().unwrap().len(), 0, "{report}");
    assert_eq!(report["commits"], commits, "{report}");
    assert_eq!(report["confirmed"], commits, "{report}");
}

#[test]
fn a_new_epoch_has_the_same_records_and_a_link() {
    let sandbox = Sandbox::new();
    let alice = sandbox.repo("project").agent("alice");
    lock(&alice, "src/a.rs");
    lock(&alice, "src/b.rs");
    let before = tip(&alice, "refs/coord/state");
    let done = alice.coord(["compact", "--json"]).ok().json();
    assert_eq!(
        (&done["outcome"], &done["epoch"]),
        (&"compacted".into(), &2.into())
    );
    assert_eq!(tip(&alice, "refs/coord/epoch/1"), before);
    assert_eq!(
        alice.ask_git(["rev-list", "--count", "refs/coord/state"]),
        "1"
    );
    let changed = ["diff", "--name-only", &before, "refs/coord/state"];
    assert_eq!(alice.ask_git(changed), "format.json");
    // The locks hold on, also against others, and revisions go on counting.
    alice.beside("bob").coord(["lock", "src/a.rs"]).refused();
    lock(&alice, "docs/guide.md");
    assert_eq!(alice.coord(["status", "--json"]).ok().json()["rev"], 4);
    assert_eq!(operations(&alice), 4);
    is_in_order(&alice, 4);
}

#[test]
fn a_clone_that_is_far_behind_follows_the_link() {
    let sandbox = Sandbox::new();
    let hub = sandbox.bare("hub");
    let (alice, bob) = (member(&hub, "alice"), member(&hub, "bob"));
    lock(&alice, "src/a.rs");
    bob.coord(["lock", "src/b.rs"]).ok();
    for _ in 0..20 {
        alice.coord(["renew", "--all"]).ok();
    }
    alice.coord(["compact"]).ok();
    lock(&alice, "docs/guide.md");
    // Bob has none of what happened since his lock, not even the chain that was closed.
    bob.coord(["lock", "src/a.rs"]).refused();
    bob.coord(["lock", "README.md"]).ok();
    assert_eq!(
        tip(&bob, "refs/coord/epoch/1"),
        tip(&hub, "refs/coord/epoch/1")
    );
    assert_eq!(tip(&bob, "refs/coord/state"), tip(&hub, "refs/coord/state"));
    is_in_order(&bob, 25);
}

#[test]
fn a_clone_that_missed_two_epochs_follows_both_links() {
    let sandbox = Sandbox::new();
    let hub = sandbox.bare("hub");
    let (alice, bob) = (member(&hub, "alice"), member(&hub, "bob"));
    bob.coord(["lock", "src/b.rs"]).ok();
    for key in ["src/a.rs", "README.md"] {
        lock(&alice, key);
        alice.coord(["compact"]).ok();
    }
    lock(&alice, "docs/guide.md");
    let refused = bob.coord(["lock", "docs/guide.md", "--json"]).refused();
    assert_eq!(refused.json()["code"], "lock_held");
    bob.coord(["unlock", "--all"]).ok();
    // One lock of Bob's, three of Alice's, two epochs, one unlock.
    is_in_order(&bob, 7);
    assert_eq!(operations(&bob), 7);
}

#[test]
fn a_fresh_clone_needs_only_the_new_chain() {
    let sandbox = Sandbox::new();
    let hub = sandbox.bare("hub");
    let alice = member(&hub, "alice");
    lock(&alice, "src/a.rs");
    let old = tip(&alice, "refs/coord/state");
    alice.coord(["compact"]).ok();
    // Through the protocol: a clone by path copies the hub's objects whether they are wanted or not.
    let url = format!("file://{}", hub.path().display());
    let bob = Agent::cloned(&hub, "bob", &url, &["coord.remote=origin".into()]);
    bob.coord(["lock", "src/a.rs"]).refused();
    bob.coord(["lock", "src/b.rs"]).ok();
    assert_eq!(operations(&bob), 2);
    bob.git(["cat-file", "-e", &old]).failed();
    // What the old chain would say is not here, which is no finding.
    let report = bob.coord(["log", "--verify", "--json"]).ok().json();
    assert_eq!(report["not_checkable"], 1, "{report}");
}

#[test]
fn the_old_chain_stays_here_when_a_clone_steps_over_the_link() {
    let sandbox = Sandbox::new();
    let hub = sandbox.bare("hub");
    let (alice, bob) = (member(&hub, "alice"), member(&hub, "bob"));
    lock(&alice, "src/a.rs");
    bob.coord(["lock", "src/b.rs"]).ok();
    let last = tip(&bob, "refs/coord/state");
    alice.coord(["compact"]).ok();
    // Bob stands at the very end of the epoch, so he follows without fetching the old chain.
    bob.coord(["unlock", "--all"]).ok();
    bob.git(["reflog", "expire", "--expire=now", "--all"]).ok();
    bob.git(["gc", "--quiet", "--prune=now"]).ok();
    assert_eq!(tip(&bob, "refs/coord/epoch/1"), last);
    is_in_order(&bob, 4);
}

/// Puts a commit without parents on the hub's state: the tree of `tree`, and `link` as its trailer.
fn forge(alice: &Agent, tree: &str, link: Option<&str>) -> String {
    let message = alice.ask_git(["log", "-1", "--format=%B", "refs/coord/state"]);
    let mut lines: Vec<&str> = message.lines().collect();
    lines.retain(|line| !line.starts_with("Coord-Epoch: "));
    let mut message = lines.join("\n").trim_end().to_owned();
    if let Some(link) = link {
        message.push_str(&format!("\n\nCoord-Epoch: 1 {link}"));
    }
    let forged = alice.ask_git(["commit-tree", "-m", &message, tree]);
    let refspec = format!("+{forged}:refs/coord/state");
    alice.git(["push", "--quiet", "origin", &refspec]).ok();
    forged
}

#[test]
fn a_forged_epoch_is_refused() {
    type Forgery = fn(&Agent) -> (String, Option<String>);
    let cases: [(&str, Forgery); 5] = [
        ("no link", |a| {
            (a.ask_git(["rev-parse", "refs/coord/state^{tree}"]), None)
        }),
        ("a link to an older state", |a| {
            let tree = a.ask_git(["rev-parse", "refs/coord/state^{tree}"]);
            (tree, Some(a.ask_git(["rev-parse", "refs/coord/state~1"])))
        }),
        ("a link to another chain", |a| {
            let tree = a.ask_git(["rev-parse", "refs/coord/state^{tree}"]);
            (tree, Some(a.ask_git(["rev-parse", "main"])))
        }),
        ("a link to nothing", |a| {
            let tree = a.ask_git(["rev-parse", "refs/coord/state^{tree}"]);
            (tree, Some("1".repeat(40)))
        }),
        ("other records", |a| {
            // As it was before the second lock.
            let tree = a.ask_git(["rev-parse", "refs/coord/state~1^{tree}"]);
            (tree, Some(a.ask_git(["rev-parse", "refs/coord/state"])))
        }),
    ];
    for (case, forgery) in cases {
        let sandbox = Sandbox::new();
        let hub = sandbox.bare("hub");
        let (alice, bob) = (member(&hub, "alice"), member(&hub, "bob"));
        lock(&alice, "src/a.rs");
        bob.coord(["lock", "src/b.rs"]).ok();
        let trusted = tip(&bob, "refs/coord/state");
        alice.coord(["sync"]).ok();
        let (tree, link) = forgery(&alice);
        let forged = forge(&alice, &tree, link.as_deref());
        let refused = bob
            .coord(["lock", "docs/guide.md", "--json"])
            .code(4)
            .json();
        assert_eq!(refused["code"], "state_rewritten", "{case}: {refused}");
        assert_eq!(tip(&bob, "refs/coord/state"), trusted, "{case}");
        assert_eq!(tip(&hub, "refs/coord/state"), forged, "{case}");
    }
}

#[test]
fn every_operation_survives_compactions_at_the_same_time() {
    const ROUNDS: usize = 6;
    let sandbox = Sandbox::new();
    let hub = sandbox.bare("hub");
    let writers: Vec<Agent> = ["alice", "bob", "carol"]
        .map(|name| member(&hub, name))
        .into();
    let closer = member(&hub, "dave");
    lock(&closer, "README.md");
    for writer in &writers {
        // Whoever comes after a compaction does not get what was before it.
        writer.coord(["sync"]).ok();
    }
    let granted: Vec<String> = thread::scope(|scope| {
        let write = |agent: &Agent| {
            let mut ops = Vec::new();
            for round in 0..ROUNDS {
                let key = format!("src/{}-{round}.rs", agent.name());
                let done = agent.coord(["lock", &key, "--json"]).ok().json();
                ops.push(done["op"].as_str().unwrap().to_owned());
            }
            ops
        };
        let threads: Vec<_> = writers
            .iter()
            .map(|agent| scope.spawn(move || write(agent)))
            .collect();
        for _ in 0..ROUNDS {
            closer.coord(["compact"]).ok();
        }
        threads
            .into_iter()
            .flat_map(|thread| thread.join().unwrap())
            .collect()
    });
    assert_eq!(granted.len(), writers.len() * ROUNDS);
    for agent in writers.iter().chain([&closer]) {
        agent.coord(["sync"]).ok();
        let log = agent
            .coord(["log", "--count", "1000", "--json"])
            .ok()
            .json();
        let mut times: BTreeMap<&str, usize> = BTreeMap::new();
        for entry in log["entries"].as_array().unwrap() {
            *times
                .entry(entry["event"]["op"].as_str().unwrap())
                .or_default() += 1;
        }
        for op in &granted {
            assert_eq!(times.get(op.as_str()), Some(&1), "{op} at {}", agent.name());
        }
        is_in_order(agent, times.len());
    }
    let locks = closer.coord(["locks", "--json"]).ok().json();
    assert_eq!(locks["locks"].as_array().unwrap().len(), granted.len() + 1);
}

#[test]
fn two_who_compact_at_the_same_time_begin_one_epoch() {
    let sandbox = Sandbox::new();
    let hub = sandbox.bare("hub");
    let (alice, bob) = (member(&hub, "alice"), member(&hub, "bob"));
    lock(&alice, "src/a.rs");
    bob.coord(["sync"]).ok();
    let gate = hub.hold_next_push();
    let program = env!("CARGO_BIN_EXE_git-coord");
    let slow = alice.command(program, ["compact", "--json"]).spawn();
    gate.wait_for_push();
    assert_eq!(bob.coord(["compact", "--json"]).ok().json()["epoch"], 2);
    gate.open();
    assert_eq!(slow.wait().ok().json()["epoch"], 2);
    is_in_order(&alice, 2);
}

/// Several commands of a clone share a push. The first commit of the epoch need not be the last one
/// of the push, and its chain has to be kept all the same.
#[test]
fn the_closed_chain_is_kept_when_others_share_the_push() {
    let sandbox = Sandbox::new();
    let hub = sandbox.bare("hub");
    let alice = member(&hub, "alice");
    lock(&alice, "src/a.rs");
    let program = env!("CARGO_BIN_EXE_git-coord");
    let mut carried = 0;
    for round in 0..5 {
        let gate = hub.hold_next_push();
        let key = |what: &str| format!("src/{what}-{round}.rs");
        let first = alice.command(program, ["lock", &key("first")]).spawn();
        gate.wait_for_push();
        // Both wait for the first, whose successor carries the other with it.
        let compact = alice.command(program, ["compact"]).spawn();
        let asks = alice.path().join(".git/coord/queue");
        let waiting = || {
            let files = std::fs::read_dir(&asks).into_iter().flatten().flatten();
            files
                .filter(|file| file.path().extension().is_some_and(|end| end == "ask"))
                .count()
        };
        crate::support::wait::until("the compaction waits", || (waiting() == 1).then_some(()));
        let last = alice.command(program, ["lock", &key("last")]).spawn();
        crate::support::wait::until("both wait", || (waiting() == 2).then_some(()));
        gate.open();
        hub.unhook("pre-receive");
        for running in [first, compact, last] {
            running.wait().ok();
        }
        let root = alice.ask_git(["rev-list", "--max-parents=0", "refs/coord/state"]);
        carried += usize::from(root != tip(&alice, "refs/coord/state"));
        let epoch = format!("refs/coord/epoch/{}", round + 1);
        assert_ne!(tip(&hub, &epoch), "", "{epoch}");
        assert_eq!(tip(&alice, &epoch), tip(&hub, &epoch));
        is_in_order(&alice, 1 + 3 * (round + 1));
    }
    assert_ne!(carried, 0, "the compaction was always the last of its push");
}

/// Several refs are not moved at once by git's files format: a writer that died between them leaves
/// the one for the closed chain where the state was then.
#[test]
fn what_a_dead_writer_left_does_not_stop_an_epoch() {
    let sandbox = Sandbox::new();
    let alice = sandbox.repo("project").agent("alice");
    lock(&alice, "src/a.rs");
    alice
        .git(["update-ref", "refs/coord/epoch/1", "refs/coord/state"])
        .ok();
    lock(&alice, "src/b.rs");
    let before = tip(&alice, "refs/coord/state");
    alice.coord(["compact"]).ok();
    assert_eq!(tip(&alice, "refs/coord/epoch/1"), before);
    is_in_order(&alice, 3);
}

#[test]
fn epochs_work_in_every_format_of_git() {
    for options in [["--ref-format=reftable"], ["--object-format=sha256"]] {
        if !knows(&options) {
            continue;
        }
        let sandbox = Sandbox::new();
        let hub = sandbox.bare_with("hub", &options);
        let (alice, bob) = (member(&hub, "alice"), member(&hub, "bob"));
        bob.coord(["lock", "src/b.rs"]).ok();
        for key in ["src/a.rs", "README.md"] {
            lock(&alice, key);
            alice.coord(["compact"]).ok();
        }
        bob.coord(["lock", "src/a.rs"]).refused();
        bob.coord(["unlock", "--all"]).ok();
        is_in_order(&bob, 6);
        alice.coord(["compact", "--keep", "1"]).ok();
        let kept = hub.ask_git(["for-each-ref", "--format=%(refname)", "refs/coord/epoch"]);
        assert_eq!(kept, "refs/coord/epoch/3");
    }
}

/// A host that refuses to delete refs does not undo the epoch that has begun.
#[test]
fn an_epoch_begins_even_where_old_chains_cannot_be_deleted() {
    let sandbox = Sandbox::new();
    let hub = sandbox.bare("hub");
    let refuse = "while read -r old new ref; do case $new in *[!0]*) ;; *) exit 1 ;; esac; done";
    hub.hook("pre-receive", &format!("#!/bin/sh\n{refuse}\n"));
    let alice = member(&hub, "alice");
    lock(&alice, "src/a.rs");
    alice.coord(["compact"]).ok();
    let done = alice
        .coord(["compact", "--keep", "1", "--json"])
        .ok()
        .json();
    assert_eq!(done["epoch"], 3);
    let note = done["notes"][0].as_str().unwrap();
    assert!(note.contains("could not be deleted"), "{note}");
    assert_ne!(tip(&hub, "refs/coord/epoch/1"), "");
}

/// What a forged link names is looked at, and must not stand where our own old chains do.
#[test]
fn a_forged_link_leaves_no_epoch_behind() {
    let sandbox = Sandbox::new();
    let hub = sandbox.bare("hub");
    let (alice, bob) = (member(&hub, "alice"), member(&hub, "bob"));
    lock(&alice, "src/a.rs");
    bob.coord(["sync"]).ok();
    // A whole other history of one state, with its link and the ref that it names.
    let tree = alice.ask_git(["rev-parse", "refs/coord/state^{tree}"]);
    let message = alice.ask_git(["log", "-1", "--format=%B", "refs/coord/state"]);
    let other = alice.ask_git(["commit-tree", "-m", &format!("{message} "), &tree]);
    let refspec = format!("{other}:refs/coord/epoch/1");
    alice.git(["push", "--quiet", "origin", &refspec]).ok();
    forge(&alice, &tree, Some(&other));
    bob.coord(["lock", "src/b.rs"]).code(4);
    assert_eq!(tip(&bob, "refs/coord/epoch"), "");
}

#[test]
fn a_new_epoch_takes_no_notice_away() {
    let sandbox = Sandbox::new();
    let repo = sandbox.repo("project");
    let (alice, bob) = (repo.agent("alice"), repo.agent("bob"));
    lock(&alice, "src/a.rs");
    let rev = alice.coord(["locks", "--json"]).ok().json()["locks"][0]["rev"].to_string();
    bob.coord([
        "lock",
        "--steal",
        "--rev",
        &rev,
        "--reason",
        "it is urgent",
        "src/a.rs",
    ])
    .ok();
    // Alice has a notice; a change of hers would take it away.
    let before = tip(&alice, "refs/coord/state");
    alice.coord(["compact"]).ok();
    let changed = ["diff", "--name-only", &before, "refs/coord/state"];
    assert_eq!(alice.ask_git(changed), "format.json");
    is_in_order(&alice, 3);
}

#[test]
fn old_chains_are_deleted_when_nobody_wants_them() {
    let sandbox = Sandbox::new();
    let hub = sandbox.bare("hub");
    let (alice, bob) = (member(&hub, "alice"), member(&hub, "bob"));
    let carol = member(&hub, "carol");
    carol.coord(["lock", "docs/guide.md"]).ok();
    for _ in 0..3 {
        alice.coord(["lock", "src/a.rs"]).ok();
        alice.coord(["compact"]).ok();
    }
    bob.coord(["sync"]).ok();
    alice.coord(["lock", "src/a.rs"]).ok();
    let done = alice
        .coord(["compact", "--keep", "2", "--json"])
        .ok()
        .json();
    assert_eq!(done["epoch"], 5);
    for place in [&*hub, &*alice] {
        let kept = place.ask_git(["for-each-ref", "--format=%(refname)", "refs/coord/epoch"]);
        assert_eq!(kept, "refs/coord/epoch/3\nrefs/coord/epoch/4");
    }
    // Those who saw enough follow all the same; history ends where the chains end.
    bob.coord(["lock", "src/b.rs"]).ok();
    alice.git(["gc", "--quiet", "--prune=now"]).ok();
    let report = alice.coord(["log", "--verify", "--json"]).ok().json();
    assert_eq!(report["findings"].as_array().unwrap().len(), 0, "{report}");
    alice.coord(["compact", "--keep", "0"]).code(2);
    // Carol was away too long to see by herself that it is the same state.
    let seen = tip(&carol, "refs/coord/state");
    let refused = carol.coord(["lock", "README.md", "--json"]).code(4).json();
    assert_eq!(refused["code"], "state_rewritten");
    let why = refused["message"].as_str().unwrap();
    assert!(
        why.contains("a chain of epoch 2 that the remote does not have"),
        "{why}"
    );
    assert_eq!(tip(&carol, "refs/coord/state"), seen);
}

/// A host that takes no push options refused to delete them.
#[test]
fn old_chains_are_deleted_without_the_options_of_the_persons_pushes() {
    let sandbox = Sandbox::new();
    let hub = sandbox.bare("hub");
    let alice = member(&hub, "alice");
    alice.git(["config", "push.pushOption", "ci.skip"]).ok();
    lock(&alice, "src/a.rs");
    for _ in 0..2 {
        alice.coord(["compact", "--keep", "1"]).ok();
    }
    assert_eq!(tip(&hub, "refs/coord/epoch/1"), "");
    assert_ne!(tip(&hub, "refs/coord/epoch/2"), "");
}

#[test]
fn a_writer_begins_a_new_epoch_when_the_chain_is_long() {
    let sandbox = Sandbox::new();
    let hub = sandbox.bare("hub");
    let alice = member(&hub, "alice");
    alice.git(["config", "coord.epochEvery", "4"]).ok();
    let epoch = || {
        let text = alice.ask_git(["show", "refs/coord/state:format.json"]);
        let format: serde_json::Value = serde_json::from_str(&text).unwrap();
        format["epoch"].as_u64().unwrap()
    };
    for key in ["1", "2", "3", "4"] {
        lock(&alice, &format!("src/{key}.rs"));
        assert_eq!(epoch(), 1);
    }
    lock(&alice, "src/5.rs");
    assert_eq!(epoch(), 2);
    assert_eq!(
        alice.ask_git(["rev-list", "--count", "refs/coord/state"]),
        "1"
    );
    for key in ["6", "7", "8", "9"] {
        lock(&alice, &format!("src/{key}.rs"));
    }
    assert_eq!(epoch(), 3);
    is_in_order(&alice, 11);
    alice.git(["config", "coord.epochEvery", "often"]).ok();
    alice.coord(["lock", "src/a.rs"]).code(2);
}

#[test]
fn a_host_that_takes_one_ref_at_a_time_keeps_the_old_epoch() {
    let sandbox = Sandbox::new();
    let hub = sandbox.bare("hub");
    hub.git(["config", "receive.advertiseAtomic", "false"]).ok();
    let alice = member(&hub, "alice");
    alice.git(["config", "coord.epochEvery", "1"]).ok();
    for key in ["1", "2", "3"] {
        lock(&alice, &format!("src/{key}.rs"));
    }
    is_in_order(&alice, 3);
    assert_eq!(tip(&alice, "refs/coord/epoch"), "");
    let refused = alice.coord(["compact", "--json"]).code(3).json();
    assert_eq!(refused["code"], "no_atomic_push");
}

#[test]
fn epochs_work_below_refs_heads() {
    let sandbox = Sandbox::new();
    let hub = sandbox.bare("hub");
    let (alice, bob) = (member(&hub, "alice"), member(&hub, "bob"));
    for agent in [&alice, &bob] {
        agent
            .git(["config", "coord.ref", "refs/heads/coord/state"])
            .ok();
    }
    hub.refuse_coord_refs();
    bob.coord(["lock", "src/b.rs"]).ok();
    for key in ["src/a.rs", "README.md"] {
        lock(&alice, key);
        alice.coord(["compact"]).ok();
    }
    lock(&alice, "docs/guide.md");
    bob.coord(["lock", "src/a.rs"]).refused();
    is_in_order(&bob, 6);
    let refs = hub.ask_git([
        "for-each-ref",
        "--format=%(refname)",
        "refs/heads/coord",
        "refs/coord",
    ]);
    let expected = [
        "refs/heads/coord/epoch/1",
        "refs/heads/coord/epoch/2",
        "refs/heads/coord/state",
    ];
    assert_eq!(refs.lines().collect::<Vec<_>>(), expected);
    alice.coord(["compact", "--keep", "1"]).ok();
    assert_eq!(tip(&hub, "refs/heads/coord/epoch/2"), "");
    assert_ne!(tip(&hub, "refs/heads/coord/epoch/3"), "");
}

/// Alice and bob are in epoch 2 when the hub's state is set back to one in the middle of epoch 1,
/// which both accept. Returns that state, and the end of the chain that was given up.
fn set_back(hub: &Hub, alice: &Agent, bob: &Agent, state: &str) -> (String, String) {
    lock(alice, "src/a.rs");
    let back = tip(hub, state);
    lock(bob, "src/b.rs");
    let closed = tip(hub, state);
    alice.coord(["compact"]).ok();
    lock(bob, "docs/guide.md");
    hub.git(["update-ref", state, &back]).ok();
    for agent in [alice, bob] {
        agent.coord(["sync"]).code(4);
        agent.coord(["doctor", "--fix", "--accept", &back]).ok();
    }
    (back, closed)
}

/// The hub kept the chain that was given up under the number of the epoch, so that no epoch could be
/// closed any more; the answer was that the hub had stale information.
#[test]
fn a_chain_that_was_given_up_makes_room_on_the_remote() {
    let places = [
        ("refs/coord/state", "refs/coord"),
        ("refs/heads/coord/state", "refs/heads/coord"),
        ("refs/coord/web", "refs/coord"),
    ];
    for (state, dir) in places {
        let sandbox = Sandbox::new();
        let hub = sandbox.bare("hub");
        let (alice, bob) = (member(&hub, "alice"), member(&hub, "bob"));
        for agent in [&alice, &bob] {
            agent.git(["config", "coord.ref", state]).ok();
        }
        let (_, given_up) = set_back(&hub, &alice, &bob, state);
        let (epoch, kept) = match state {
            "refs/coord/web" => (format!("{dir}/epoch-web/1"), "epoch-web-1"),
            _ => (format!("{dir}/epoch/1"), "epoch-1"),
        };
        let kept = format!("{dir}/rescued/{kept}-{}", &given_up[..10]);
        assert_eq!(tip(&hub, &epoch), given_up);
        lock(&alice, "README.md");
        let closed = tip(&hub, state);
        alice.coord(["compact"]).ok();
        assert_eq!(
            (tip(&hub, &epoch), tip(&hub, &kept)),
            (closed.clone(), given_up.clone())
        );
        // Bob has the chain that was given up under that number himself.
        bob.coord(["lock", "README.md"]).refused();
        lock(&bob, "src/b.rs");
        for agent in [&alice, &bob] {
            assert_eq!(tip(agent, "refs/coord/epoch/1"), closed);
            let kept = format!("refs/coord/rescued/epoch-1-{}", &given_up[..10]);
            assert_eq!(tip(agent, &kept), given_up);
            agent.coord(["sync"]).ok();
            is_in_order(agent, 4);
        }
        // And so on, for those who come new.
        alice.coord(["compact"]).ok();
        let carol = member(&hub, "carol");
        carol.git(["config", "coord.ref", state]).ok();
        carol.coord(["lock", "src/a.rs"]).refused();
        lock(&carol, "src/c.rs");
    }
}

#[test]
fn a_host_that_replaces_no_chain_is_told_what_to_do() {
    let sandbox = Sandbox::new();
    let hub = sandbox.bare("hub");
    let (alice, bob) = (member(&hub, "alice"), member(&hub, "bob"));
    let (_, given_up) = set_back(&hub, &alice, &bob, "refs/coord/state");
    let script = "#!/bin/sh\ncase $1 in refs/coord/epoch/*)\n\
        case $2$3 in *0000000000*) ;; *) echo 'these stay' >&2; exit 1;; esac;; esac\n";
    hub.hook("update", script);
    lock(&alice, "README.md");
    let refs = || [&*hub, &*alice].map(|place| place.ask_git(["for-each-ref", "refs/coord/*t*"]));
    let before = refs();
    let refused = alice.coord(["compact"]).code(3);
    let advice = "git push origin :refs/coord/epoch/1";
    for words in ["rejected_by_remote", "given up", "these stay", advice] {
        assert!(refused.stderr.contains(words), "{words}: {refused}");
    }
    assert_eq!(refs(), before);
    // What it says works.
    let advice: Vec<&str> = advice.split(' ').skip(1).collect();
    alice.git(advice).ok();
    alice.coord(["compact"]).ok();
    assert_ne!(tip(&hub, "refs/coord/epoch/1"), given_up);
    is_in_order(&alice, 3);
}
