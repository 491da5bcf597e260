//! A remote that decides: what reaches it, what it answers, and what becomes of lost answers.

use std::fs;

use crate::support::proxy::{Behaviour, Proxy, Seen};
use crate::support::server::{GitDaemon, Http, Server, Sshd};
use crate::support::wait::until;
use crate::support::{Agent, Hub, Sandbox, race};

/// Makes the remote decide for an agent's clone.
fn shared(agent: Agent) -> Agent {
    agent.git(["config", "coord.remote", "origin"]).ok();
    agent
}

/// A hub behind a daemon behind a proxy, and two agents in clones of their own.
struct Route {
    // Fields are dropped in this order: the proxy lets go before the daemon ends.
    proxy: Proxy,
    _daemon: GitDaemon,
    alice: Agent,
    bob: Agent,
    hub: Hub,
}

impl Route {
    fn new() -> Self {
        let sandbox = Sandbox::new();
        let hub = sandbox.bare("hub");
        let daemon = GitDaemon::start(&sandbox);
        let proxy = Proxy::before(&daemon);
        let [alice, bob] = ["alice", "bob"].map(|name| shared(proxy.clone_as(&hub, name)));
        alice.coord(["lock", "docs/"]).ok();
        bob.coord(["lock", "README.md"]).ok();
        Self {
            proxy,
            _daemon: daemon,
            alice,
            bob,
            hub,
        }
    }

    /// What goes through the proxy while something is done.
    fn seen(&self, act: impl FnOnce()) -> Seen {
        let before = self.proxy.seen();
        act();
        let after = self.proxy.seen();
        Seen {
            fetches: after.fetches - before.fetches,
            pushes: after.pushes - before.pushes,
        }
    }

    /// How many operations the hub's chain has for a key.
    fn operations(&self, key: &str) -> usize {
        let log = self.hub.ask_git(["log", "--format=%s", "refs/coord/state"]);
        log.lines().filter(|line| line.contains(key)).count()
    }
}

const ONE_PUSH: Seen = Seen {
    fetches: 0,
    pushes: 1,
};

#[test]
fn a_change_with_nothing_in_the_way_is_one_push() {
    let route = Route::new();
    let bob = &route.bob;
    for args in [["lock", "src/a.rs"], ["unlock", "src/a.rs"]] {
        assert_eq!(route.seen(|| drop(bob.coord(args).ok())), ONE_PUSH);
    }
}

#[test]
fn a_refusal_comes_only_from_a_fresh_view() {
    let route = Route::new();
    let Route { alice, bob, .. } = &route;
    alice.coord(["lock", "src/a.rs"]).ok();
    // Bob's view is from before: it says yes, the hub says no, and a fresh view says why.
    let seen = route.seen(|| drop(bob.coord(["lock", "src/a.rs"]).refused()));
    assert_eq!((seen.fetches, seen.pushes), (1, 1));
    // Now it is fresh.
    let seen = route.seen(|| drop(bob.coord(["lock", "src/a.rs"]).refused()));
    assert_eq!((seen.fetches, seen.pushes), (0, 0));
    // Alice gives it back; what bob has seen is too old to refuse.
    alice.coord(["unlock", "src/a.rs"]).ok();
    bob.git(["config", "coord.maxAge", "0s"]).ok();
    bob.coord(["lock", "src/a.rs"]).ok();
}

/// To hold a key already changes nothing, so nobody asked the remote, and a lock that had been taken
/// by somebody else was granted once more from an old view.
#[test]
fn what_is_held_already_is_asked_of_the_remote() {
    let route = Route::new();
    let covered = route.alice.coord(["lock", "docs/a.md"]).ok();
    assert!(covered.stdout.contains("covered by"), "{covered}");
    route
        .bob
        .coord(["lock", "--steal", "--rev", "1", "--reason", "gone", "docs/"])
        .ok();
    let refused = route.alice.coord(["lock", "docs/a.md"]).refused();
    assert!(refused.stderr.contains("bob"), "{refused}");
}

