//! `run`: a program as one session, and what is left of it.

use crate::support::wait::until;
use crate::support::{Agent, Running, Sandbox};

fn coord_run(agent: &Agent, args: &[&str], script: &str) -> Running {
    let args = [&["run"], args, &["--", "sh", "-c", script]].concat();
    agent.command(env!("CARGO_BIN_EXE_git-coord"), args).spawn()
}

/// A script that takes a lock, says who started it, and goes on for as long as it is let.
const LOCK_AND_STAY: &str = "git coord lock src/a.rs && echo ready $PPID && exec sleep 600";

/// Starts [`LOCK_AND_STAY`] and returns it with the process id of `git coord run`.
fn holder(agent: &Agent) -> (Running, String) {
    let running = coord_run(agent, &[], LOCK_AND_STAY);
    assert!(running.prints("ready "), "{}", running.stderr());
    let pid = running.id().to_string();
    (running, pid)
}

fn kill(agent: &Agent, signal: &str, pid: &str) {
    agent.command("kill", [signal, pid]).run().ok();
}

#[test]
fn a_program_is_a_session_of_its_own() {
    let sandbox = Sandbox::new();
    let alice = sandbox.repo("project").agent("alice");
    let who = |args: &[&str]| {
        let script = "echo $COORD_AGENT $COORD_SESSION";
        coord_run(&alice, args, script)
            .wait()
            .ok()
            .stdout
            .trim_end()
            .to_owned()
    };
    let (one, other) = (who(&[]), who(&[]));
    for session in [&one, &other] {
        assert!(session.starts_with("alice run-"), "{session}");
    }
    assert_ne!(one, other);
    assert!(who(&["--as", "bob"]).starts_with("bob run-"));
    assert_eq!(who(&["--as", "bob/night"]), "bob night");
}

#[test]
fn the_exit_code_and_the_streams_are_the_programs() {
    let sandbox = Sandbox::new();
    let alice = sandbox.repo("project").agent("alice");
    for code in [0, 1, 3, 77] {
        let ended = coord_run(&alice, &[], &format!("echo out; echo err >&2; exit {code}")).wait();
        assert_eq!(
            (ended.code, &*ended.stdout, &*ended.stderr),
            (code, "out\n", "err\n")
        );
    }
    assert_eq!(coord_run(&alice, &[], "kill -KILL $$").wait().code, 137);
    let echoed = alice
        .command(
            env!("CARGO_BIN_EXE_git-coord"),
            ["run", "--", "cat", "--", "-"],
        )
        .input("words\n");
    assert_eq!(echoed.run().ok().stdout, "words\n");
    alice.coord(["run", "--", "no-such-program"]).code(2);
    alice.coord(["run"]).code(2);
    // None of them left anything behind.
    let sessions = alice.path().join(".git/coord/sessions/alice");
    let left: Vec<_> = std::fs::read_dir(sessions).into_iter().flatten().collect();
    assert!(left.is_empty(), "{left:?}");
}

#[test]
fn what_the_program_locked_is_given_back_at_its_end() {
    let sandbox = Sandbox::new();
    let repo = sandbox.repo("project");
    let (alice, bob) = (repo.agent("alice"), repo.agent("bob"));
    alice.coord(["lock", "docs/guide.md"]).ok();
    let script = "git coord lock src/a.rs src/b.rs >/dev/null && exit 4";
    let ended = coord_run(&alice, &[], script).wait().code(4);
    let said = &ended.stderr;
    assert!(
        said.contains("unlocked src/a.rs, src/b.rs at the end of alice (session run-"),
        "{said}"
    );
    bob.coord(["lock", "src/"]).ok();
    // The locks of other sessions stay.
    bob.coord(["lock", "docs/guide.md"]).refused();
    let json = alice
        .coord([
            "run",
            "--json",
            "--",
            "git",
            "coord",
            "lock",
            "--json",
            "README.md",
        ])
        .ok();
    let last: serde_json::Value =
        serde_json::from_str(json.stdout.lines().last().unwrap()).unwrap();
    assert_eq!((&last["answer"], &last["code"]), (&"ran".into(), &0.into()));
    assert_eq!(last["released"], serde_json::json!(["README.md"]));
}

