//! What checks say, and what follows from it.

use std::fs;

use super::{
    Check, add, alice, branch, entries, first_parents, holds, ids, more, printed, queued, run,
    shared, stands,
};
use crate::support::{Sandbox, race};

#[test]
fn a_broken_entry_is_put_out_with_what_its_check_said() {
    let sandbox = Sandbox::new();
    let alice = alice(&sandbox);
    queued(&alice, "broken", "broken", "x");
    queued(&alice, "good", "good", "x");
    let check = Check::new(
        &sandbox,
        "! test -f broken || { echo 'it does not build'; exit 3; }",
    );
    let ran = run(&alice, &check.command);
    assert_eq!(ids(&ran["landed"]), ["good"], "{ran:#}");
    assert_eq!(ids(&ran["evicted"]), ["broken"]);
    holds(&alice, "main");
    let words = ["its check is red, twice", "`git coord queue retry broken`"];
    stands(&alice, "broken", "failed", &words);
    let shown = alice.coord(["queue", "show", "broken"]).ok().stdout;
    assert_eq!(shown.matches("it does not build").count(), 2, "{shown}");
    // The very commit that failed is not tried again, unless somebody says that it was not to blame.
    let refused = alice.coord(["queue", "retry", "broken"]).refused();
    for words in [
        "--rerun",
        "mend the branch, then `git coord queue retry broken`",
    ] {
        assert!(printed(&refused).contains(words), "{refused}");
    }
    let count = check.runs().len();
    alice.coord(["queue", "retry", "broken", "--rerun"]).ok();
    assert_eq!(ids(&run(&alice, &check.command)["evicted"]), ["broken"]);
    assert!(check.runs().len() >= count + 2);
    alice.git(["switch", "--quiet", "broken"]).ok();
    alice.git(["rm", "--quiet", "broken"]).ok();
    alice.git(["commit", "--quiet", "-m", "mended"]).ok();
    alice.git(["switch", "--quiet", "main"]).ok();
    alice.coord(["queue", "retry", "broken"]).ok();
    assert_eq!(ids(&run(&alice, &check.command)["landed"]), ["broken"]);
    holds(&alice, "main");
}

#[test]
fn two_that_are_broken_only_together() {
    let sandbox = Sandbox::new();
    let alice = alice(&sandbox);
    let check = Check::new(
        &sandbox,
        "! test -f one || ! test -f two || { echo 'both'; exit 1; }",
    );
    for name in ["one", "two", "three"] {
        branch(&alice, name, name, name);
        let isolate = ["queue", "add", name, "--isolate", "--check", &check.command];
        alice.coord(isolate).ok();
    }
    let ran = run(&alice, &check.command);
    assert_eq!(ids(&ran["evicted"]), ["two"], "{ran:#}");
    let landed: Vec<&str> = ids(&ran["landed"]);
    assert!(
        landed.contains(&"one") && landed.contains(&"three"),
        "{ran:#}"
    );
    holds(&alice, "main");
}

#[test]
fn a_flaky_check_puts_nobody_out() {
    let sandbox = Sandbox::new();
    let alice = alice(&sandbox);
    queued(&alice, "one", "one", "1");
    let once =
        "mkdir \"$(dirname \"$0\")/once\" 2>/dev/null && { echo 'it flaked'; exit 1; }; true";
    let check = Check::new(&sandbox, once);
    let ran = run(&alice, &check.command);
    assert_eq!(ids(&ran["landed"]), ["one"], "{ran:#}");
    assert!(ids(&ran["evicted"]).is_empty());
    // The same tree, once more.
    let runs = check.runs();
    let of_one: Vec<_> = runs.iter().filter(|(_, ids)| ids == "one").collect();
    assert_eq!(of_one.len(), 2, "{runs:?}");
    assert_eq!(of_one[0], of_one[1]);
    let note = alice.ask_git(["log", "-1", "--format=%N", "--notes=coord/*", "main"]);
    assert!(
        note.contains("green, after it was red on the same tree"),
        "{note}"
    );
    holds(&alice, "main");
}

#[test]
fn a_red_target_puts_nobody_out() {
    let sandbox = Sandbox::new();
    let alice = alice(&sandbox);
    alice.commit("red", "x");
    queued(&alice, "one", "one", "1");
    queued(&alice, "two", "two", "2");
    let check = Check::new(&sandbox, "! test -f red");
    let ran = run(&alice, &check.command);
    assert!(
        ids(&ran["landed"]).is_empty() && ids(&ran["evicted"]).is_empty(),
        "{ran:#}"
    );
    for id in ["one", "two"] {
        stands(&alice, id, "blocked-by-base", &["mend `main` first"]);
    }
    // Once it is mended, everybody lands.
    alice.git(["rm", "--quiet", "red"]).ok();
    alice.git(["commit", "--quiet", "-m", "mended"]).ok();
    assert_eq!(ids(&run(&alice, &check.command)["landed"]), ["one", "two"]);
    holds(&alice, "main");
}

