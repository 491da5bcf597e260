//! The fenced push: commits land only while the locks that cover them are held.

use std::fs;

use crate::support::server::{Http, Server};
use crate::support::{Agent, Hub, Sandbox, Shell};

/// A hub that decides locks, and two agents with clones of it.
fn team() -> (Hub, Agent, Agent) {
    let sandbox = Sandbox::new();
    let hub = sandbox.bare("hub");
    let join = |name| {
        let agent = hub.clone_as(name);
        agent.git(["config", "coord.remote", "origin"]).ok();
        // A refusal may come from a view of up to this age; these tests follow each other fast.
        agent.git(["config", "coord.maxAge", "0"]).ok();
        agent
    };
    let (alice, bob) = (join("alice"), join("bob"));
    (hub, alice, bob)
}

fn main_of(hub: &Hub) -> String {
    hub.ask_git(["rev-parse", "main"])
}

#[test]
fn landing_on_the_main_branch_gives_the_locks_back() {
    let (hub, alice, bob) = team();
    alice.coord(["lock", "src/", "api:GET /v1/users"]).ok();
    let tip = alice.commit("src/new.rs", "fn new() {}\n");
    let landed = alice.coord(["--json", "push"]).ok().json();
    assert_eq!(landed["outcome"], "landed");
    assert_eq!(landed["released"], serde_json::json!(["src/"]));
    assert_eq!(main_of(&hub), tip);
    // Free for others in the same moment; what covers none of the paths stays.
    bob.coord(["lock", "src/"]).ok();
    bob.coord(["lock", "api:GET /v1/users"]).refused();
    alice.coord(["log", "--verify"]).ok();
}

#[test]
fn landing_elsewhere_renews_them() {
    let (hub, alice, bob) = team();
    alice.coord(["lock", "src/"]).ok();
    alice.git(["checkout", "-q", "-b", "topic"]).ok();
    let tip = alice.commit("src/new.rs", "fn new() {}\n");
    let landed = alice.coord(["--json", "push"]).ok().json();
    assert_eq!(landed["renewed"][0]["key"], "src/");
    assert_eq!(hub.ask_git(["rev-parse", "topic"]), tip);
    bob.coord(["lock", "src/"]).refused();
    // What was asked for wins over what is usual.
    alice.commit("src/more.rs", "fn more() {}\n");
    alice.coord(["push", "--release"]).ok();
    bob.coord(["lock", "src/"]).ok();
}

#[test]
fn a_lock_of_somebody_else_stops_it_before_anything_is_sent() {
    let (hub, alice, bob) = team();
    bob.coord(["lock", "src/new.rs", "--reason", "mine today"])
        .ok();
    let before = main_of(&hub);
    alice.commit("src/new.rs", "fn new() {}\n");
    let refusal = alice.coord(["--json", "push"]).refused().json();
    assert_eq!(refusal["code"], "lock_held");
    assert_eq!(refusal["conflicts"][0]["by"]["agent"], "bob");
    assert_eq!(main_of(&hub), before);
    bob.coord(["unlock", "--all"]).ok();
    alice.coord(["push"]).ok();
    assert_ne!(main_of(&hub), before);
}

#[test]
fn a_lock_that_is_stolen_between_the_decision_and_the_push_leaves_the_branch_alone() {
    let (hub, alice, bob) = team();
    let locked = alice.coord(["--json", "lock", "src/"]).ok().json();
    let rev = locked["locks"][0]["rev"].to_string();
    let before = main_of(&hub);
    alice.commit("src/new.rs", "fn new() {}\n");
    // Alice has read the state and decided; her push has reached the server, which holds it.
    let gate = hub.hold_next_push();
    let push = alice.command("git", ["coord", "--json", "push"]).spawn();
    gate.wait_for_push();
    bob.coord([
        "lock",
        "--steal",
        "--rev",
        &rev,
        "--reason",
        "she is away",
        "src/",
    ])
    .ok();
    gate.open();
    let refusal = push.wait().refused();
    let refusal = refusal.json();
    assert_eq!(refusal["code"], "lock_held");
    assert_eq!(
        refusal["notices"][0]["by"]["agent"], "bob",
        "the loser is told"
    );
    assert_eq!(main_of(&hub), before);
}

#[test]
fn a_branch_that_moved_meanwhile_is_not_overwritten() {
    let (hub, alice, bob) = team();
    bob.commit("src/theirs.rs", "fn theirs() {}\n");
    bob.git(["push", "--quiet"]).ok();
    let before = main_of(&hub);
    alice.coord(["lock", "src/new.rs"]).ok();
    alice.commit("src/new.rs", "fn new() {}\n");
    let refusal = alice.coord(["--json", "push"]).refused().json();
    assert_eq!(refusal["code"], "not_fast_forward");
    assert_eq!(main_of(&hub), before);
    alice.git(["pull", "--quiet", "--rebase"]).ok();
    alice.coord(["push"]).ok();
}