#[test]
fn the_locks_of_a_killed_session_are_free_at_once() {
    let sandbox = Sandbox::new();
    let repo = sandbox.repo("project");
    let (alice, bob) = (repo.agent("alice"), repo.agent("bob"));
    let (running, pid) = holder(&alice);
    let session = repo.ask_git(["show", "refs/coord/state:locks/path/src/a.rs="]);
    let session: serde_json::Value = serde_json::from_str(&session).unwrap();
    let session = session["holds"][0]["session"].as_str().unwrap().to_owned();
    // Alive: not a moment before.
    let refused = bob.coord(["lock", "src/a.rs", "--json"]).refused().json();
    assert_eq!(refused["conflicts"][0]["by"]["agent"], "alice");
    // The program itself lives on; that it holds nothing of the session's is the point.
    kill(&alice, "-KILL", &pid);
    running.until_ended();
    let locked = bob.coord(["lock", "src/a.rs", "--json"]).ok().json();
    assert_eq!(locked["locks"][0]["how"], "died", "{locked}");
    let earlier = alice.session(&session);
    let told = earlier.coord(["status"]).ok().stderr;
    assert!(told.contains("your process was gone, and bob"), "{told}");
    let report = bob.coord(["log", "--verify", "--json"]).ok().json();
    assert_eq!(report["findings"].as_array().unwrap().len(), 0, "{report}");
}

#[test]
fn the_locks_of_a_killed_session_are_free_under_a_remote_too() {
    let sandbox = Sandbox::new();
    let hub = sandbox.bare("hub");
    let alice = hub.clone_as("alice");
    alice.git(["config", "coord.remote", "origin"]).ok();
    let bob = alice.beside("bob");
    let (mut running, _) = holder(&alice);
    bob.coord(["lock", "src/a.rs"]).refused();
    running.kill();
    let locked = bob.coord(["lock", "src/a.rs", "--json"]).ok().json();
    assert_eq!(locked["locks"][0]["how"], "died", "{locked}");
}

#[test]
fn a_session_that_goes_on_after_its_keeper_was_killed_is_not_dead() {
    let sandbox = Sandbox::new();
    let repo = sandbox.repo("project");
    let (alice, bob) = (repo.agent("alice"), repo.agent("bob"));
    let mut running = coord_run(&alice, &["--as", "alice/night"], LOCK_AND_STAY);
    assert!(running.prints("ready "), "{}", running.stderr());
    running.kill();
    // Somebody acts in its name before anybody took what it held.
    alice.session("night").coord(["lock", "src/b.rs"]).ok();
    bob.coord(["lock", "src/b.rs"]).refused();
    bob.coord(["lock", "src/a.rs"]).refused();
}

#[test]
fn a_session_runs_once_at_a_time() {
    let sandbox = Sandbox::new();
    let alice = sandbox.repo("project").agent("alice");
    let running = coord_run(&alice, &["--as", "alice/night"], "echo ready; sleep 600");
    assert!(running.prints("ready"));
    let second = coord_run(&alice, &["--as", "alice/night"], "true")
        .wait()
        .code(2);
    assert!(
        second.stderr.contains("is running already"),
        "{}",
        second.stderr
    );
    drop(running);
    coord_run(&alice, &["--as", "alice/night"], "true")
        .wait()
        .ok();
}

#[test]
fn many_who_ask_whether_it_is_alive_do_not_disturb_a_session() {
    let sandbox = Sandbox::new();
    let repo = sandbox.repo("project");
    let (alice, bob) = (repo.agent("alice"), repo.agent("bob"));
    alice.coord(["lock", "src/a.rs"]).ok();
    let outcomes = crate::support::race(8, |index| {
        let program = env!("CARGO_BIN_EXE_git-coord");
        if index % 2 == 0 {
            bob.command(program, ["lock", "src/a.rs"])
        } else {
            alice.command(program, ["run", "--", "true"])
        }
    });
    for (index, outcome) in outcomes.into_iter().enumerate() {
        let _ = outcome.code(if index % 2 == 0 { 1 } else { 0 });
    }
}

