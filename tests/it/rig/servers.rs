//! A push and a fetch through every kind of server.

use crate::support::server::{GitDaemon, Http, Server, Sshd, program};
use crate::support::{Agent, Hub, Sandbox, race};

/// Alice pushes through the server, the hub has it, and bob fetches it through the server.
#[track_caller]
fn carries_both_ways(sandbox: &Sandbox, server: &impl Server) {
    let hub = sandbox.bare("hub");
    let alice = server.clone_as(&hub, "alice");
    let bob = server.clone_as(&hub, "bob");
    // A body beyond this size is sent in chunks of unknown total length, over HTTP.
    alice.git(["config", "http.postBuffer", "65536"]).ok();
    let large: String = (0_u64..30_000)
        .map(|n| format!("{:x}\n", n * n * n))
        .collect();
    let tip = alice.commit("large.txt", &large);
    alice
        .git(["push", "--quiet", "origin", "HEAD:refs/coord/state"])
        .ok();
    assert_eq!(hub.ask_git(["rev-parse", "refs/coord/state"]), tip);
    bob.git(["fetch", "--quiet", "origin", "refs/coord/state"])
        .ok();
    assert_eq!(bob.ask_git(["rev-parse", "FETCH_HEAD"]), tip);
    one_push_wins(&alice, server, &hub);
}

/// Many pushes at once, each expecting the same old value: the server lets exactly one through.
#[track_caller]
fn one_push_wins(alice: &Agent, server: &impl Server, hub: &Hub) {
    let url = server.url(hub);
    let tips: Vec<_> = (0..6)
        .map(|n| alice.commit("n.txt", &n.to_string()))
        .collect();
    let outcomes = race(tips.len(), |index| {
        let refspec = format!("{}:refs/coord/race", tips[index]);
        alice.command(
            "git",
            [
                "push",
                "--force-with-lease=refs/coord/race:",
                &url,
                &refspec,
            ],
        )
    });
    let winners: Vec<_> = (0..tips.len())
        .filter(|index| outcomes[*index].is_ok())
        .collect();
    assert_eq!(winners.len(), 1, "{outcomes:#?}");
    assert_eq!(
        hub.ask_git(["rev-parse", "refs/coord/race"]),
        tips[winners[0]]
    );
}

#[test]
fn git_daemon_carries_both_ways() {
    let sandbox = Sandbox::new();
    carries_both_ways(&sandbox, &GitDaemon::start(&sandbox));
}

#[test]
fn sshd_carries_both_ways() {
    let sandbox = Sandbox::new();
    carries_both_ways(&sandbox, &Sshd::start(&sandbox));
}

#[test]
fn http_carries_both_ways() {
    let sandbox = Sandbox::new();
    carries_both_ways(&sandbox, &Http::start(&sandbox));
}

#[test]
fn sshd_runs_nothing_but_git() {
    let sandbox = Sandbox::new();
    let server = Sshd::start(&sandbox);
    let hub = sandbox.bare("hub");
    let alice = server.clone_as(&hub, "alice");
    let client = alice.ask_git(["config", "core.sshCommand"]);
    let line = format!("{client} -p {} 127.0.0.1 id", server.port());
    let outcome = alice.command("sh", ["-c", &line]).run().failed();
    assert!(
        outcome.stderr.contains("unrecognized command 'id'"),
        "{outcome}"
    );
}

#[test]
fn sshd_and_http_refuse_strangers() {
    let sandbox = Sandbox::new();
    let hub = sandbox.bare("hub");
    let sshd = Sshd::start(&sandbox);
    let http = Http::start(&sandbox);
    // The sandbox's own shell has none of the settings that the servers give to clones.
    let strange = "ssh -F /dev/null -o IdentityFile=none -o IdentityAgent=none -o BatchMode=yes \
                   -o StrictHostKeyChecking=no -o UserKnownHostsFile=/dev/null";
    let by_ssh = sandbox.command("git", ["ls-remote", &sshd.url(&hub)]);
    let outcome = by_ssh.env("GIT_SSH_COMMAND", strange).run().failed();
    assert!(outcome.stderr.contains("Permission denied"), "{outcome}");
    let outcome = sandbox.git(["ls-remote", &http.url(&hub)]).failed();
    assert!(
        outcome.stderr.contains("could not read Username"),
        "{outcome}"
    );
}

#[test]
fn a_server_ends_with_its_handle() {
    let sandbox = Sandbox::new();
    let hub = sandbox.bare("hub");
    let server = GitDaemon::start(&sandbox);
    let url = server.url(&hub);
    sandbox.git(["ls-remote", &url]).ok();
    drop(server);
    let outcome = sandbox.git(["ls-remote", &url]).failed();
    assert!(outcome.stderr.contains("Connection refused"), "{outcome}");
}

#[test]
#[should_panic(expected = "this test needs `no-such-server`: install Debian's `no-such-package`")]
fn a_missing_server_is_named_with_its_package() {
    program("no-such-server", "no-such-package");
}