#[test]
fn a_required_lock_that_is_missing_stops_it() {
    let (hub, alice, _) = team();
    alice
        .git(["config", "coord.requireLock", "require src/"])
        .ok();
    let before = main_of(&hub);
    alice.commit("src/new.rs", "fn new() {}\n");
    let refusal = alice.coord(["--json", "push"]).refused().json();
    assert_eq!(refusal["code"], "lock_required");
    assert_eq!(main_of(&hub), before);
    alice.coord(["lock", "src/new.rs"]).ok();
    alice.coord(["push"]).ok();
}

#[test]
fn without_a_remote_authority_this_clone_decides() {
    let sandbox = Sandbox::new();
    let hub = sandbox.bare("hub");
    let alice = hub.clone_as("alice");
    alice.coord(["lock", "src/"]).ok();
    let tip = alice.commit("src/new.rs", "fn new() {}\n");
    alice.beside("bob").coord(["push"]).refused();
    alice.coord(["push"]).ok();
    assert_eq!(main_of(&hub), tip);
    assert_eq!(hub.ask_git(["for-each-ref", "refs/coord"]), "");
    alice.beside("bob").coord(["lock", "src/"]).ok();
}

#[test]
fn a_remote_that_does_not_hold_the_state_cannot_fence() {
    let (_, alice, _) = team();
    alice.git(["remote", "add", "fork", "../nowhere"]).ok();
    alice.commit("src/new.rs", "fn new() {}\n");
    let outcome = alice.coord(["push", "fork"]).code(2);
    assert!(
        outcome.stderr.contains("git push fork"),
        "{}",
        outcome.stderr
    );
}

#[test]
fn nothing_to_land_is_no_failure_and_no_operation() {
    let (hub, alice, _) = team();
    let outcome = alice.coord(["--json", "push"]).ok().json();
    assert_eq!(outcome["answer"], "up-to-date");
    assert_eq!(hub.ask_git(["for-each-ref", "refs/coord"]), "");
}

#[test]
fn the_pushers_own_hook_is_asked() {
    let (hub, alice, _) = team();
    let before = main_of(&hub);
    alice.commit("src/new.rs", "fn new() {}\n");
    alice.write_program(
        ".git/hooks/pre-push",
        "#!/bin/sh\ncat >../seen\necho no tests >&2\nexit 1\n",
    );
    let outcome = alice.coord(["push"]).refused();
    assert!(outcome.stderr.contains("no tests"), "{}", outcome.stderr);
    assert_eq!(main_of(&hub), before);
    assert!(
        alice.read("../seen").contains("refs/heads/main"),
        "the hook reads what git gives it"
    );
}

/// With `-C` the hook of the repository around the current directory was asked instead, or none.
#[test]
fn the_pushers_own_hook_is_asked_from_elsewhere_too() {
    let (hub, alice, bob) = team();
    let before = main_of(&hub);
    alice.commit("src/new.rs", "fn new() {}\n");
    alice.write_program(".git/hooks/pre-push", "#!/bin/sh\npwd >&2\nexit 1\n");
    let dir = alice.path().to_str().unwrap();
    for place in [alice.sandbox(), bob.path()] {
        let elsewhere = Shell::clone(&alice).at(place);
        let outcome = elsewhere.coord(["-C", dir, "push"]).refused();
        assert!(outcome.stderr.contains("/alice"), "{outcome}");
        assert_eq!(main_of(&hub), before);
    }
}

#[test]
fn a_landing_of_thousands_of_paths_is_one_operation() {
    let (hub, alice, bob) = team();
    for n in 0..3000 {
        alice.write(&format!("data/{}/{n}.txt", n % 30), "x\n");
    }
    alice.git(["add", "."]).ok();
    alice.git(["commit", "--quiet", "-m", "many"]).ok();
    bob.coord(["lock", "data/7/37.txt"]).ok();
    let refusal = alice.coord(["--json", "push"]).refused().json();
    assert_eq!(refusal["conflicts"][0]["held"], "data/7/37.txt");
    bob.coord(["unlock", "--all"]).ok();
    alice.coord(["push"]).ok();
    assert_eq!(main_of(&hub), alice.ask_git(["rev-parse", "HEAD"]));
    bob.coord(["log", "--verify"]).ok();
}

