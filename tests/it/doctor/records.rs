//! Records that somebody put into the chain with plain git.

use serde_json::{Value, json};

use super::{STATE, check, doctor, formats, found, held, locked, tip, works};
use crate::support::{Sandbox, Shell};

/// Puts a blob into the state as a new commit that looks like an operation's.
#[track_caller]
fn plant(shell: &Shell, path: &str, content: &str, mode: &str) -> String {
    let hash = shell.command("git", ["hash-object", "-w", "--stdin"]);
    let blob = hash.input(content).run().ok().stdout.trim_end().to_owned();
    let index = shell
        .clone()
        .with("GIT_INDEX_FILE", shell.sandbox().join("tmp/index"));
    index.git(["read-tree", STATE]).ok();
    // By its standard input, which takes names that the command line does not.
    index
        .command("git", ["update-index", "--add", "--index-info"])
        .input(format!("{mode} {blob}\t{path}\n"))
        .run()
        .ok();
    let tree = index.ask_git(["write-tree"]);
    let message = shell.ask_git(["log", "-1", "--format=%B", STATE]);
    let (subject, body) = message.split_once("\n\n").unwrap();
    let mut event: Value = serde_json::from_str(body.lines().next().unwrap()).unwrap();
    event["rev"] = json!(event["rev"].as_u64().unwrap() + 1);
    let message = format!("{subject}\n\n{event}\n");
    let commit = shell
        .command("git", ["commit-tree", "-p", STATE, &tree])
        .input(message)
        .run()
        .ok();
    let commit = commit.stdout.trim_end().to_owned();
    shell.git(["update-ref", STATE, &commit]).ok();
    commit
}

/// The record of a lock that is held.
#[track_caller]
fn record(shell: &Shell, name: &str) -> String {
    shell.ask_git(["show", &format!("{STATE}:locks/path/src/{name}=")])
}

const PLAIN: &str = "100644";

