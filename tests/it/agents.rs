//! `agent`: who is here, what is left of those who are gone, and who goes on.

use crate::support::{Agent, Running, Sandbox, race};

/// What is said of a session in a listing.
fn life(agent: &Agent, args: &[&str], who: &str) -> String {
    let args = [&["--json", "agent", "list", "--all"], args].concat();
    let listed = agent.coord(args).ok().json();
    let (name, session) = who.split_once('/').unwrap();
    let sessions = listed["sessions"].as_array().unwrap();
    let found = sessions
        .iter()
        .find(|one| one["who"]["agent"] == name && one["who"]["session"] == session);
    found.map_or("none".into(), |one| {
        one["life"].as_str().unwrap().to_owned()
    })
}

/// Somebody at work, who is killed when this is.
fn at_work(agent: &Agent, session: &str, script: &str) -> Running {
    let script = format!("{script} && echo ready && exec sleep 600");
    let name = format!("{}/{session}", agent.name());
    let running = agent
        .command(
            "git-coord",
            ["--as", &name, "run", "--", "sh", "-c", &script],
        )
        .spawn();
    assert!(running.prints("ready"), "{}", running.stderr());
    running
}

#[test]
fn a_session_is_there_from_its_first_change_until_it_leaves() {
    let sandbox = Sandbox::new();
    let alice = sandbox.repo("project").agent("alice");
    let bob = alice.beside("bob");
    alice.coord(["agent", "list"]).ok();
    // To look is no change.
    assert_eq!(life(&alice, &[], "alice/s1"), "none");
    alice.coord(["lock", "src/a.rs"]).ok();
    alice.session("s2").coord(["lock", "src/b.rs"]).ok();
    assert_eq!(life(&bob, &[], "alice/s1"), "alive");
    let shown = bob
        .coord(["--json", "agent", "show", "alice/s1"])
        .ok()
        .json();
    let session = &shown["sessions"][0];
    assert_eq!(
        (&session["branch"], &session["locks"]),
        (&"main".into(), &1.into())
    );
    assert_eq!(session["worktree"], "project");
    alice.coord(["agent", "status", "idle"]).ok();
    assert_eq!(life(&bob, &[], "alice/s1"), "idle");
    alice.coord(["agent", "unregister"]).ok();
    assert_eq!(life(&bob, &[], "alice/s1"), "none");
    assert_eq!(life(&bob, &[], "alice/s2"), "alive");
    bob.coord(["lock", "src/a.rs"]).ok();
    bob.coord(["lock", "src/b.rs"]).refused();
    // Who comes back is there again, although it was here a moment ago.
    alice.coord(["lock", "docs/"]).ok();
    assert_eq!(life(&bob, &[], "alice/s1"), "alive");
    bob.coord(["agent", "show", "carol"]).refused();
    bob.coord(["agent", "status"]).code(2);
    bob.coord(["agent", "show", "a/b/c"]).code(2);
    alice.coord(["log", "--verify"]).ok();
    alice.coord(["doctor"]).ok();
}

#[test]
fn who_can_help_is_found() {
    let sandbox = Sandbox::new();
    let alice = sandbox.repo("project").agent("alice");
    let (bob, carol) = (alice.beside("bob"), alice.beside("carol"));
    let can = |agent: &Agent, words: &str| {
        agent
            .coord([
                "agent",
                "register",
                "--type",
                "claude",
                "--capability",
                words,
            ])
            .ok();
    };
    can(&alice, "review");
    can(&bob, "review,Rust");
    can(&carol, "deploy");
    carol.coord(["agent", "status", "idle"]).ok();
    let found = |args: &[&str]| -> Vec<String> {
        let args = [&["--json", "agent", "discover"], args].concat();
        let listed = alice.coord(args).ok().json();
        let sessions = listed["sessions"].as_array().unwrap().clone();
        let name = |one: &serde_json::Value| one["who"]["agent"].as_str().unwrap().to_owned();
        sessions.iter().map(name).collect()
    };
    assert_eq!(found(&[]), ["bob", "carol"]);
    assert_eq!(found(&["--capability", "review"]), ["bob"]);
    assert_eq!(
        found(&["--capability", "rust", "--capability", "review"]),
        ["bob"]
    );
    assert_eq!(found(&["--status", "idle"]), ["carol"]);
    assert!(found(&["--capability", "cobol"]).is_empty());
    alice
        .coord(["agent", "discover", "--status", "asleep"])
        .code(2);
}