/// A commit that passed over the check leaves a note, which is published before whatever the session
/// asks next. The branch once moved along with the note although the landing itself was refused.
#[test]
fn a_refused_landing_leaves_the_branch_alone_when_a_note_goes_out() {
    for authority in ["origin", ""] {
        let sandbox = Sandbox::new();
        let hub = sandbox.bare("hub");
        let alice = hub.clone_as("alice");
        alice.git(["config", "coord.remote", authority]).ok();
        alice.git(["config", "coord.maxAge", "0"]).ok();
        alice.coord(["hooks", "install"]).ok();
        alice.beside("bob").coord(["lock", "src/auth.rs"]).ok();
        let before = main_of(&hub);
        alice.write("src/auth.rs", "fn mine() {}\n");
        let args = ["commit", "--quiet", "--no-verify", "-am", "x"];
        alice.git(args).ok();
        alice.coord(["push"]).refused();
        assert_eq!(main_of(&hub), before, "authority {authority:?}");
        let noted = alice.coord(["log", "--op", "note"]).ok();
        assert!(noted.stdout.contains("passed over"), "{noted}");
        alice.coord(["push"]).refused();
        assert_eq!(main_of(&hub), before, "authority {authority:?}");
        alice.coord(["log", "--verify"]).ok();
    }
}

/// It was reported as unreachable, with the advice to try again.
#[test]
fn a_host_without_atomic_pushes_is_not_unreachable() {
    let sandbox = Sandbox::new();
    let http = Http::start(&sandbox);
    let hub = sandbox.bare("hub");
    hub.git(["config", "http.receivepack", "true"]).ok();
    hub.git(["config", "receive.advertiseAtomic", "false"]).ok();
    // Over HTTP it is not `git push` itself that finds out.
    for name in ["by-path", "by-http"] {
        let alice = match name {
            "by-path" => hub.clone_as(name),
            _ => http.clone_as(&hub, name),
        };
        alice.git(["config", "coord.remote", "origin"]).ok();
        let own = format!("src/{}/", alice.name());
        alice.coord(["lock", &own]).ok();
        alice.commit(&format!("{own}new.rs"), "fn new() {}\n");
        let refs = || [&*hub, &*alice].map(|place| place.ask_git(["for-each-ref"]));
        let before = refs();
        let outcome = alice.coord(["push"]).code(3);
        for words in [
            "no_atomic_push",
            "`origin`",
            "nothing was changed",
            "git push origin",
        ] {
            assert!(outcome.stderr.contains(words), "{words}: {outcome}");
        }
        let failure = alice.coord(["--json", "compact"]).code(3).json();
        assert_eq!(failure["code"], "no_atomic_push", "{failure}");
        assert_eq!(refs(), before);
        // What the hint says works.
        alice.git(["push", "--quiet", "origin", "HEAD"]).ok();
        alice.coord(["unlock", "--all"]).ok();
    }
}

/// It said that nothing was changed.
#[test]
fn a_landing_that_the_local_state_cannot_follow_says_what_has_landed() {
    let sandbox = Sandbox::new();
    let hub = sandbox.bare("hub");
    let alice = hub.clone_as("alice");
    alice.coord(["lock", "src/"]).ok();
    let state = alice.ask_git(["rev-parse", "refs/coord/state"]);
    let tip = alice.commit("src/new.rs", "fn new() {}\n");
    let lock = ".git/refs/coord/state.lock";
    alice.write(lock, "");
    let outcome = alice.coord(["push"]).code(4);
    let short = &tip[..10];
    for words in [
        "landed_unrecorded",
        &format!("{short} is on `main` of `origin`"),
        "no lock was given back",
        "state.lock",
        "git coord unlock",
    ] {
        assert!(outcome.stderr.contains(words), "{words}: {outcome}");
    }
    assert!(!outcome.stderr.contains("nothing was changed"), "{outcome}");
    assert_eq!(main_of(&hub), tip);
    assert_eq!(alice.ask_git(["rev-parse", "refs/coord/state"]), state);
    // What the hint says works.
    fs::remove_file(alice.path().join(lock)).unwrap();
    assert_eq!(
        alice.coord(["--json", "push"]).ok().json()["answer"],
        "up-to-date"
    );
    alice.coord(["unlock", "src/"]).ok();
    alice.coord(["log", "--verify"]).ok();
}