#[test]
fn an_entry_that_mends_a_red_target_lands() {
    let sandbox = Sandbox::new();
    let alice = alice(&sandbox);
    alice.commit("red", "x");
    alice.git(["switch", "--quiet", "--create", "mend"]).ok();
    alice.git(["rm", "--quiet", "red"]).ok();
    alice.git(["commit", "--quiet", "-m", "mend"]).ok();
    alice.git(["switch", "--quiet", "main"]).ok();
    queued(&alice, "one", "one", "1");
    add(&alice, "mend");
    let check = Check::new(&sandbox, "! test -f red");
    let ran = run(&alice, &check.command);
    assert_eq!(ids(&ran["landed"]), ["mend", "one"], "{ran:#}");
    holds(&alice, "main");
}

#[test]
fn runners_at_the_same_time_check_no_tree_twice() {
    let sandbox = Sandbox::new();
    let hub = sandbox.bare("hub");
    let runners = ["alice", "bob", "carol"].map(|name| shared(&hub, name));
    for name in ["one", "two", "three", "four", "five"] {
        queued(&runners[0], name, name, name);
    }
    let check = Check::new(&sandbox, "true");
    let args = ["queue", "run", "--check", &check.command, "--jobs", "2"];
    for outcome in race(3, |index| runners[index].prepared(args)) {
        outcome.ok();
    }
    let counts = check.counts();
    assert!(counts.values().all(|count| *count == 1), "{counts:?}");
    runners[0].coord(["sync"]).ok();
    runners[0].git(["fetch", "--quiet"]).ok();
    assert!(
        entries(&runners[0])
            .values()
            .all(|one| one["stage"] == "landed")
    );
    holds(&runners[0], "origin/main");
}

#[test]
fn checks_come_from_the_target_and_never_from_an_entry() {
    let sandbox = Sandbox::new();
    let alice = alice(&sandbox);
    let none = alice.coord(["queue", "run"]).code(2);
    assert!(none.stderr.contains("coord.check"), "{none}");
    let (ours, theirs) = (sandbox.path().join("ours"), sandbox.path().join("theirs"));
    let says =
        |file: &std::path::Path| format!("[coord]\n\tcheck = \"echo x >> '{}'\"\n", file.display());
    alice.commit(".coordconfig", &says(&ours));
    branch(&alice, "one", ".coordconfig", &says(&theirs));
    alice.coord(["queue", "add", "one", "--isolate"]).ok();
    alice.coord(["queue", "run"]).ok();
    assert_eq!(first_parents(&alice, "main").len(), 3);
    assert!(!theirs.exists());
    assert_eq!(fs::read_to_string(&ours).unwrap(), "x\n");
    // It is the target's now.
    queued(&alice, "two", "two", "2");
    alice.coord(["queue", "run"]).ok();
    assert!(theirs.exists());
    assert_eq!(fs::read_to_string(&ours).unwrap(), "x\n");
    holds(&alice, "main");
}

#[test]
fn a_submitter_checks_his_own_entry() {
    let sandbox = Sandbox::new();
    let hub = sandbox.bare("hub");
    let [alice, bob] = ["alice", "bob"].map(|name| shared(&hub, name));
    queued(&bob, "other", "other", "x");
    branch(&alice, "one", "one", "1");
    let check = Check::new(&sandbox, "true");
    let add = [
        "queue",
        "add",
        "one",
        "--isolate",
        "--check",
        &check.command,
    ];
    alice.coord(add).ok();
    // His own, and nothing has landed.
    let runs = check.runs();
    assert_eq!(runs.len(), 1);
    assert_eq!(runs[0].1, "one");
    assert_eq!(
        hub.ask_git(["log", "--format=%s", "main"]),
        "A first commit"
    );
    let ran = run(&bob, &check.command);
    assert_eq!(ids(&ran["landed"]).len(), 2, "{ran:#}");
    assert!(check.counts().values().all(|count| *count == 1));
    bob.git(["fetch", "--quiet"]).ok();
    holds(&bob, "origin/main");
}

#[test]
fn a_red_check_of_a_submitter_is_known_to_the_runner() {
    let sandbox = Sandbox::new();
    let alice = alice(&sandbox);
    branch(&alice, "one", "broken", "1");
    let check = Check::new(&sandbox, "! test -f broken");
    let add = [
        "queue",
        "add",
        "one",
        "--isolate",
        "--check",
        &check.command,
    ];
    alice.coord(add).ok();
    let before = check.runs().len();
    stands(&alice, "one", "suspect", &["red"]);
    let ran = run(&alice, &check.command);
    assert_eq!(ids(&ran["evicted"]), ["one"], "{ran:#}");
    // Twice on its tree in all, and the target itself once.
    let counts = check.counts();
    assert_eq!(counts.values().sum::<usize>(), 3, "{before}: {counts:?}");
    more(&alice, "one", "more", "x");
    stands(&alice, "one", "failed", &[]);
}
