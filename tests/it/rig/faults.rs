//! Lost connections, hooks that refuse, pushes that wait.

use std::io::{ErrorKind, Read};
use std::net::TcpStream;

use crate::support::proxy::{Behaviour, Proxy, Seen};
use crate::support::server::{GitDaemon, Server};
use crate::support::{Agent, Hub, Sandbox};

/// A hub behind a daemon behind a proxy, with one agent that has something to push.
struct Route {
    // Fields are dropped in this order: the proxy lets go before the daemon ends.
    proxy: Proxy,
    _daemon: GitDaemon,
    alice: Agent,
    hub: Hub,
    tip: String,
}

impl Route {
    fn new() -> Self {
        let sandbox = Sandbox::new();
        let hub = sandbox.bare("hub");
        let daemon = GitDaemon::start(&sandbox);
        let proxy = Proxy::before(&daemon);
        let alice = proxy.clone_as(&hub, "alice");
        let tip = alice.commit("src/new.rs", "fn new() {}\n");
        Self {
            proxy,
            _daemon: daemon,
            alice,
            hub,
            tip,
        }
    }

    /// Whether the hub's main branch is alice's.
    fn has_landed(&self) -> bool {
        self.hub.ask_git(["rev-parse", "main"]) == self.tip
    }
}

#[test]
fn the_proxy_passes_and_counts() {
    let route = Route::new();
    assert_eq!(
        route.proxy.seen(),
        Seen {
            fetches: 1,
            pushes: 0
        }
    );
    route.alice.git(["push", "--quiet"]).ok();
    assert!(route.has_landed());
    route.alice.git(["fetch", "--quiet"]).ok();
    assert_eq!(
        route.proxy.seen(),
        Seen {
            fetches: 2,
            pushes: 1
        }
    );
}

#[test]
fn a_push_whose_answer_is_dropped_was_applied_and_looks_failed() {
    let route = Route::new();
    route.proxy.set(Behaviour::DropAnswer);
    route.alice.git(["push", "--quiet"]).failed();
    assert!(route.has_landed());
    // Looking is not pushing: the client can find out.
    let seen = route
        .alice
        .ask_git(["ls-remote", "origin", "refs/heads/main"]);
    assert!(seen.starts_with(&route.tip));
    // A push of what is there already sends nothing that could be lost.
    route.alice.git(["push", "--quiet"]).ok();
}

#[test]
fn a_push_that_is_cut_was_not_applied_and_looks_failed() {
    let route = Route::new();
    route.proxy.once(Behaviour::CutBefore);
    route.alice.git(["push", "--quiet"]).failed();
    assert!(!route.has_landed());
    // Once is once.
    route.alice.git(["push", "--quiet"]).ok();
    assert!(route.has_landed());
}

#[test]
fn a_proxy_that_hangs_never_answers_and_lets_go_when_it_is_dropped() {
    let route = Route::new();
    route.proxy.set(Behaviour::Hang);
    let pushing = route.alice.command("git", ["push", "--quiet"]).spawn();
    let Route {
        proxy,
        hub,
        tip,
        _daemon,
        ..
    } = route;
    // A connection of our own shows that the proxy takes it and says nothing.
    let mut connection = TcpStream::connect(("127.0.0.1", proxy.port())).unwrap();
    connection.set_nonblocking(true).unwrap();
    let error = connection.read(&mut [0]).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::WouldBlock);
    drop(proxy);
    pushing.wait().failed();
    assert_ne!(hub.ask_git(["rev-parse", "main"]), tip);
}

#[test]
fn a_hub_refuses_coordination_refs_and_takes_branches() {
    let sandbox = Sandbox::new();
    let hub = sandbox.bare("hub");
    let alice = hub.clone_as("alice");
    hub.refuse_coord_refs();
    let outcome = alice
        .git(["push", "origin", "HEAD:refs/coord/state"])
        .failed();
    insta::assert_snapshot!(outcome, @r"
    exit 1
    --- stderr
    remote: this host allows only branches and tags, not refs/coord/state
    To [sandbox]/hub.git
     ! [remote rejected] HEAD -> refs/coord/state (pre-receive hook declined)
    error: failed to push some refs to '[sandbox]/hub.git'
    ");
    alice
        .git(["push", "--quiet", "origin", "HEAD:refs/heads/topic"])
        .ok();
    hub.unhook("pre-receive");
    alice
        .git(["push", "--quiet", "origin", "HEAD:refs/coord/state"])
        .ok();
}

#[test]
fn a_push_that_is_held_loses_to_one_that_overtakes_it() {
    let sandbox = Sandbox::new();
    let hub = sandbox.bare("hub");
    let [alice, bob] = ["alice", "bob"].map(|name| hub.clone_as(name));
    alice.commit("src/a.rs", "fn alice() {}\n");
    let bobs = bob.commit("src/a.rs", "fn bob() {}\n");

    let gate = hub.hold_next_push();
    let pushing = alice.command("git", ["push", "--quiet"]).spawn();
    gate.wait_for_push();
    bob.git(["push", "--quiet"]).ok();
    gate.open();

    let outcome = pushing.wait().failed();
    assert!(outcome.stderr.contains("[remote rejected]"), "{outcome}");
    assert_eq!(hub.ask_git(["rev-parse", "main"]), bobs);
}
