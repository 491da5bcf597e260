//! Text of others, pushed by hand past all of our checks, moves no cursor and reorders no line.

use serde_json::{Value, json};

use crate::support::state::{plant, record};
use crate::support::{Outcome, Sandbox};

/// An escape sequence, C0 and C1 controls, a bidi override, an isolate, a zero-width space, tag
/// characters, and a line break that would forge a line of output.
const HOSTILE: &str =
    "x\u{1b}[2J\u{7}\u{8}\r\n\u{7f}\u{9b}31m\u{202e}\u{2066}\u{200b}\u{feff}\u{e0041}y";

/// Fails when anything but text and line ends of our own was printed.
#[track_caller]
fn is_clean(outcome: &Outcome) {
    for text in [&outcome.stdout, &outcome.stderr] {
        let bad = text
            .chars()
            .find(|c| *c != '\n' && (c.is_control() || HOSTILE.contains(*c) && !c.is_ascii()));
        assert_eq!(bad, None, "{:?}", text);
        let forged = text
            .lines()
            .any(|line| line.starts_with('\u{7f}') || line.starts_with("\\u{7f}"));
        assert!(!forged, "a line was broken: {text}");
    }
}

#[test]
fn hostile_text_is_escaped_wherever_it_is_printed() {
    let sandbox = Sandbox::new();
    let alice = sandbox.repo("project").agent("alice");
    let bob = alice.beside("bob");
    alice
        .coord(["lock", "src/auth.rs", "--reason", "r", "--task", "t"])
        .ok();
    let mut lock = record(&alice, "locks/path/src/auth.rs=");
    for field in ["reason", "branch", "task", "host"] {
        lock["holds"][0][field] = HOSTILE.into();
    }
    lock["unknown"] = HOSTILE.into();
    plant(
        &alice,
        "locks/path/src/auth.rs=",
        lock.to_string(),
        "a \u{1b}[31m subject \u{202e}",
    );
    // A record that is damaged in a way that quotes it, one of another kind, and odd places.
    let mut damaged = lock.clone();
    damaged["mode"] = HOSTILE.into();
    plant(
        &alice,
        "locks/path/src/a.rs=",
        damaged.to_string(),
        "damage",
    );
    let mut other = lock.clone();
    other["kind"] = HOSTILE.into();
    plant(
        &alice,
        "locks/path/src/b.rs=",
        other.to_string(),
        "another kind",
    );
    let notice = json!({
        "v": 1, "kind": "notice", "op": lock["op"], "rev": 1, "at": lock["at"],
        "by": { "agent": "mallory", "session": "s" }, "happened": "stolen",
        "keys": ["src/auth.rs", "\"\\033]x\""], "reason": HOSTILE,
    });
    plant(
        &alice,
        "notices/bob/s1/01.json",
        notice.to_string(),
        "a notice",
    );
    let told = bob.coord(["status"]);
    assert!(told.stderr.contains("mallory"), "{told}");
    assert!(told.stdout.contains("\\u{1b}[2J"), "{told}");
    is_clean(&told);
    let commands = [
        &[][..],
        &["status"],
        &["locks"],
        &["locks", "--agent", HOSTILE],
        &["log"],
        &["log", "--verify"],
        &["log", "--since", HOSTILE],
        &["check", "src/auth.rs"],
        &["check", "src/a.rs"],
        &["check", "src/b.rs"],
        &["check", HOSTILE],
        &["check", "--range", HOSTILE],
        &["lock", "src/"],
        &["lock", "src/auth.rs"],
        &[
            "lock",
            "--steal",
            "--rev",
            "9",
            "--reason",
            HOSTILE,
            "src/auth.rs",
        ],
        &["lock", HOSTILE],
        &["lock", "y", "--reason", HOSTILE],
        &["lock", "y", "--ttl", HOSTILE],
        &["lock", "y", "--wait=\u{1b}"],
        &["lock", "y", "--\u{1b}\u{202e}"],
        &["unlock", HOSTILE],
        &["--as", HOSTILE, "status"],
        &["-C", HOSTILE, "status"],
        &["help", HOSTILE],
        &["schema", HOSTILE],
        &[HOSTILE],
    ];
    for args in commands {
        is_clean(&bob.coord(args));
        let printed = bob.coord([&["--json"], args].concat());
        is_clean(&printed);
        let value: Value = printed.json();
        assert!(value["ok"].is_boolean(), "{printed}");
    }
    // As data it is whole: only how it is written is safe.
    let listed = bob.coord(["locks", "--json"]).json();
    assert_eq!(listed["locks"][0]["reason"], HOSTILE);
    // Names that no place has, from a program that knows nothing of places.
    plant(
        &alice,
        "waits/bob/\u{1b}\u{9b}.json",
        HOSTILE,
        "an odd place",
    );
    plant(
        &alice,
        "locks/path/src/\u{202e}\u{1b}[31m=",
        "{}",
        "an odd place",
    );
    for args in commands {
        is_clean(&bob.coord(args));
        is_clean(&bob.coord([&["--json"], args].concat()));
    }
}

#[test]
fn settings_of_others_are_escaped_too() {
    let sandbox = Sandbox::new();
    let alice = sandbox.repo("project").agent("alice");
    for key in [
        "remote",
        "ref",
        "maxAge",
        "requireLock",
        "skew",
        "agent",
        "timeout",
    ] {
        let name = format!("coord.{key}");
        alice.git(["config", &name, HOSTILE]).ok();
        let fresh = sandbox
            .command("git-coord", ["-C", "project", "status"])
            .run();
        is_clean(&fresh);
        assert_ne!(fresh.code, 0, "{name} was taken: {fresh}");
        alice.git(["config", "--unset", &name]).ok();
    }
}
