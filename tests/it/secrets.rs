//! Secrets do not leave the command that they were typed into.

use std::fs;
use std::path::Path;

use crate::support::{Agent, Sandbox, Shell};

/// A token of the right shape, and nobody's.
fn token() -> String {
    format!("ghp_{}", "a1B2c3D4e5".repeat(4))
}

/// Whether a text is anywhere in a repository: in any file as it is, or in any object.
fn has(shell: &Shell, git_dir: &Path, text: &str) -> bool {
    let dir = format!("--git-dir={}", git_dir.display());
    let objects = [&dir, "cat-file", "--batch-all-objects", "--batch"];
    let outcome = shell.git(objects).ok();
    outcome.stdout.contains(text) || in_files(git_dir, text)
}

fn in_files(dir: &Path, text: &str) -> bool {
    fs::read_dir(dir).unwrap().flatten().any(|entry| {
        let path = entry.path();
        if path.is_dir() {
            return in_files(&path, text);
        }
        let bytes = fs::read(&path).unwrap_or_default();
        bytes
            .windows(text.len())
            .any(|part| part == text.as_bytes())
    })
}

/// Every way in which a text leaves with a request of shared work.
fn refused_with(alice: &Agent, token: &str) {
    let summary = format!("use {token}");
    let details = format!("it is {token} for now");
    for args in [
        &["handoff", "write", &summary][..],
        &["handoff", "write", "fine", "--next", &summary],
        &[
            "handoff",
            "write",
            "fine",
            "--decision",
            &format!("a: {token}"),
        ],
        &["remember", &summary],
        &["remember", "fine", "--details", &details],
        &["remember", "fine", "--lesson", &summary],
    ] {
        let outcome = alice.coord([&["--json"], args].concat()).refused();
        let printed = outcome.json();
        assert_eq!(
            (&printed["code"], &printed["rule"]),
            (&"secret".into(), &"github-token".into())
        );
        assert!(printed["at"].is_u64() && printed["field"].is_string());
        assert!(
            printed["hint"]
                .as_str()
                .unwrap()
                .contains("--allow-secret github-token")
        );
        let both = format!("{}{}", outcome.stdout, outcome.stderr);
        assert!(!both.contains(&token[4..]), "{both}");
    }
}

#[test]
fn a_secret_is_nowhere_after_its_refusal() {
    let sandbox = Sandbox::new();
    let hub = sandbox.bare("hub");
    let alice = hub.clone_as("alice");
    alice.git(["config", "coord.remote", "origin"]).ok();
    let token = token();
    alice.coord(["lock", "a"]).ok();
    refused_with(&alice, &token);
    // Refusals ride along with the next change; these must not.
    let marker = "MARK9ab3";
    alice.coord(["remember", marker]).ok();
    let own = alice.path().join(".git");
    assert!(has(&alice, &own, marker) && has(&alice, hub.path(), marker));
    assert!(!has(&alice, &own, &token[4..]), "it is in the clone");
    assert!(!has(&alice, hub.path(), &token[4..]), "it is on the remote");
    // Those that are no secret are on the record.
    alice
        .beside("bob")
        .coord(["lock", "a", "--reason", marker])
        .refused();
    alice.beside("bob").coord(["lock", "b"]).ok();
    let log = alice.ask_git(["log", "-1", "--format=%b", "refs/coord/state"]);
    assert!(log.contains("\"refused\"") && log.contains(marker), "{log}");
}

/// A request that was refused for another reason before anybody looked for secrets in it.
#[test]
fn a_secret_in_any_refused_request_is_not_remembered() {
    let sandbox = Sandbox::new();
    let alice = sandbox.repo("project").agent("alice");
    let bob = alice.beside("bob");
    let token = token();
    alice.coord(["lock", "a"]).ok();
    bob.coord(["lock", "a", "--reason", &format!("with {token}")])
        .refused();
    bob.coord(["lock", "b"]).ok();
    assert!(!has(&bob, &bob.path().join(".git"), &token[4..]));
}

#[test]
fn what_is_none_is_let_through_by_name_and_on_the_record() {
    let sandbox = Sandbox::new();
    let alice = sandbox.repo("project").agent("alice");
    let token = token();
    let summary = format!("revoked: {token}");
    let allow = ["remember", &summary, "--allow-secret", "aws-access-key,jwt"];
    alice.coord(allow).refused();
    alice
        .coord(["remember", &summary, "--allow-secret", "github-token"])
        .ok();
    let body = alice.ask_git(["log", "-1", "--format=%b", "refs/coord/state"]);
    assert!(
        body.contains(r#""allow_secrets":["github-token"]"#),
        "{body}"
    );
    alice.coord(["log", "--verify"]).ok();
}
