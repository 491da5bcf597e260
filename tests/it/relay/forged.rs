//! Requests that are none: whatever is on a branch, nobody speaks for another, and no request is
//! decided twice, or keeps others from their answers.

use super::world::{PENDING, WORK_AND_REQUESTS, World, impatient, requests};
use crate::support::{Agent, Outcome};

/// Pushes an empty commit with a message of one's own.
#[track_caller]
fn push_message(agent: &Agent, message: &str, branch: &str) -> String {
    let tree = agent.ask_git(["rev-parse", "HEAD^{tree}"]);
    let made = agent.command("git", ["commit-tree", &tree, "-p", "HEAD", "-F", "-"]);
    let id = made.input(message).run().ok().stdout.trim().to_owned();
    push(agent, &id, branch);
    id
}

#[track_caller]
fn push(agent: &Agent, what: &str, branch: &str) {
    let spec = format!("{what}:refs/heads/{branch}");
    agent
        .git(["push", "--quiet", "--force", "origin", &spec])
        .ok();
}

/// The message of the newest request of an agent.
fn message(agent: &Agent) -> String {
    let own = format!("refs/coord/requests/{}", agent.name());
    agent.git(["log", "-1", "--format=%B", &own]).ok().stdout
}

#[track_caller]
fn says(outcome: &Outcome, lines: &[&str]) {
    for line in lines {
        assert!(outcome.stdout.contains(line), "{line}: {outcome}");
    }
    assert_eq!(
        outcome.stdout.lines().count(),
        // And that the state is published.
        lines.len() + 1,
        "{outcome}"
    );
}

#[test]
fn nobody_speaks_for_another_and_nothing_stops_the_others() {
    let world = World::taking(WORK_AND_REQUESTS);
    world.direct("alice").coord(["lock", "src/b.rs"]).ok();
    world.round().ok();
    let claude = world.restricted("claude-1");
    let mallory = world.restricted("claude-2");
    impatient(&claude);
    impatient(&mallory);
    mallory.coord(["lock", "src/m.rs"]).code(PENDING);
    let own = message(&mallory);
    world.round().ok();
    // As alice, with and without an id that was used; cut short; too large; of a later version.
    let forged = own.replace("\"agent\":\"claude-2\"", "\"agent\":\"alice\"");
    push_message(&mallory, &forged, "claude/f1");
    push_message(
        &mallory,
        &own.replace("\"request\"", "\"requests\""),
        "claude/f2",
    );
    let padded = format!("{own}{}\n", "x".repeat(60_000));
    push_message(&mallory, &padded, "claude/f3");
    let huge = format!("{own}{}\n", "x".repeat(600_000));
    push_message(&mallory, &huge, "claude/f4");
    push_message(&mallory, &own.replace("\"v\":1", "\"v\":7"), "claude/f5");
    // Her own again: the very commit elsewhere, and a copy of it.
    push(&mallory, "refs/coord/requests/claude-2", "claude/replayed");
    push_message(&mallory, &own, "claude/copied");
    claude.coord(["lock", "src/a.rs"]).code(PENDING);
    let round = world.round().ok();
    says(
        &round,
        &[
            "granted lock src/a.rs to claude-1",
            "turned down lock src/m.rs to alice on `claude/f1`: `claude/f1` may not speak for alice",
            "turned down ? to ? on `claude/f2`: it has no request that can be read",
            "turned down ? to ? on `claude/f3`: its message has",
            "turned down ? to ? on `claude/f4`: its message has",
            "turned down ? to ? on `claude/f5`: it has version 7",
        ],
    );
    let locks = claude.coord(["locks"]).ok();
    assert!(!locks.stdout.contains("alice  src/m.rs"), "{locks}");
    let again = world.round().ok();
    assert!(again.stdout.contains("no new requests"), "{again}");
    // Another relay, which has seen none of it, comes to the same.
    let second = world.second_relay();
    let again = second.coord(["relay"]).ok();
    assert!(again.stdout.contains("no new requests"), "{again}");
    second.coord(["log", "--verify"]).ok();
}

#[test]
fn the_id_of_a_request_is_not_used_up_by_somebody_else() {
    let world = World::taking(WORK_AND_REQUESTS);
    world.direct("alice").coord(["lock", "src/b.rs"]).ok();
    world.round().ok();
    let claude = world.restricted("claude-1");
    let mallory = world.restricted("claude-2");
    impatient(&claude);
    claude.coord(["lock", "src/a.rs"]).code(PENDING);
    // Mallory sees it and is faster: the same id, in her own name and in that of claude-1.
    let seen = message(&claude);
    let own = seen.replace("\"agent\":\"claude-1\"", "\"agent\":\"claude-2\"");
    let own = own.replace("src/a.rs", "src/other.rs");
    push_message(&mallory, &own, "coord/requests/claude-2");
    world
        .relay
        .git(["config", "--unset-all", "coord.relayRule"])
        .ok();
    let only = "coord/requests/claude-2 claude-2";
    world.relay.git(["config", "coord.relayRule", only]).ok();
    world.round().ok();
    world
        .relay
        .git(["config", "coord.relayRule", "coord/requests/* {1}"])
        .ok();
    let round = world.round().ok();
    assert!(
        round.stdout.contains("granted lock src/a.rs to claude-1"),
        "{round}"
    );
    assert_eq!(requests(&claude, "granted").len(), 1);
}

