//! A self-hosted remote that refuses what the locks do not allow: its branches.

use crate::support::git::knows;
use crate::support::server::{Http, Server};
use crate::support::{Agent, Hub, Sandbox};

/// The hook as it is shipped.
pub const GATE: &str = include_str!("../../../hooks/server/pre-receive");

/// A clone whose locks are shared through its remote, without hooks of its own.
pub fn shared(agent: Agent) -> Agent {
    agent.git(["config", "coord.remote", "origin"]).ok();
    agent
}

fn hub(sandbox: &Sandbox) -> Hub {
    let hub = sandbox.bare("hub");
    hub.git(["config", "http.receivepack", "true"]).ok();
    hub.hook("pre-receive", GATE);
    hub
}

fn commit_as(agent: &Agent, file: &str, claim: Option<&str>) {
    let count = agent.ask_git(["rev-list", "--count", "HEAD"]);
    agent.write(file, &format!("change {count}\n"));
    agent.git(["add", "."]).ok();
    let claim = claim
        .map(|name| format!("\n\nCoord-Agent: {name}"))
        .unwrap_or_default();
    let message = format!("change{claim}");
    agent.git(["commit", "--quiet", "-m", &message]).ok();
}

#[test]
fn a_branch_takes_no_change_of_what_somebody_else_holds() {
    let sandbox = Sandbox::new();
    let hub = hub(&sandbox);
    let (alice, bob) = (shared(hub.clone_as("alice")), shared(hub.clone_as("bob")));
    commit_as(&alice, "src/auth.rs", None);
    alice
        .git(["push", "--quiet", "origin", "main", "main:early"])
        .ok();
    bob.git(["pull", "--quiet"]).ok();
    bob.coord(["lock", "src/auth.rs", "--reason", "new login"])
        .ok();
    commit_as(&alice, "src/auth.rs", None);
    let main = hub.ask_git(["rev-parse", "main"]);
    insta::assert_snapshot!(alice.git(["push", "--quiet", "origin", "main"]).failed(), @r"
    exit 1
    --- stderr
    remote: refused[lock_held]: `src/auth.rs` is locked by bob (session s1) since [time] until [time], on branch `main`: new login
    remote: hint: wait with `git coord lock --wait :/src/auth.rs`, work on something else, or, if bob is gone, `git coord lock --steal --rev 1 --reason … :/src/auth.rs`
    remote: git-coord: this server does not know who pushes; it goes by the `Coord-Agent:` trailers of the commits
    To [sandbox]/hub.git
     ! [remote rejected] main -> main (pre-receive hook declined)
    error: failed to push some refs to '[sandbox]/hub.git'
    ");
    alice
        .git(["push", "--no-verify", "origin", "main:fresh"])
        .failed();
    assert_eq!(hub.ask_git(["rev-parse", "main"]), main);
    // Elsewhere she is free, and deletions and tags pass.
    alice
        .git(["push", "--quiet", "origin", "main:refs/tags/v1"])
        .ok();
    alice
        .git(["push", "--quiet", "--delete", "origin", "early"])
        .ok();
    alice.git(["reset", "--quiet", "--hard", &main]).ok();
    commit_as(&alice, "src/a.rs", None);
    alice.git(["push", "--quiet", "origin", "main"]).ok();
    // The holder's commits say who he is; on this server that is all there is.
    bob.git(["pull", "--quiet", "--rebase"]).ok();
    commit_as(&bob, "src/auth.rs", Some("bob"));
    bob.git(["push", "--quiet", "origin", "main"]).ok();
    // What is on the main branch blames nobody who takes it in.
    alice
        .git(["switch", "--quiet", "-c", "topic", "HEAD^"])
        .ok();
    commit_as(&alice, "src/b.rs", None);
    alice.git(["push", "--quiet", "origin", "topic"]).ok();
    alice
        .git([
            "pull",
            "--quiet",
            "--no-rebase",
            "--no-edit",
            "origin",
            "main",
        ])
        .ok();
    alice.git(["push", "--quiet", "origin", "topic"]).ok();
}

#[test]
fn the_branch_of_a_paused_feature_takes_no_commits() {
    let sandbox = Sandbox::new();
    let hub = hub(&sandbox);
    let (alice, bob) = (shared(hub.clone_as("alice")), shared(hub.clone_as("bob")));
    let register = ["feature", "register", "login", "--branch", "topic"];
    alice.coord(register).ok();
    bob.coord(["lock", "feature:login:pause"]).ok();
    commit_as(&alice, "src/a.rs", None);
    let topic = "main:refs/heads/topic";
    let refused = alice.git(["push", "origin", topic]).failed();
    assert!(
        refused
            .stderr
            .contains("`feature:login:pause` is locked by bob"),
        "{refused}"
    );
    alice.git(["push", "--quiet", "origin", "main"]).ok();
    // Who paused it is known by his commits.
    bob.git(["pull", "--quiet"]).ok();
    commit_as(&bob, "src/b.rs", Some("bob"));
    bob.git(["push", "--quiet", "origin", topic]).ok();
    commit_as(&alice, "src/c.rs", None);
    bob.coord(["unlock", "--all"]).ok();
    alice
        .git(["push", "--quiet", "--force", "origin", topic])
        .ok();
}

#[test]
fn a_stolen_lock_stops_its_earlier_holder() {
    let sandbox = Sandbox::new();
    let hub = hub(&sandbox);
    let (alice, bob) = (shared(hub.clone_as("alice")), shared(hub.clone_as("bob")));
    alice.coord(["lock", "src/auth.rs"]).ok();
    commit_as(&alice, "src/auth.rs", Some("alice"));
    let rev = bob.coord(["locks", "--json"]).ok().json()["locks"][0]["rev"].to_string();
    bob.coord([
        "lock",
        "--steal",
        "--rev",
        &rev,
        "--reason",
        "she left",
        "src/auth.rs",
    ])
    .ok();
    let refused = alice.git(["push", "origin", "main"]).failed();
    assert!(
        refused.stderr.contains("`src/auth.rs` is locked by bob"),
        "{refused}"
    );
}

#[test]
fn a_server_that_knows_who_pushes_believes_no_claim() {
    let sandbox = Sandbox::new();
    let hub = hub(&sandbox);
    let server = Http::start(&sandbox);
    let alice = shared(server.clone_as(&hub, "alice"));
    let bob = shared(hub.clone_as("bob"));
    // The server calls her `rig`, which is no agent's name here.
    let refused = alice.coord(["lock", "src/a.rs"]).code(3);
    assert!(
        refused.stderr.contains("rig may not act as alice"),
        "{refused}"
    );
    hub.git(["config", "coord.pusher.rig.agent", "al*"]).ok();
    alice.coord(["lock", "src/a.rs"]).ok();
    commit_as(&alice, "src/a.rs", None);
    alice.git(["push", "--quiet", "origin", "main"]).ok();
    // Bob's way to the hub is another one.
    bob.git(["push", "--quiet", "origin", "main:his"]).ok();
    bob.coord(["lock", "src/auth.rs"]).ok();
    // What the server's main branch has blames nobody who takes it in, whoever made it.
    alice.git(["switch", "--quiet", "-c", "topic"]).ok();
    commit_as(&alice, "src/b.rs", None);
    alice.git(["push", "--quiet", "origin", "topic"]).ok();
    bob.git(["pull", "--quiet"]).ok();
    commit_as(&bob, "src/auth.rs", Some("bob"));
    bob.git(["push", "--quiet", "origin", "main"]).ok();
    let pull = [
        "pull",
        "--quiet",
        "--no-rebase",
        "--no-edit",
        "origin",
        "main",
    ];
    alice.git(pull).ok();
    alice.git(["push", "--quiet", "origin", "topic"]).ok();
    alice.git(["switch", "--quiet", "main"]).ok();
    alice.git(pull).ok();

    commit_as(&alice, "src/auth.rs", Some("bob"));
    let refused = alice.git(["push", "origin", "main"]).failed();
    assert!(
        refused.stderr.contains("`src/auth.rs` is locked by bob"),
        "{refused}"
    );
    assert!(
        refused.stderr.contains("rig pushes, and acts for al*"),
        "{refused}"
    );
}

#[test]
fn a_server_that_cannot_look_lets_nothing_in_unless_told() {
    let sandbox = Sandbox::new();
    let hub = hub(&sandbox);
    let alice = hub.clone_as("alice");
    let bare = alice.without_program();
    commit_as(&alice, "src/a.rs", None);
    let refused = bare.git(["push", "origin", "main"]).failed();
    assert!(
        refused
            .stderr
            .contains("git-coord is not on the server's PATH"),
        "{refused}"
    );
    hub.git(["config", "coord.skew", "much"]).ok();
    let refused = alice.git(["push", "origin", "main"]).failed();
    assert!(
        refused.stderr.contains("`coord.skew` is `much`"),
        "{refused}"
    );
    hub.git(["config", "coord.failClosed", "false"]).ok();
    alice.git(["push", "--quiet", "origin", "main"]).ok();
    commit_as(&alice, "src/a.rs", None);
    bare.git(["push", "--quiet", "origin", "main"]).ok();
}

#[test]
fn servers_of_other_formats_look_into_the_quarantine_too() {
    let sandbox = Sandbox::new();
    for option in ["--ref-format=reftable", "--object-format=sha256"] {
        if !knows(&[option]) {
            continue;
        }
        let hub = sandbox.bare_with(&option[2..5], &[option]);
        hub.hook("pre-receive", GATE);
        let alice = shared(hub.clone_as(&format!("alice-{}", &option[2..5])));
        let bob = shared(hub.clone_as(&format!("bob-{}", &option[2..5])));
        bob.coord(["lock", "src/auth.rs"]).ok();
        commit_as(&alice, "src/auth.rs", None);
        alice.git(["push", "origin", "main"]).failed();
        bob.coord(["unlock", "--all"]).ok();
        alice.git(["push", "--quiet", "origin", "main"]).ok();
    }
}
