//! Repositories of other kinds.

use super::{holds, ids, queued, run, shared};
use crate::support::Sandbox;
use crate::support::git::knows;

fn lands(init: &[&str]) {
    if !knows(init) {
        return;
    }
    let sandbox = Sandbox::new();
    let alice = sandbox.repo_with("project", init).agent("alice");
    queued(&alice, "one", "one", "1");
    queued(&alice, "two", "two", "2");
    assert_eq!(ids(&run(&alice, "true")["landed"]), ["one", "two"]);
    holds(&alice, "main");
    let hub = sandbox.bare_with("hub", init);
    let bob = shared(&hub, "bob");
    let carol = shared(&hub, "carol");
    queued(&bob, "one", "one", "1");
    assert_eq!(ids(&run(&carol, "true")["landed"]), ["one"]);
    carol.git(["fetch", "--quiet"]).ok();
    holds(&carol, "origin/main");
}

#[test]
fn reftables() {
    lands(&["--ref-format=reftable"]);
}

#[test]
fn sha256() {
    lands(&["--object-format=sha256"]);
}
