//! Landing: the target moves together with the state, and a working tree that has it follows.

use super::{
    Check, add, alice, branch, entries, first_parents, holds, ids, more, printed, queued, run,
    shared, stands, why,
};
use crate::support::Sandbox;

#[test]
fn what_is_green_lands_in_order_and_the_working_tree_follows() {
    let sandbox = Sandbox::new();
    let alice = alice(&sandbox);
    for name in ["one", "two", "three"] {
        queued(&alice, name, &format!("src/{name}.rs"), name);
    }
    let check = Check::new(&sandbox, "true");
    let ran = run(&alice, &check.command);
    assert_eq!(ids(&ran["landed"]), ["one", "two", "three"], "{ran:#}");
    let landed = [
        "A first commit",
        "Merge branch 'one': change src/one.rs",
        "Merge branch 'two': change src/two.rs",
        "Merge branch 'three': change src/three.rs",
    ];
    assert_eq!(first_parents(&alice, "main"), landed);
    holds(&alice, "main");
    // The branch is checked out, and its files are there.
    assert_eq!(alice.read("src/three.rs"), "three");
    assert_eq!(alice.ask_git(["status", "--porcelain"]), "");
    let note = ["log", "-1", "--notes=coord/*", "main"];
    let note = alice.ask_git(note);
    for words in ["Landed: ", "three", "Verdict: green", &check.command] {
        assert!(note.contains(words), "{note}");
    }
    // Nothing is left to do, and nothing is done again.
    let count = check.runs().len();
    let again = run(&alice, &check.command);
    assert_eq!((&again["runs"], count), (&0.into(), check.runs().len()));
    stands(
        &alice,
        "one",
        "landed",
        &["it landed on `main` with", "by alice"],
    );
    alice.coord(["queue", "add", "one"]).code(2);
}

#[test]
fn entries_that_were_proven_land_together_after_one_more_check() {
    let sandbox = Sandbox::new();
    let alice = alice(&sandbox);
    let check = Check::new(&sandbox, "true");
    for name in ["one", "two", "three", "four"] {
        branch(&alice, name, name, name);
        let isolate = ["queue", "add", name, "--isolate", "--check", &check.command];
        alice.coord(isolate).ok();
    }
    assert_eq!(check.runs().len(), 4);
    // What anybody sees is what is landed: the very same commit.
    let plan = alice.coord(["queue", "plan", "--json"]).ok().json();
    let train = plan["train"].as_array().unwrap();
    assert_eq!(train.len(), 4, "{plan:#}");
    let ran = run(&alice, &check.command);
    assert_eq!(ids(&ran["landed"]), ["one", "two", "three", "four"]);
    assert_eq!(alice.ask_git(["rev-parse", "main"]), train[3]["commit"]);
    assert_eq!(
        alice.ask_git(["rev-parse", "main^{tree}"]),
        train[3]["tree"]
    );
    assert!(check.counts().values().all(|count| *count == 1));
    holds(&alice, "main");
}

#[test]
fn what_is_certified_lands_without_another_check() {
    let sandbox = Sandbox::new();
    let alice = alice(&sandbox);
    let refused = alice.coord(["queue", "land"]).refused();
    assert!(printed(&refused).contains("without anything certified"));
    let check = Check::new(&sandbox, "true");
    branch(&alice, "one", "one", "1");
    let isolate = [
        "queue",
        "add",
        "one",
        "--isolate",
        "--check",
        &check.command,
    ];
    alice.coord(isolate).ok();
    stands(
        &alice,
        "one",
        "proven",
        &["first on the train", "`git coord queue land`"],
    );
    assert_eq!(first_parents(&alice, "main").len(), 1);
    let landed = alice.coord(["queue", "land"]).ok();
    assert_eq!(landed.stdout, "landed one: change one\n");
    assert_eq!(check.runs().len(), 1);
    holds(&alice, "main");
}