#[test]
fn who_spoke_first_for_an_agent_is_its_speaker() {
    let world = World::taking(WORK_AND_REQUESTS);
    world.direct("alice").coord(["lock", "src/b.rs"]).ok();
    world.round().ok();
    let claude = world.restricted("claude-1");
    impatient(&claude);
    claude.coord(["lock", "src/a.rs"]).code(PENDING);
    world.round().ok();
    let other = world.restricted("other");
    impatient(&other);
    let other = other.beside("claude-1");
    other
        .git(["config", "user.email", "other@example.invalid"])
        .ok();
    other.coord(["lock", "src/c.rs"]).code(PENDING);
    let round = world.round().ok();
    assert!(
        round
            .stdout
            .contains("spoken for by the committer rig@example.invalid"),
        "{round}"
    );
    let told = other.coord(["sync"]).ok();
    assert!(
        told.stderr.contains("does not take it for a request"),
        "{told}"
    );
    world.relay.coord(["relay", "--unpin", "claude-1"]).ok();
    other.coord(["lock", "src/c.rs"]).code(PENDING);
    let round = world.round().ok();
    assert!(
        round.stdout.contains("granted lock src/c.rs to claude-1"),
        "{round}"
    );
}

#[test]
fn a_rule_with_a_key_takes_signed_requests_only() {
    let world = World::taking(WORK_AND_REQUESTS);
    world.direct("alice").coord(["lock", "src/b.rs"]).ok();
    world.round().ok();
    let claude = world.restricted("claude-1");
    impatient(&claude);
    let key = world.sandbox.path().join("key");
    let key = key.to_str().unwrap();
    let keygen = ["-q", "-t", "ed25519", "-N", "", "-f", key];
    world.sandbox.command("ssh-keygen", keygen).run().ok();
    let shown = world
        .sandbox
        .command("ssh-keygen", ["-lf", key])
        .run()
        .ok()
        .stdout;
    let print = shown.split(' ').nth(1).unwrap().to_owned();
    let public = world.sandbox.read("key.pub");
    world.sandbox.write("signers", &format!("* {public}"));
    let signers = world.sandbox.path().join("signers");
    world
        .relay
        .git([
            "config",
            "gpg.ssh.allowedSignersFile",
            signers.to_str().unwrap(),
        ])
        .ok();
    world
        .relay
        .git(["config", "--unset-all", "coord.relayRule"])
        .ok();
    let rule = format!("coord/requests/* {{1}} {print}");
    world.relay.git(["config", "coord.relayRule", &rule]).ok();
    claude.coord(["lock", "src/a.rs"]).code(PENDING);
    let round = world.round().ok();
    assert!(round.stdout.contains("it has not signed"), "{round}");
    for (setting, value) in [
        ("gpg.format", "ssh"),
        ("user.signingKey", key),
        ("commit.gpgSign", "true"),
    ] {
        claude.git(["config", setting, value]).ok();
    }
    claude.coord(["lock", "src/a.rs"]).code(PENDING);
    let round = world.round().ok();
    assert!(round.stdout.contains("granted lock src/a.rs"), "{round}");
    // From now on the key speaks for it, whatever rules there are.
    world
        .relay
        .git(["config", "coord.relayRule", "coord/requests/* {1}"])
        .ok();
    claude.git(["config", "commit.gpgSign", "false"]).ok();
    claude.coord(["lock", "src/c.rs"]).code(PENDING);
    let round = world.round().ok();
    assert!(
        round.stdout.contains("spoken for by the key SHA256:"),
        "{round}"
    );
}

#[test]
fn rules_of_the_team_count_as_the_main_branch_has_them() {
    let world = World::taking(WORK_AND_REQUESTS);
    let alice = world.direct("alice");
    alice.coord(["lock", "src/b.rs"]).ok();
    world
        .relay
        .git(["config", "--unset-all", "coord.relayRule"])
        .ok();
    let refused = world.round().code(2);
    assert!(refused.stderr.contains("no rule says"), "{refused}");
    // What stands in a working tree counts for nothing: it may be the branch of whoever asks.
    world
        .relay
        .write(".coordconfig", "[coord]\n\trelayRule = * *\n");
    world.round().code(2);
    alice.commit(
        ".coordconfig",
        "[coord]\n\trelayRule = coord/requests/* {1}\n",
    );
    alice.git(["push", "--quiet", "origin", "main"]).ok();
    world.round().ok();
    let claude = world.restricted("claude-1");
    impatient(&claude);
    claude.coord(["lock", "src/a.rs"]).code(PENDING);
    let round = world.round().ok();
    assert!(round.stdout.contains("granted lock src/a.rs"), "{round}");
}