#[test]
fn a_damaged_record_is_named_refused_and_set_aside() {
    let deep = format!("{}{}", "[".repeat(17), "]".repeat(17));
    let large = format!("{{\"v\":1,\"kind\":\"{}\"}}", "x".repeat(70_000));
    for init in formats() {
        let sandbox = Sandbox::new();
        let alice = locked(&sandbox, init);
        let good = tip(&alice);
        let before = held(&alice);
        let ours = record(&alice, "a.rs");
        let twice = ours.replacen("\"v\":1", "\"v\":1,\"v\":1", 1);
        for (content, mode, text) in [
            ("", PLAIN, "empty"),
            ("no json", PLAIN, "expected"),
            (&*large, PLAIN, "bytes"),
            (&*deep, PLAIN, "deeper than 16"),
            (&*twice, PLAIN, "twice"),
            (&*ours, PLAIN, "belongs elsewhere"),
            (r#"{"v":1,"kind":"wait"}"#, PLAIN, "missing field"),
            ("src/a.rs", "120000", "no plain file"),
        ] {
            let planted = plant(&alice, "locks/path/src/c.rs=", content, mode);
            let report = doctor(&alice, &[]);
            found(&report, "records", "problem", "locks/path/src/c.rs=");
            found(&report, "records", "problem", text);
            // It might be somebody's lock on exactly this file.
            if mode == PLAIN {
                let _ = alice.coord(["lock", "src/c.rs"]).code(4);
            }
            assert_eq!(tip(&alice), planted);
            let report = doctor(&alice, &["--fix"]);
            assert_eq!(report["problems"], 0, "{report:#}");
            assert_eq!(check(&report, "records")["fix"], "done");
            assert_eq!(tip(&alice), good);
            assert_eq!(held(&alice), before);
            let rescued = alice.ask_git(["for-each-ref", "refs/coord/rescued"]);
            assert!(rescued.contains(&planted), "{rescued}");
        }
        works(&alice);
    }
}

#[test]
fn a_damaged_record_over_a_lock_gives_the_lock_back() {
    for init in formats() {
        let sandbox = Sandbox::new();
        let alice = locked(&sandbox, init);
        let before = held(&alice);
        plant(&alice, "locks/path/src/a.rs=", "{", PLAIN);
        let bob = alice.beside("bob");
        let _ = bob.coord(["lock", "src/a.rs"]).code(4);
        assert_eq!(doctor(&alice, &["--fix"])["problems"], 0);
        assert_eq!(held(&alice), before);
        let _ = bob.coord(["lock", "src/a.rs"]).refused();
        works(&alice);
    }
}

#[test]
fn a_misplaced_file_is_named() {
    let sandbox = Sandbox::new();
    let alice = locked(&sandbox, &[]);
    let good = tip(&alice);
    for path in [
        "locks/README.md",
        "locks/path/src/c.rs",
        "waits/alice/s1.json",
        "notices/alice/s1/x.json",
        "locks/path/a b=",
    ] {
        plant(&alice, path, &record(&alice, "a.rs"), PLAIN);
        let report = doctor(&alice, &[]);
        found(&report, "records", "problem", path);
        assert_eq!(doctor(&alice, &["--fix"])["problems"], 0);
        assert_eq!(tip(&alice), good);
    }
    works(&alice);
}

/// What a newer program wrote is no damage: it is left as it is, and so are its keys.
#[test]
fn a_newer_record_is_told_apart_and_kept() {
    for init in formats() {
        let sandbox = Sandbox::new();
        let alice = locked(&sandbox, init);
        let newer = r#"{"v":99,"kind":"lock","what":"nobody knows"}"#;
        let planted = plant(&alice, "locks/path/src/c.rs=", newer, PLAIN);
        let _ = alice.coord(["lock", "src/c.rs"]).code(4);
        let report = doctor(&alice, &["--fix"]);
        assert_eq!(report["problems"], 0, "{report:#}");
        found(&report, "records", "warning", "update git-coord");
        assert_eq!(tip(&alice), planted);
    }
}

#[test]
fn an_unknown_place_is_only_noted() {
    let sandbox = Sandbox::new();
    let alice = locked(&sandbox, &[]);
    plant(&alice, "elsewhere/3f/one.json", "{}", PLAIN);
    let report = doctor(&alice, &["--fix"]);
    assert_eq!(report["problems"], 0, "{report:#}");
    found(&report, "records", "note", "elsewhere/3f/one.json");
    alice.coord(["lock", "src/c.rs"]).ok();
}

/// An operation on top of the damage was acknowledged, so nothing below it is given up.
#[test]
fn damage_under_an_operation_is_named_and_left() {
    let sandbox = Sandbox::new();
    let alice = locked(&sandbox, &[]);
    plant(&alice, "locks/path/src/c.rs=", "{", PLAIN);
    alice.coord(["lock", "docs/guide.md"]).ok();
    let (before, all) = (tip(&alice), alice.coord(["locks", "--json"]).ok().json());
    let report = doctor(&alice, &["--fix"]);
    found(&report, "records", "problem", "locks/path/src/c.rs=");
    assert_eq!(check(&report, "records")["fix"], "none");
    assert_eq!(tip(&alice), before);
    assert_eq!(alice.coord(["locks", "--json"]).ok().json(), all);
}

/// Words of others reach a terminal only as text.
#[test]
fn a_planted_escape_sequence_is_not_printed() {
    let sandbox = Sandbox::new();
    let alice = locked(&sandbox, &[]);
    let message = "\u{1b}[2J\u{202e}evil";
    let stray = alice.ask_git(["commit-tree", "-p", STATE, "-m", message, "HEAD^{tree}"]);
    alice.git(["update-ref", STATE, &stray]).ok();
    let outcome = alice.coord(["doctor"]).code(4);
    assert!(outcome.stdout.contains("evil"), "{outcome}");
    assert!(
        !outcome.stdout.contains(['\u{1b}', '\u{202e}']),
        "{outcome}"
    );
}