#[test]
fn a_working_tree_with_changes_is_not_overwritten() {
    let sandbox = Sandbox::new();
    let alice = alice(&sandbox);
    let before = alice.ask_git(["rev-parse", "main"]);
    queued(&alice, "one", "src/a.rs", "fn a() { one() }\n");
    alice.write("src/a.rs", "fn a() { mine() }\n");
    let run = ["queue", "run", "--check", "true"];
    let refused = alice.coord(run).code(3);
    for words in [
        "the working tree has changes that landing would overwrite",
        "commit or stash what is there",
    ] {
        assert!(refused.stderr.contains(words), "{refused}");
    }
    assert_eq!(alice.read("src/a.rs"), "fn a() { mine() }\n");
    assert_eq!(alice.ask_git(["rev-parse", "main"]), before);
    assert_eq!(why(&alice, "one").0, "proven");
    holds(&alice, "main");
    alice.git(["checkout", "--quiet", "src/a.rs"]).ok();
    alice.coord(["queue", "land"]).ok();
    assert_eq!(alice.read("src/a.rs"), "fn a() { one() }\n");
    holds(&alice, "main");
}

#[test]
fn a_linked_working_tree_that_has_the_target_follows() {
    let sandbox = Sandbox::new();
    let alice = alice(&sandbox);
    // Alice has `main`, and Bob works and lands from a working tree beside hers.
    let bob = alice.worktree("one");
    bob.commit("src/one.rs", "1");
    bob.coord(["queue", "add"]).ok();
    run(&bob, "true");
    assert_eq!(alice.read("src/one.rs"), "1");
    assert_eq!(alice.ask_git(["status", "--porcelain"]), "");
    // Now it is the other way round.
    alice.git(["switch", "--quiet", "--detach"]).ok();
    bob.git(["switch", "--quiet", "main"]).ok();
    alice.git(["switch", "--quiet", "--create", "two"]).ok();
    alice.commit("src/two.rs", "2");
    alice.coord(["queue", "add"]).ok();
    run(&alice, "true");
    assert_eq!(bob.read("src/two.rs"), "2");
    assert_eq!(bob.ask_git(["status", "--porcelain"]), "");
    holds(&alice, "main");
}

#[test]
fn clones_land_for_each_other() {
    let sandbox = Sandbox::new();
    let hub = sandbox.bare("hub");
    let [alice, bob, carol] = ["alice", "bob", "carol"].map(|name| shared(&hub, name));
    queued(&alice, "one", "one", "1");
    queued(&bob, "two", "two", "2");
    // Nobody has pushed the branches: what is sealed is there all the same.
    let ran = run(&carol, "true");
    assert_eq!(ids(&ran["landed"]), ["one", "two"], "{ran:#}");
    let tip = hub.ask_git(["rev-parse", "main"]);
    carol.git(["fetch", "--quiet"]).ok();
    holds(&carol, "origin/main");
    for agent in [&alice, &bob] {
        stands(agent, "one", "landed", &["by carol"]);
        agent.git(["pull", "--quiet"]).ok();
        assert_eq!(agent.ask_git(["rev-parse", "main"]), tip);
    }
    let note = ["log", "-1", "--format=%N", "--notes=coord/*", &tip];
    bob.coord(["sync"]).ok();
    let note = bob.ask_git(note);
    assert!(
        note.contains("Landed: two (change two), by carol"),
        "{note}"
    );
}

/// The plan asked again and again about an entry that another clone had added since.
#[test]
fn a_commit_that_is_not_here_does_not_keep_the_plan_from_ending() {
    let sandbox = Sandbox::new();
    let hub = sandbox.bare("hub");
    let [alice, bob] = ["alice", "bob"].map(|name| shared(&hub, name));
    queued(&bob, "two", "two", "2");
    queued(&alice, "one", "one", "1");
    let listed = alice.coord(["queue", "list"]).ok();
    let words = "its sealed commit is not in this clone yet; `git coord queue why two --fetch`";
    assert!(listed.stdout.contains(words), "{listed}");
    stands(&alice, "two", "unchecked", &[]);
}

#[test]
fn a_server_that_refuses_the_branch_gets_nothing_of_the_landing() {
    let sandbox = Sandbox::new();
    let hub = sandbox.bare("hub");
    let alice = shared(&hub, "alice");
    let before = hub.ask_git(["rev-parse", "main"]);
    queued(&alice, "one", "one", "1");
    let hook = "#!/bin/sh\nwhile read old new ref; do\n  [ $ref != refs/heads/main ] || { echo 'main is protected'; exit 1; }\ndone\n";
    hub.write_program("hooks/pre-receive", hook);
    let refused = alice.coord(["queue", "run", "--check", "true"]).code(3);
    assert!(refused.stderr.contains("main is protected"), "{refused}");
    assert_eq!(hub.ask_git(["rev-parse", "main"]), before);
    assert_eq!(entries(&alice)["one"]["stage"], "queued");
    stands(&alice, "one", "proven", &[]);
    hub.write_program("hooks/pre-receive", "#!/bin/sh\n");
    alice.coord(["queue", "land"]).ok();
    alice.git(["fetch", "--quiet"]).ok();
    holds(&alice, "origin/main");
}

