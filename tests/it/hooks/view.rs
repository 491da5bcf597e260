//! The age of the view that a hook judges by, and how little it asks the network.

use std::fs::File;
use std::time::{Duration, SystemTime};

use crate::support::wait::until;
use crate::support::{Agent, Hub, Outcome, Sandbox};

/// A clone with hooks whose locks are shared through its remote, and whose view is fresh.
fn shared(hub: &Hub, name: &str) -> Agent {
    let agent = hub.clone_as(name);
    agent.git(["config", "coord.remote", "origin"]).ok();
    agent.coord(["hooks", "install"]).ok();
    agent.coord(["locks"]).ok();
    agent
}

/// Makes the view look as old as that.
fn age_view(agent: &Agent, age: Duration) {
    let file = File::open(agent.path().join(".git/coord/confirmed")).unwrap();
    file.set_modified(SystemTime::now() - age).unwrap();
}

fn commit(agent: &Agent, file: &str) -> Outcome {
    let count = agent.ask_git(["rev-list", "--count", "HEAD"]);
    agent.write(file, &format!("change {count}\n"));
    agent.git(["commit", "--quiet", "-am", "change"])
}

const SIX_MINUTES: Duration = Duration::from_secs(360);

#[test]
fn a_young_view_is_used_as_it_is() {
    let sandbox = Sandbox::new();
    let hub = sandbox.bare("hub");
    let (alice, bob) = (shared(&hub, "alice"), shared(&hub, "bob"));
    bob.coord(["lock", "src/auth.rs"]).ok();
    // Nothing of this clone can reach the hub now; nobody notices.
    alice
        .git(["config", "remote.origin.uploadpack", "false"])
        .ok();
    age_view(&alice, Duration::from_secs(240));
    let made = commit(&alice, "src/auth.rs").ok();
    assert_eq!(made.stderr, "");
}

#[test]
fn an_old_view_is_refreshed_first() {
    let sandbox = Sandbox::new();
    let hub = sandbox.bare("hub");
    let (alice, bob) = (shared(&hub, "alice"), shared(&hub, "bob"));
    bob.coord(["lock", "src/auth.rs"]).ok();
    age_view(&alice, SIX_MINUTES);
    let refused = commit(&alice, "src/auth.rs").refused();
    assert!(refused.stderr.contains("locked by bob"), "{refused}");
    assert!(
        refused.stderr.contains("that is as `origin` had it "),
        "{refused}"
    );
    // With a setting of one's own.
    alice.git(["config", "coord.hookMaxAge", "1h"]).ok();
    bob.coord(["unlock", "--all"]).ok();
    age_view(&alice, SIX_MINUTES);
    commit(&alice, "src/auth.rs").refused();
}

#[test]
fn an_old_view_is_used_with_its_age_when_the_remote_is_gone() {
    let sandbox = Sandbox::new();
    let hub = sandbox.bare("hub");
    let (alice, bob) = (shared(&hub, "alice"), shared(&hub, "bob"));
    bob.coord(["lock", "src/auth.rs"]).ok();
    age_view(&alice, SIX_MINUTES);
    commit(&alice, "src/auth.rs").refused();
    std::fs::rename(hub.path(), hub.sandbox().join("away.git")).unwrap();
    age_view(&alice, SIX_MINUTES);
    let refused = commit(&alice, "src/auth.rs").refused();
    assert!(
        refused.stderr.contains("locks are as `origin` had it 6m"),
        "{refused}"
    );
    alice.git(["checkout", "--quiet", "."]).ok();
    let made = commit(&alice, "src/a.rs").ok();
    assert!(
        made.stderr.contains("locks are as `origin` had it 6m"),
        "{made}"
    );
}

#[test]
fn a_remote_that_hangs_is_not_waited_for() {
    let sandbox = Sandbox::new();
    let hub = sandbox.bare("hub");
    let alice = shared(&hub, "alice");
    alice.beside("bob").coord(["lock", "src/auth.rs"]).ok();
    // Longer than any test may take: only the hook's own limit can end this in time.
    alice.git(["config", "coord.timeout", "1h"]).ok();
    alice.write_program(".git/hang", "#!/bin/sh\nexec sleep 3600\n");
    let hang = alice.path().join(".git/hang");
    alice
        .git(["config", "remote.origin.uploadpack", hang.to_str().unwrap()])
        .ok();
    age_view(&alice, SIX_MINUTES);
    let refused = commit(&alice, "src/auth.rs").refused();
    assert!(
        refused.stderr.contains("locks are as `origin` had it"),
        "{refused}"
    );
}

#[test]
fn checkouts_and_merges_refresh_the_view_behind_ones_back() {
    let sandbox = Sandbox::new();
    let hub = sandbox.bare("hub");
    let (alice, bob) = (shared(&hub, "alice"), shared(&hub, "bob"));
    let tip = |agent: &Agent| agent.git(["rev-parse", "refs/coord/state"]).stdout;
    bob.commit("src/b.rs", "his\n");
    bob.git(["push", "--quiet", "origin", "main"]).ok();
    for (name, args) in [
        ("one", &["switch", "--quiet", "-c", "topic"][..]),
        ("two", &["pull", "--quiet", "origin", "main"]),
    ] {
        bob.coord(["lock", name]).ok();
        age_view(&alice, Duration::from_secs(60));
        alice.git(args).ok();
        until("the view is fresh", || {
            (tip(&alice) == tip(&bob)).then_some(())
        });
    }
    // Checking files out is no reason, and a fresh view needs nothing.
    bob.coord(["lock", "three"]).ok();
    let before = tip(&alice);
    alice
        .git(["checkout", "--quiet", "HEAD", "--", "src/a.rs"])
        .ok();
    alice.coord(["hook", "post-merge", "0"]).ok();
    assert_eq!(tip(&alice), before);
}