#[test]
fn a_lost_race_is_decided_again() {
    let route = Route::new();
    let Route { alice, bob, .. } = &route;
    alice.coord(["lock", "src/a.rs"]).ok();
    // Bob does not know of alice's change, which is not in his way.
    let seen = route.seen(|| drop(bob.coord(["lock", "src/b.rs"]).ok()));
    assert_eq!((seen.fetches, seen.pushes), (1, 2));
    bob.coord(["log", "--verify"]).ok();
}

#[test]
fn an_answer_that_is_lost_is_settled_by_looking() {
    let route = Route::new();
    route.proxy.once(Behaviour::DropAnswer);
    route.bob.coord(["lock", "src/a.rs"]).ok();
    assert_eq!(route.operations("src/a.rs"), 1);
    // A push that was cut before it arrived is told apart from one that arrived.
    route.proxy.once(Behaviour::CutBefore);
    let outcome = route.bob.coord(["lock", "src/b.rs"]);
    assert!(matches!(outcome.code, 3 | 5), "{outcome}");
    assert_eq!(route.operations("src/b.rs"), 0);
    route.bob.coord(["lock", "src/b.rs"]).ok();
    assert_eq!(route.operations("src/b.rs"), 1);
    route.bob.coord(["log", "--verify"]).ok();
}

#[test]
fn an_answer_that_nobody_can_give_is_unknown_and_safe_to_repeat() {
    let route = Route::new();
    let Route { proxy, bob, .. } = &route;
    proxy.set(Behaviour::DropAnswer);
    // The hub applies the push, and then nobody can be asked any more.
    route
        .hub
        .hook("post-receive", "#!/bin/sh\nmv \"$PWD\" \"$PWD.away\"\n");
    bob.coord(["lock", "src/a.rs"]).code(5);
    proxy.set(Behaviour::Pass);
    let hub = route.hub.path();
    fs::rename(hub.with_extension("git.away"), hub).unwrap();
    route.hub.unhook("post-receive");
    bob.coord(["lock", "src/a.rs"]).ok();
    let locks = bob.coord(["locks", "--key", "src/", "--json"]).ok().json();
    assert_eq!(locks["locks"].as_array().unwrap().len(), 1);
    bob.coord(["log", "--verify"]).ok();
}

#[test]
fn a_remote_that_hangs_ends_with_the_deadline_and_leaves_no_process() {
    let route = Route::new();
    let bob = &route.bob;
    bob.git(["config", "coord.timeout", "1s"]).ok();
    route.proxy.set(Behaviour::Hang);
    let outcome = bob.coord(["lock", "src/a.rs"]);
    assert!(matches!(outcome.code, 3 | 5), "{outcome}");
    // Every program of this sandbox that still runs would have the clone as its directory. An idle
    // child ends by itself when its input does, a moment after the command.
    let has_clone = |entry: &fs::DirEntry| {
        let dir = fs::read_link(entry.path().join("cwd"));
        dir.is_ok_and(|dir| dir == bob.path())
    };
    until("every process to have ended", || {
        let mut running = fs::read_dir("/proc").unwrap().flatten();
        (!running.any(|entry| has_clone(&entry))).then_some(())
    });
    route.proxy.set(Behaviour::Pass);
    bob.coord(["lock", "src/a.rs"]).ok();
}

#[test]
fn a_host_that_refuses_the_ref_is_quoted() {
    let sandbox = Sandbox::new();
    let hub = sandbox.bare("hub");
    hub.refuse_coord_refs();
    let alice = shared(hub.clone_as("alice"));
    let outcome = alice.coord(["lock", "src/a.rs"]).code(3);
    let words = "this host allows only branches and tags, not refs/coord/state";
    assert!(outcome.stderr.contains(words), "{outcome}");
    alice.coord(["locks"]).ok();
    // A branch is what it takes.
    alice
        .git(["config", "coord.ref", "refs/heads/coord/state"])
        .ok();
    let bob = shared(hub.clone_as("bob"));
    bob.git(["config", "coord.ref", "refs/heads/coord/state"])
        .ok();
    alice.coord(["lock", "src/a.rs"]).ok();
    bob.coord(["lock", "src/a.rs"]).refused();
    alice.coord(["unlock", "src/a.rs"]).ok();
    bob.git(["config", "coord.maxAge", "0s"]).ok();
    bob.coord(["lock", "src/a.rs"]).ok();
    bob.coord(["log", "--verify"]).ok();
}