#[test]
fn a_server_that_deletes_no_refs_keeps_what_was_sealed() {
    let sandbox = Sandbox::new();
    let hub = sandbox.bare("hub");
    let alice = shared(&hub, "alice");
    let hook =
        "#!/bin/sh\ncase $3 in *[!0]*) ;; *) echo 'nothing is deleted here'; exit 1;; esac\n";
    hub.write_program("hooks/update", hook);
    let first = queued(&alice, "one", "one", "1");
    run(&alice, "true");
    // The next one to be sealed wants to take the first away.
    alice.git(["pull", "--quiet"]).ok();
    queued(&alice, "two", "two", "2");
    run(&alice, "true");
    alice.git(["fetch", "--quiet"]).ok();
    holds(&alice, "origin/main");
    let kept = hub.ask_git(["for-each-ref", "--format=%(refname)", "refs/coord/heads/"]);
    assert!(kept.contains(&first), "{kept}");
}

#[test]
fn sealed_commits_that_nobody_waits_for_leave_the_server() {
    let sandbox = Sandbox::new();
    let hub = sandbox.bare("hub");
    let alice = shared(&hub, "alice");
    let first = queued(&alice, "one", "one", "1");
    run(&alice, "true");
    alice.git(["pull", "--quiet"]).ok();
    let second = queued(&alice, "two", "two", "2");
    let kept = hub.ask_git(["for-each-ref", "--format=%(refname)", "refs/coord/heads/"]);
    assert_eq!(kept, format!("refs/coord/heads/{second}"), "{first}");
}

#[test]
fn what_somebody_pushed_by_hand_is_noted_as_landed() {
    let sandbox = Sandbox::new();
    let hub = sandbox.bare("hub");
    let alice = shared(&hub, "alice");
    queued(&alice, "one", "one", "1");
    more(&alice, "one", "one", "1, and more");
    alice.coord(["queue", "retry", "one"]).ok();
    let bob = alice.beside("bob");
    alice.coord(["lock", "one", "another"]).ok();
    bob.coord(["lock", "two"]).ok();
    alice.git(["merge", "--quiet", "one"]).ok();
    alice.git(["push", "--quiet", "origin", "main"]).ok();
    let ran = run(&bob, "false");
    // As when the queue lands it, what guarded it is free.
    let locks = alice.coord(["locks", "--json"]).ok().json();
    let locks = locks["locks"].as_array().unwrap();
    let held: Vec<&str> = locks.iter().filter_map(|l| l["key"].as_str()).collect();
    assert_eq!(held, ["another", "two"]);
    alice.coord(["log", "--verify"]).ok();
    assert_eq!(ids(&ran["settled"]), ["one"], "{ran:#}");
    assert_eq!(ran["runs"], 0);
    assert_eq!(entries(&alice)["one"]["stage"], "landed");
}

#[test]
fn a_target_that_is_not_the_main_branch() {
    let sandbox = Sandbox::new();
    let alice = alice(&sandbox);
    alice.git(["branch", "release/1", "main"]).ok();
    branch(&alice, "fix", "fix", "1");
    let to = ["--target", "release/1"];
    alice
        .coord([&["queue", "add", "fix"][..], &to].concat())
        .ok();
    add(&alice, "fix");
    let ran = [&["queue", "run", "--check", "true", "--json"][..], &to].concat();
    let ran = alice.coord(ran).ok().json();
    assert_eq!(ids(&ran["landed"]), ["fix"]);
    assert_eq!(first_parents(&alice, "release/1").len(), 2);
    // The same branch waits in the other line.
    assert_eq!(first_parents(&alice, "main").len(), 1);
    assert_eq!(why(&alice, "fix").0, "unchecked");
    let none = ["queue", "add", "fix", "--target", "nowhere"];
    let none = alice.coord(none).code(2);
    assert!(
        none.stderr.contains("there is no branch `nowhere`"),
        "{none}"
    );
}
