//! Git's own hooks: what they refuse, what they add, and that they never stand in the way.

mod after;
mod broken;
mod gate;
mod gate_state;
mod install;
mod managers;
mod messages;
mod push;
mod settings;
mod staged;
mod view;

use std::path::Path;

use serde_json::Value;

use crate::support::{Agent, Sandbox, Shell};

/// The place of the lock on `src/auth.rs` in the state.
const AUTH: &str = "locks/path/src/auth.rs=";

/// Alice in a repository of her own, with hooks; bob is in the same one.
fn alice_and_bob(sandbox: &Sandbox) -> (Agent, Agent) {
    let alice = sandbox.repo("project").agent("alice");
    alice.coord(["hooks", "install"]).ok();
    let bob = alice.beside("bob");
    (alice, bob)
}

/// Puts a program before all others of its name on the search path.
fn with_program(shell: &Shell, name: &str, script: &str) -> Shell {
    let dir = shell.sandbox().join("programs");
    shell.clone().at(&dir).write_program(name, script);
    shell.finding(&dir)
}

/// The text of the log's newest entries.
fn log(shell: &Shell) -> String {
    shell.coord(["log"]).ok().stdout
}

/// Puts a commit on the state by hand: one record edited, the event as `tell` makes it from that of
/// the last one. Returns the commit; the ref stands where it was.
#[track_caller]
fn forge(
    shell: &Shell,
    place: &str,
    edit: impl Fn(&mut Value),
    tell: impl Fn(&mut Value),
) -> String {
    let ask = |args: &[&str]| shell.ask_git(args);
    let feed = |args: &[&str], input: String, index: &Path| {
        let run = shell.command("git", args).env("GIT_INDEX_FILE", index);
        run.input(input).run().ok().stdout.trim_end().to_owned()
    };
    let index = shell.sandbox().join("tmp/forged-index");
    let tip = ask(&["rev-parse", "refs/coord/state"]);
    let before: Value = serde_json::from_str(&ask(&["show", &format!("{tip}:{place}")])).unwrap();
    let mut record = before.clone();
    edit(&mut record);
    feed(&["read-tree", &tip], String::new(), &index);
    // Written again it would be another blob, even with the same content.
    if record != before {
        let blob = feed(
            &["hash-object", "-w", "--stdin"],
            record.to_string(),
            &index,
        );
        let info = format!("100644,{blob},{place}");
        feed(
            &["update-index", "--cacheinfo", &info],
            String::new(),
            &index,
        );
    }
    let tree = feed(&["write-tree"], String::new(), &index);
    let body = ask(&["show", "-s", "--format=%b", &tip]);
    let mut event: Value = serde_json::from_str(body.lines().next().unwrap()).unwrap();
    event["rev"] = (event["rev"].as_u64().unwrap() + 1).into();
    tell(&mut event);
    let author = |what: &str| ask(&["show", "-s", &format!("--format={what}"), &tip]);
    let run = shell
        .command("git", ["commit-tree", "-p", &tip, &tree])
        .env("GIT_AUTHOR_NAME", author("%an"))
        .env("GIT_AUTHOR_EMAIL", author("%ae"));
    let made = run.input(format!("forged\n\n{event}\n")).run().ok();
    made.stdout.trim_end().to_owned()
}

/// Makes a lock look as if it was renewed eight minutes ago.
pub fn age_lock(shell: &Shell, place: &str) -> String {
    let back = |time: &str| {
        let time: chrono::DateTime<chrono::Utc> = time.parse().unwrap();
        let back = time - chrono::Duration::minutes(8);
        back.to_rfc3339_opts(chrono::SecondsFormat::Secs, true)
    };
    let forged = forge(
        shell,
        place,
        |record| {
            let hold = &mut record["holds"][0];
            let renewed = hold["renewed"].as_str().unwrap();
            let aged = back(renewed);
            hold["renewed"] = aged.into();
        },
        |_| {},
    );
    shell.git(["update-ref", "refs/coord/state", &forged]).ok();
    forged
}
