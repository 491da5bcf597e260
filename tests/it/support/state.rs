//! The state as another program would write it: with git's plumbing and nothing of ours.

use super::Shell;

/// The ref of the state.
pub const STATE: &str = "refs/coord/state";

/// Commits a blob at a place of the state, with an event that numbers the commit as the chain
/// wants it and otherwise repeats the one before.
#[track_caller]
pub fn plant(shell: &Shell, place: &str, bytes: impl Into<Vec<u8>>, subject: &str) {
    let blob = fed(shell, &["hash-object", "-w", "--stdin"], bytes.into());
    let index = shell.sandbox().join("tmp/planted-index");
    let with_index = shell.clone().with("GIT_INDEX_FILE", &index);
    with_index.git(["read-tree", STATE]).ok();
    let entry = format!("100644 {blob}\t{place}\0");
    fed(
        &with_index,
        &["update-index", "-z", "--index-info"],
        entry.into_bytes(),
    );
    let tree = with_index.ask_git(["write-tree"]);
    let body = shell.ask_git(["log", "-1", "--format=%b", STATE]);
    let mut event: serde_json::Value = serde_json::from_str(body.trim()).unwrap();
    event["rev"] = (event["rev"].as_u64().unwrap() + 1).into();
    let message = format!("{subject}\n\n{event}\n");
    let commit = fed(
        shell,
        &["commit-tree", &tree, "-p", STATE],
        message.into_bytes(),
    );
    shell.git(["update-ref", STATE, &commit]).ok();
}

/// The blob at a place of the state.
#[track_caller]
pub fn record(shell: &Shell, place: &str) -> serde_json::Value {
    let text = shell.ask_git(["show", &format!("{STATE}:{place}")]);
    serde_json::from_str(&text).unwrap()
}

#[track_caller]
fn fed(shell: &Shell, args: &[&str], input: Vec<u8>) -> String {
    let outcome = shell.command("git", args).input(input).run().ok();
    outcome.stdout.trim_end().to_owned()
}