#[test]
fn what_a_killed_session_left_is_gone_on_with() {
    let sandbox = Sandbox::new();
    let repo = sandbox.repo("project");
    let (alice, bob) = (repo.agent("alice"), repo.agent("bob"));
    let work = "git coord lock src/a.rs -r rewriting && \
                git coord lock src/b.rs && \
                git coord agent checkpoint --task t1 --file src/a.rs --notes 'half of it' --next 'the rest'";
    let mut running = at_work(&alice, "night", work);
    let found = bob.coord(["agent", "restore", "alice"]).ok();
    assert!(found.stdout.contains("half of it") && found.stdout.contains("the rest"));
    let refused = bob
        .coord(["agent", "restore", "alice", "--take", "--json"])
        .refused();
    assert_eq!(refused.json()["code"], "lock_held");
    running.kill();
    assert_eq!(life(&bob, &[], "alice/night"), "gone");
    let taken = bob
        .coord(["--json", "agent", "restore", "--take", "alice"])
        .ok()
        .json();
    assert_eq!(taken["point"]["task"], "t1");
    assert_eq!(taken["locks"].as_array().unwrap().len(), 2);
    // They are bob's: others are refused, and bob gives them back.
    repo.agent("carol").coord(["lock", "src/a.rs"]).refused();
    let told = bob
        .coord(["agent", "restore", "--take", "alice/night"])
        .refused();
    assert!(told.stderr.contains("taken over by bob/s1"), "{told}");
    bob.coord(["unlock", "src/a.rs", "src/b.rs"]).ok();
    let checked = bob.coord(["log", "--verify", "--json"]).ok().json();
    assert_eq!(checked["findings"], serde_json::json!([]));
}

#[test]
fn of_two_who_go_on_at_once_one_does() {
    let sandbox = Sandbox::new();
    let repo = sandbox.repo("project");
    let alice = repo.agent("alice");
    for round in 0..6 {
        let session = format!("night{round}");
        let work = "git coord lock src/ && git coord agent checkpoint --notes x";
        drop(at_work(&alice, &session, work));
        let from = format!("alice/{session}");
        let outcomes = race(2, |index| {
            let who = repo.agent(["bob", "carol"][index]);
            who.command("git-coord", ["agent", "restore", "--take", &from])
        });
        let won = outcomes.iter().filter(|outcome| outcome.is_ok()).count();
        assert_eq!(won, 1, "{}\n{}", outcomes[0], outcomes[1]);
        for outcome in outcomes.into_iter().filter(|outcome| !outcome.is_ok()) {
            let _ = outcome.refused();
        }
        for who in ["bob", "carol"] {
            repo.agent(who).coord(["unlock", "--all"]).ok();
        }
    }
    alice.coord(["log", "--verify"]).ok();
}