/// It was one line with the reason of each ref, and with the spaces and the prefixes that git puts
/// around what the server said.
#[test]
fn the_words_of_a_host_are_quoted_once_in_lines() {
    let sandbox = Sandbox::new();
    let hub = sandbox.bare("hub");
    let alice = shared(hub.clone_as("alice"));
    alice.commit("src/a.rs", "fn a() { todo!() }\n");
    hub.hook(
        "pre-receive",
        "#!/bin/sh\nprintf '\\033[31mGL-HOOK-ERR:\\033[0m no pushes today\\n\\nask  the owner\\n' >&2\nexit 1\n",
    );
    // The branch and the state: two refs, one reason.
    insta::assert_snapshot!(alice.coord(["push"]), @r"
    exit 3
    --- stderr
    error[rejected_by_remote]: the remote `origin` does not accept the change: pre-receive hook declined
      remote: GL-HOOK-ERR: no pushes today
      remote: ask  the owner
    hint: nothing was changed; `git coord doctor --probe` tries what it accepts, and a host that refuses the state's name may take `git config coord.ref refs/heads/coord/state`
    ");
    let failure = alice.coord(["--json", "lock", "src/a.rs"]).code(3).json();
    assert_eq!(failure["code"], "rejected_by_remote");
    let message = failure["message"].as_str().unwrap();
    assert_eq!(message.matches("no pushes today").count(), 1, "{message}");
}

#[test]
fn a_remote_that_is_gone_grants_nothing() {
    let sandbox = Sandbox::new();
    let hub = sandbox.bare("hub");
    let alice = shared(hub.clone_as("alice"));
    fs::rename(hub.path(), hub.path().with_extension("away")).unwrap();
    alice.coord(["lock", "src/a.rs"]).code(3);
    let locks = alice.coord(["locks", "--json"]);
    assert!(!locks.stdout.contains("src/a.rs"), "{locks}");
}

/// What the remote had taken was reported as a failure that changed nothing.
#[test]
fn a_change_that_the_remote_has_is_done_although_it_cannot_be_kept_here() {
    let route = Route::new();
    // So that her push is the first thing that fails to be kept.
    route.alice.coord(["sync"]).ok();
    let lock = ".git/refs/coord/state.lock";
    route.alice.write(lock, "");
    route.alice.coord(["lock", "src/a.rs"]).ok();
    assert_eq!(route.operations("src/a.rs"), 1);
    fs::remove_file(route.alice.path().join(lock)).unwrap();
    let held = route.alice.coord(["unlock", "src/a.rs"]).ok().stdout;
    assert!(held.contains("src/a.rs"), "{held}");
}

#[test]
fn a_command_killed_in_its_push_blocks_nobody() {
    let sandbox = Sandbox::new();
    let hub = sandbox.bare("hub");
    let alice = shared(hub.clone_as("alice"));
    alice.coord(["lock", "README.md"]).ok();
    for with_children in [false, true] {
        let gate = hub.hold_next_push();
        let mut killed = alice.command("git-coord", ["lock", "src/a.rs"]).spawn();
        gate.wait_for_push();
        if with_children {
            killed.kill();
        } else {
            killed.kill_alone();
        }
        // Its push still waits inside the hub, and this one overtakes it.
        alice.beside("bob").coord(["lock", "src/b.rs"]).ok();
        gate.open();
        alice.coord(["lock", "src/a.rs"]).ok();
        alice.coord(["unlock", "src/a.rs"]).ok();
        alice.beside("bob").coord(["unlock", "src/b.rs"]).ok();
        alice.coord(["log", "--verify"]).ok();
    }
}

/// Kills whoever runs it, and everything up to the program under test when it is told so.
const KILL: &str = "\
#!/bin/sh
[ \"$1\" = prepared ] && mkdir 'ONCE' 2>/dev/null || exit 0
[ 'WHO' = all ] || { kill -KILL $PPID; exit; }
pid=$PPID all=
while [ -d \"/proc/$pid\" ] && [ \"$pid\" -gt 1 ]; do
  all=\"$all $pid\"
  [ \"$(cat /proc/$pid/comm)\" != git-coord ] || { kill -KILL $all; exit; }
  pid=$(sed -n 's/^PPid:[^0-9]*//p' /proc/$pid/status)
done
";

/// Git's receiving end was killed between locking the ref in a remote that is a directory and moving
/// it; then every push of every clone was refused, until somebody deleted the lock file by hand.
#[test]
fn a_push_that_is_killed_in_a_remote_directory_blocks_nobody() {
    for format in ["files", "reftable"] {
        for (who, code) in [("it", 5), ("all", 137)] {
            let sandbox = Sandbox::new();
            let hub = sandbox.bare_with("hub", &[&format!("--ref-format={format}")]);
            let [alice, bob] = ["alice", "bob"].map(|name| shared(hub.clone_as(name)));
            alice.coord(["lock", "README.md"]).ok();
            let once = sandbox.path().join("once");
            let kill = KILL.replace("ONCE", once.to_str().unwrap());
            hub.hook("reference-transaction", &kill.replace("WHO", who));
            alice.coord(["lock", "src/a.rs"]).code(code);
            assert!(once.exists(), "the hook has killed");
            bob.coord(["lock", "src/b.rs"]).ok();
            alice.coord(["lock", "src/a.rs"]).ok();
            bob.coord(["lock", "src/a.rs"]).refused();
            bob.coord(["log", "--verify"]).ok();
            let left = fs::read_dir(hub.path().join("coord/pushes")).unwrap();
            assert_eq!(left.count(), 0, "every push has taken its note along");
        }
    }
}

#[test]
fn every_kind_of_server_decides() {
    let sandbox = Sandbox::new();
    let daemon = GitDaemon::start(&sandbox);
    let sshd = Sshd::start(&sandbox);
    let http = Http::start(&sandbox);
    let servers: [(&str, &dyn Server); 3] = [("git", &daemon), ("ssh", &sshd), ("http", &http)];
    for (name, server) in servers {
        let hub = sandbox.bare(name);
        hub.git(["config", "http.receivepack", "true"]).ok();
        let agents =
            ["alice", "bob"].map(|agent| shared(server.clone_as(&hub, &format!("{agent}-{name}"))));
        for round in 0..3 {
            let key = format!("src/{round}.rs");
            let outcomes = race(2, |index| {
                agents[index].command("git-coord", ["lock", &key])
            });
            let mut codes: Vec<_> = outcomes.iter().map(|outcome| outcome.code).collect();
            codes.sort_unstable();
            assert_eq!(codes, [0, 1], "{name}: {} {}", outcomes[0], outcomes[1]);
        }
        agents[0].coord(["log", "--verify"]).ok();
    }
}

/// The answer to a push came late, and the view counted as new from then on: a refusal could rest on a
/// state that was as old as the network is slow, or as a machine sleeps.
#[test]
fn a_view_is_as_old_as_the_question_that_it_answers() {
    let hub = Sandbox::new().bare("hub");
    let alice = shared(hub.clone_as("alice"));
    alice.coord(["lock", "docs/"]).ok();
    let gate = hub.hold_next_push();
    let running = alice.prepared(["lock", "src/a.rs"]).spawn();
    gate.wait_for_push();
    alice.write("asked", "");
    gate.open();
    running.wait().ok();
    let time = |file: &str| {
        let meta = fs::metadata(alice.path().join(file)).unwrap();
        meta.modified().unwrap()
    };
    assert!(time(".git/coord/confirmed") < time("asked"));
}