#[test]
fn signals_go_to_the_program_and_its_locks_are_given_back() {
    let sandbox = Sandbox::new();
    let repo = sandbox.repo("project");
    let (alice, bob) = (repo.agent("alice"), repo.agent("bob"));
    for (signal, code) in [("INT", 42), ("TERM", 43)] {
        let script = format!(
            "trap 'echo told; exit {code}' {signal}; git coord lock src/a.rs; echo ready; \
             while :; do sleep 0.02; done"
        );
        let running = coord_run(&alice, &[], &script);
        assert!(running.prints("ready"), "{}", running.stderr());
        kill(&alice, &format!("-{signal}"), &running.id().to_string());
        let ended = running.wait().code(code);
        assert!(ended.stdout.contains("told"), "{ended}");
        bob.coord(["lock", "src/a.rs"]).ok();
        bob.coord(["unlock", "--all"]).ok();
    }
    // One that does not listen ends by the signal.
    let (running, pid) = holder(&alice);
    kill(&alice, "-TERM", &pid);
    running.wait().code(128 + 15);
    bob.coord(["lock", "src/a.rs"]).ok();
}

/// A waiter went by the wall clock alone: it waited until the lease had ended, and ten minutes more.
#[test]
fn who_waits_for_a_killed_session_is_served() {
    let sandbox = Sandbox::new();
    let repo = sandbox.repo("project");
    let (alice, bob) = (repo.agent("alice"), repo.agent("bob"));
    let (running, pid) = holder(&alice);
    let waiting = ["coord", "lock", "src/a.rs", "--wait", "--json"];
    let waiting = bob.command("git", waiting).spawn();
    until("the agent stands in the line", || {
        let line = bob.git(["ls-tree", "-r", "--name-only", "refs/coord/state", "waits/"]);
        line.stdout.contains("bob").then_some(())
    });
    kill(&alice, "-KILL", &pid);
    running.until_ended();
    let locked = waiting.wait().ok().json();
    assert_eq!(locked["locks"][0]["how"], "died", "{locked}");
    let report = bob.coord(["log", "--verify", "--json"]).ok().json();
    assert_eq!(report["findings"].as_array().unwrap().len(), 0, "{report}");
}

#[test]
fn a_program_left_in_the_background_does_not_keep_the_session() {
    let sandbox = Sandbox::new();
    let repo = sandbox.repo("project");
    let (alice, bob) = (repo.agent("alice"), repo.agent("bob"));
    let script =
        "sleep 600 >/dev/null 2>&1 & echo $!; git coord lock src/a.rs >/dev/null; kill -KILL $PPID";
    let ended = coord_run(&alice, &[], script).wait();
    assert_eq!(ended.code, 137);
    let locked = bob.coord(["lock", "src/a.rs", "--json"]).ok().json();
    assert_eq!(locked["locks"][0]["how"], "died");
    kill(&alice, "-KILL", ended.stdout.trim_end());
}

#[test]
fn a_session_that_could_not_give_back_is_known_to_be_over() {
    let sandbox = Sandbox::new();
    let hub = sandbox.bare("hub");
    let alice = hub.clone_as("alice");
    alice.git(["config", "coord.remote", "origin"]).ok();
    let url = hub.path().to_str().unwrap().to_owned();
    let script =
        "git coord lock src/a.rs >/dev/null; git remote set-url origin /nowhere/at/all; exit 5";
    let ended = coord_run(&alice, &[], script).wait().code(5);
    assert!(
        ended.stderr.contains("could not be given back"),
        "{}",
        ended.stderr
    );
    alice.git(["remote", "set-url", "origin", &url]).ok();
    let locked = alice
        .beside("bob")
        .coord(["lock", "src/a.rs", "--json"])
        .ok()
        .json();
    assert_eq!(locked["locks"][0]["how"], "died", "{locked}");
}
