//! The remote and its state, set to what this clone has not seen.

use super::{STATE, check, doctor, found, held, refs, tip, works};
use crate::support::server::{GitDaemon, Server};
use crate::support::{Agent, Hub, Sandbox};

/// Refuses every push that deletes something.
const REFUSE_DELETION: &str = "\
#!/bin/sh
while read -r old new ref; do
  case $new in *[!0]*) ;; *) exit 1 ;; esac
done
";

/// A clone that asks the hub.
#[track_caller]
fn member(hub: &Hub, name: &str) -> Agent {
    let agent = hub.clone_as(name);
    agent.git(["config", "coord.remote", "origin"]).ok();
    agent
}

/// Alice and bob, who each hold a file and have seen each other's.
#[track_caller]
fn team(hub: &Hub) -> (Agent, Agent) {
    let (alice, bob) = (member(hub, "alice"), member(hub, "bob"));
    alice.coord(["lock", "src/a.rs"]).ok();
    bob.coord(["lock", "src/b.rs"]).ok();
    // Alice sees it with her next write.
    alice.coord(["lock", "docs/guide.md"]).ok();
    let _ = bob.coord(["lock", "docs/guide.md"]).refused();
    assert_eq!(tip(&alice), tip(&bob));
    (alice, bob)
}

#[track_caller]
fn is_restored(text: &str, damage: impl FnOnce(&Hub, &Sandbox)) {
    let sandbox = Sandbox::new();
    let hub = sandbox.bare("hub");
    let (alice, bob) = team(&hub);
    let good = tip(&alice);
    damage(&hub, &sandbox);
    let wrong = refs(&hub);
    // Both refuse, and neither changes anything.
    for who in [&alice, &bob] {
        let _ = who.coord(["lock", "src/auth.rs"]).code(4);
        assert_eq!(tip(who), good);
        let report = doctor(who, &["--fix"]);
        found(&report, "remote-state", "problem", text);
        found(&report, "remote-state", "problem", &good);
        found(&report, "remote-state", "problem", "--restore-remote");
    }
    assert_eq!(
        refs(&hub),
        wrong,
        "without the option the remote is left alone"
    );
    let report = doctor(&bob, &["--fix", "--restore-remote"]);
    assert_eq!(report["problems"], 0, "{report:#}");
    assert_eq!(check(&report, "remote-state")["fix"], "done");
    assert_eq!(tip(&hub), good);
    for who in [&alice, &bob] {
        assert_eq!(held(who), ["docs/guide.md", "src/a.rs", "src/b.rs"]);
    }
    works_at(&alice, "src/c.rs");
    works_at(&bob, "src/d.rs");
}

#[track_caller]
fn works_at(who: &Agent, file: &str) {
    who.coord(["lock", file]).ok();
    let report = doctor(who, &[]);
    assert_eq!(report["problems"], 0, "{report:#}");
}

#[test]
fn a_state_set_back_at_the_remote_is_restored() {
    is_restored("set back by 1", |hub, _| {
        hub.git(["update-ref", STATE, &format!("{STATE}~1")]).ok();
    });
}

#[test]
fn a_state_deleted_at_the_remote_is_restored() {
    is_restored("gone from the remote", |hub, _| {
        hub.git(["update-ref", "-d", STATE]).ok();
    });
}

#[test]
fn a_foreign_state_at_the_remote_is_replaced_and_kept() {
    is_restored("foreign", |hub, sandbox| {
        let other = sandbox.repo("other").agent("mallory");
        other.coord(["lock", "src/a.rs"]).ok();
        let to = hub.path().to_str().unwrap();
        let refspec = format!("+{STATE}:{STATE}");
        other.git(["push", "--quiet", to, &refspec]).ok();
    });
}

#[test]
fn the_remotes_state_can_be_accepted_instead() {
    let sandbox = Sandbox::new();
    let hub = sandbox.bare("hub");
    let (alice, bob) = team(&hub);
    let older = hub.ask_git(["rev-parse", &format!("{STATE}~1")]);
    hub.git(["update-ref", STATE, &older]).ok();
    for who in [&alice, &bob] {
        let ours = tip(who);
        let report = doctor(who, &["--fix", "--accept", &older]);
        assert_eq!(report["problems"], 0, "{report:#}");
        assert_eq!(tip(who), older);
        assert_eq!(who.ask_git(["rev-parse", "refs/coord/rescued/1"]), ours);
    }
    works(&alice);
}

/// What no operation made is taken out at the remote by one clone; the others follow by a plain
/// `--fix`, since nobody loses by it.
#[test]
fn a_planted_commit_is_taken_out_everywhere() {
    let sandbox = Sandbox::new();
    let hub = sandbox.bare("hub");
    let (alice, bob) = team(&hub);
    let good = tip(&alice);
    let stray = hub.ask_git(["commit-tree", "-p", STATE, "-m", "mine", "HEAD^{tree}"]);
    hub.git(["update-ref", STATE, &stray]).ok();
    for who in [&alice, &bob] {
        let _ = who.coord(["lock", "src/auth.rs"]).code(4);
    }
    let report = doctor(&alice, &["--fix", "--restore-remote"]);
    assert_eq!(report["problems"], 0, "{report:#}");
    assert_eq!((tip(&hub), tip(&alice)), (good.clone(), good.clone()));
    let report = doctor(&bob, &["--fix"]);
    assert_eq!(report["problems"], 0, "{report:#}");
    assert_eq!(tip(&bob), good);
    works(&bob);
    works(&alice);
}