#[test]
fn a_session_that_is_over_is_ended_by_anybody_and_told() {
    let sandbox = Sandbox::new();
    let repo = sandbox.repo("project");
    let (alice, bob) = (repo.agent("alice"), repo.agent("bob"));
    let running = at_work(&alice, "night", "git coord lock src/a.rs");
    alice.coord(["lock", "docs/"]).ok();
    let kick = ["agent", "kick", "alice/night", "--reason", "it hangs"];
    let refused = bob.coord(kick).refused();
    assert!(refused.stderr.contains("needs trust 3"), "{refused}");
    drop(running);
    bob.coord(kick).ok();
    let holds = bob.coord(["--json", "locks"]).ok().json();
    assert_eq!(holds["locks"].as_array().unwrap().len(), 1);
    bob.coord(kick).refused();
    // The one who comes back under this name hears of it, and is there again with its next change.
    let night = alice.session("night");
    let told = night.coord(["status"]).ok();
    assert!(
        told.stderr.contains("bob (session s1) ended your session"),
        "{told}"
    );
    assert!(told.stderr.contains("it hangs"), "{told}");
    night.coord(["lock", "src/b.rs"]).ok();
    assert_eq!(life(&bob, &[], "alice/night"), "alive");
    // Trust is another way.
    alice.coord(["agent", "trust", "bob", "3"]).ok();
    alice.coord(["agent", "trust", "alice", "4"]).refused();
    bob.coord(kick).ok();
    assert_eq!(life(&bob, &[], "alice/s1"), "alive");
    bob.coord(["agent", "kick", "alice", "--reason", "x"])
        .code(2);
    bob.coord(["agent", "trust", "alice", "5"]).code(2);
    bob.coord(["log", "--verify"]).ok();
}

#[test]
fn a_program_that_ends_leaves_no_session_behind() {
    let sandbox = Sandbox::new();
    let repo = sandbox.repo("project");
    let (alice, bob) = (repo.agent("alice"), repo.agent("bob"));
    let script = "git coord lock src/a.rs && git coord agent list --json";
    let args = ["--as", "alice/night", "run", "--", "sh", "-c", script];
    let ran = alice.coord(args).ok();
    assert!(ran.stdout.contains("\"night\""), "{ran}");
    assert_eq!(life(&bob, &[], "alice/night"), "none");
    bob.coord(["lock", "src/a.rs"]).ok();
}

#[test]
fn other_clones_see_who_is_here_and_go_on() {
    let sandbox = Sandbox::new();
    let hub = sandbox.bare("hub");
    let (alice, bob) = (hub.clone_as("alice"), hub.clone_as("bob"));
    for agent in [&alice, &bob] {
        agent.coord(["init", "--remote", "origin"]).ok();
    }
    alice.coord(["lock", "src/a.rs", "--ttl", "1m"]).ok();
    alice.coord(["agent", "checkpoint", "--notes", "half"]).ok();
    // A look asks nobody; a change finds what it is about.
    let refused = bob.coord(["agent", "restore", "--take", "alice"]).refused();
    assert!(refused.stderr.contains("lock_held"), "{refused}");
    assert_eq!(life(&bob, &[], "alice/s1"), "alive");
    alice.coord(["agent", "unregister"]).ok();
    bob.git(["config", "coord.maxAge", "0"]).ok();
    bob.coord(["agent", "restore", "--take", "alice"]).ok();
    alice.coord(["sync"]).ok();
    assert_eq!(life(&alice, &[], "alice/s1"), "none");
    assert_eq!(life(&alice, &[], "bob/s1"), "alive");
    alice.coord(["log", "--verify"]).ok();
}

#[test]
fn the_screen_is_shown_anew_when_something_changes() {
    let sandbox = Sandbox::new();
    let alice = sandbox.repo("project").agent("alice");
    let bob = alice.beside("bob");
    let watch = alice.command("git-coord", ["status", "--watch"]).spawn();
    assert!(watch.prints("Nobody holds anything"), "{}", watch.stderr());
    bob.coord(["lock", "src/a.rs"]).ok();
    assert!(watch.prints("bob/s1"));
    bob.coord(["msg", "send", "alice", "look at \u{1b}[31mthis"])
        .ok();
    assert!(watch.prints("> look at \\u{1b}[31mthis"));
    alice
        .command("kill", ["-INT", &watch.id().to_string()])
        .run()
        .ok();
    let _ = watch.wait().ok();
}