/// The same when the state is refused: it was moved past the lock that all writers share.
#[test]
fn a_landing_that_is_refused_afterwards_says_what_has_landed() {
    let sandbox = Sandbox::new();
    let hub = sandbox.bare("hub");
    let alice = hub.clone_as("alice");
    let state = || alice.ask_git(["rev-parse", "refs/coord/state"]);
    alice.coord(["lock", "README.md"]).ok();
    let before = state();
    alice.beside("bob").coord(["lock", "src/new.rs"]).ok();
    let after = state();
    let back = ["update-ref", "refs/coord/state", &before];
    alice.git(back).ok();
    alice.write(".git/coord/pin", &format!("{before} {before}\n"));
    let dir = alice.path().to_str().unwrap();
    let script = format!("env -u GIT_DIR git -C '{dir}' update-ref refs/coord/state {after}");
    hub.hook("post-receive", &format!("#!/bin/sh\n{script}\n"));
    let tip = alice.commit("src/new.rs", "fn new() {}\n");
    let failure = alice.coord(["--json", "push"]).code(4).json();
    assert_eq!(failure["code"], "landed_unrecorded", "{failure}");
    let why = failure["message"].as_str().unwrap();
    assert!(why.contains("is locked by bob"), "{why}");
    assert_eq!((main_of(&hub), state()), (tip, after));
}

/// It was given as the remote's, with the advice to place the state elsewhere there.
#[test]
fn the_no_of_the_pushers_own_hook_is_not_the_remotes() {
    let (hub, alice, _) = team();
    let before = main_of(&hub);
    alice.commit("src/new.rs", "fn new() {}\n");
    let hook = "#!/bin/sh\necho no tests >&2\nexit 1\n";
    alice.write_program(".git/hooks/pre-push", hook);
    insta::assert_snapshot!(alice.coord(["push"]), @r"
    exit 1
    --- stderr
    error[refused_by_hook]: your pre-push hook says no, so nothing was pushed: no tests
    hint: see to what it names, then push again
    ");
    assert_eq!(main_of(&hub), before);
}

/// What the server's hooks were told with each push since the last look.
fn options_told(hub: &Hub) -> Vec<String> {
    let file = hub.path().join("told");
    let told = fs::read_to_string(&file).unwrap_or_default();
    let _ = fs::remove_file(file);
    told.lines().map(str::to_owned).collect()
}

/// They were left out of every push, while `git push` sends them.
#[test]
fn push_options_go_with_a_landing_and_with_nothing_else() {
    for authority in ["origin", ""] {
        let sandbox = Sandbox::new();
        let hub = sandbox.bare("hub");
        hub.git(["config", "receive.advertisePushOptions", "true"])
            .ok();
        let tell = "echo $GIT_PUSH_OPTION_COUNT $GIT_PUSH_OPTION_0 $GIT_PUSH_OPTION_1 >>told";
        hub.hook("post-receive", &format!("#!/bin/sh\n{tell}\n"));
        let alice = hub.clone_as("alice");
        alice.git(["config", "coord.remote", authority]).ok();
        for option in ["ci.skip", "topic=a b"] {
            alice
                .git(["config", "--add", "push.pushOption", option])
                .ok();
        }
        alice.coord(["lock", "src/"]).ok();
        let bare: &[&str] = if authority.is_empty() { &[] } else { &["0"] };
        assert_eq!(options_told(&hub), bare, "of a lock");
        alice.commit("src/one.rs", "fn one() {}\n");
        alice.coord(["push"]).ok();
        assert_eq!(options_told(&hub), ["2 ci.skip topic=a b"]);
        // What is said takes the place of what is set, as with git.
        alice.commit("src/two.rs", "fn two() {}\n");
        alice
            .coord(["push", "-o", "other", "--push-option=-x"])
            .ok();
        assert_eq!(options_told(&hub), ["2 other -x"]);
        alice.commit("src/three.rs", "fn three() {}\n");
        alice.git(["-c", "push.pushOption=", "coord", "push"]).ok();
        assert_eq!(options_told(&hub), ["0"]);
        alice.coord(["push", "-o", "two\nlines"]).code(2);
    }
}

#[test]
fn a_host_without_push_options_is_not_unreachable() {
    for authority in ["origin", ""] {
        let sandbox = Sandbox::new();
        let hub = sandbox.bare("hub");
        let alice = hub.clone_as("alice");
        alice.git(["config", "coord.remote", authority]).ok();
        alice.coord(["lock", "src/"]).ok();
        alice.commit("src/one.rs", "fn one() {}\n");
        let refs = || [&*hub, &*alice].map(|place| place.ask_git(["for-each-ref"]));
        let before = refs();
        let failure = alice.coord(["--json", "push", "-o", "x"]).code(3).json();
        assert_eq!(failure["code"], "no_push_options", "{failure}");
        alice.git(["config", "push.pushOption", "x"]).ok();
        let outcome = alice.coord(["push"]).code(3);
        assert!(outcome.stderr.contains("no_push_options"), "{outcome}");
        assert_eq!(refs(), before);
        // What the hint says works.
        alice.git(["-c", "push.pushOption=", "coord", "push"]).ok();
    }
}