#[test]
fn a_planted_commit_at_the_remote_is_followed_by_nobody() {
    let sandbox = Sandbox::new();
    let hub = sandbox.bare("hub");
    let (alice, bob) = team(&hub);
    let good = tip(&hub);
    let stray = hub.ask_git(["commit-tree", "-p", STATE, "-m", "mine", "HEAD^{tree}"]);
    hub.git(["update-ref", STATE, &stray]).ok();
    for who in [&alice, &bob] {
        let _ = who.coord(["sync"]).code(4);
        let _ = who.coord(["lock", "docs/other.md"]).code(4);
        assert_eq!(tip(who), good);
    }
    hub.git(["update-ref", STATE, &good]).ok();
    works(&alice);
    works(&bob);
}

#[test]
fn a_healthy_team_is_well() {
    let sandbox = Sandbox::new();
    let hub = sandbox.bare("hub");
    let (alice, bob) = team(&hub);
    for who in [&alice, &bob] {
        let before = refs(&hub);
        let report = doctor(who, &["--fix", "--restore-remote"]);
        assert_eq!(
            (&report["problems"], &report["warnings"]),
            (&0.into(), &0.into())
        );
        assert_eq!(report["fixed"], 0, "{report:#}");
        assert_eq!(refs(&hub), before, "nothing is probed unasked");
        found(&report, "remote-accepts", "ok", "--probe");
        found(&report, "view-age", "ok", "confirmed");
    }
}

#[test]
fn a_probe_tells_what_the_remote_accepts_and_leaves_nothing() {
    let sandbox = Sandbox::new();
    let hub = sandbox.bare("hub");
    let (alice, _) = team(&hub);
    let before = refs(&hub);
    let probe = || doctor(&alice, &["--probe"]);
    found(&probe(), "remote-accepts", "ok", "under lease");
    assert_eq!(refs(&hub), before);
    hub.git(["config", "receive.advertiseAtomic", "false"]).ok();
    found(&probe(), "remote-accepts", "warning", "atomic");
    hub.git(["config", "--unset", "receive.advertiseAtomic"])
        .ok();
    hub.hook("pre-receive", REFUSE_DELETION);
    found(&probe(), "remote-accepts", "warning", "deletes no refs");
    hub.unhook("pre-receive");
    let before = refs(&hub);
    hub.refuse_coord_refs();
    found(
        &probe(),
        "remote-accepts",
        "problem",
        "coord.ref refs/heads/coord/state",
    );
    found(
        &probe(),
        "remote-accepts",
        "problem",
        "only branches and tags",
    );
    alice
        .git(["config", "coord.ref", "refs/heads/coord/state"])
        .ok();
    let report = probe();
    found(&report, "remote-accepts", "ok", "under lease");
    assert_eq!(refs(&hub), before);
}

/// One had to ask for it with an option that writes to the remote.
#[test]
fn a_host_without_atomic_pushes_is_seen_without_a_probe() {
    let sandbox = Sandbox::new();
    let hub = sandbox.bare("hub");
    let (alice, _) = team(&hub);
    let before = refs(&hub);
    found(&doctor(&alice, &[]), "remote-accepts", "ok", "atomic");
    hub.git(["config", "receive.advertiseAtomic", "false"]).ok();
    let report = doctor(&alice, &[]);
    found(&report, "remote-accepts", "warning", "no atomic pushes");
    found(&report, "remote-accepts", "warning", "git coord push");
    hub.git(["config", "receive.advertiseAtomic", "true"]).ok();
    // Who may only read can take no lock.
    hub.write_program("refuse", "#!/bin/sh\necho 'read only' >&2\nexit 1\n");
    let refuse = hub.path().join("refuse");
    let refuse = refuse.to_str().unwrap();
    alice
        .git(["config", "remote.origin.receivepack", refuse])
        .ok();
    found(
        &doctor(&alice, &[]),
        "remote-accepts",
        "warning",
        "read only",
    );
    assert_eq!(refs(&hub), before);
}

#[test]
fn a_remote_that_is_gone_is_named() {
    let sandbox = Sandbox::new();
    let hub = sandbox.bare("hub");
    let daemon = GitDaemon::start(&sandbox);
    let alice = daemon.clone_as(&hub, "alice");
    alice.git(["config", "coord.remote", "origin"]).ok();
    alice.coord(["lock", "src/a.rs"]).ok();
    assert_eq!(doctor(&alice, &[])["problems"], 0);
    drop(daemon);
    let report = doctor(&alice, &["--fix"]);
    found(&report, "remote", "problem", "origin");
    found(&report, "remote-state", "note", "does not answer");
    found(&report, "remote-accepts", "note", "does not answer");
    found(&report, "state-ref", "ok", "lock src/a.rs");
}
