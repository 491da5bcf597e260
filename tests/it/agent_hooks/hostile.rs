//! Whatever is passed: exit code 0, one JSON object or nothing, and nobody is stopped without need.

use std::fs;

use proptest::prelude::*;
use serde_json::{Value, json};

use crate::support::{Shell, state};

use super::{World, denied, hook, hook_of};

const PROGRAMS: [&str; 6] = ["claude", "codex", "gemini", "cursor", "copilot", "opencode"];

/// Inputs that are no object, or end too early.
fn broken() -> Vec<Vec<u8>> {
    let texts: [&[u8]; 14] = [
        b"",
        b" ",
        b"null",
        b"[]",
        b"1",
        b"\"PreToolUse\"",
        b"{",
        b"{\"hook_event_name\":\"PreTo",
        b"\xff\xfe\x00",
        b"{}{}",
        b"not JSON",
        b"{\"a\":\"\\ud800\"}",
        b"\0\0\0",
        b"{\"a\":1e999}",
    ];
    let mut all: Vec<Vec<u8>> = texts.iter().map(|text| text.to_vec()).collect();
    all.push([vec![b'['; 100_000], vec![b']'; 100_000]].concat());
    all.push(b"{\"a\":".repeat(10_000));
    all
}

#[test]
fn broken_inputs_stop_nobody() {
    let world = World::new();
    for program in PROGRAMS {
        for input in broken() {
            let told = hook_of(&world.bob, &[program], input.clone());
            let expected = match program {
                "cursor" => "{\"permission\":\"allow\"}\n",
                _ => "",
            };
            let shown = String::from_utf8_lossy(&input[..input.len().min(40)]).into_owned();
            assert_eq!(told.stdout, expected, "{program} {shown}");
            assert!(
                told.stderr
                    .starts_with("git-coord: locks were not checked: the input "),
                "{told}"
            );
            assert_eq!(told.stderr.lines().count(), 1, "{told}");
        }
    }
}

#[test]
fn an_input_that_is_too_long_is_said_to_be() {
    let world = World::new();
    let long = |length: usize| {
        let input = json!({"tool_name": "Write", "tool_input": {"file_path": world.path("src/auth.rs"), "content": "x".repeat(length)}});
        world.claude("PreToolUse", input)
    };
    assert!(denied(&hook(&world.bob, &["claude"], &long(4 * 1024 * 1024))).is_some());
    let told = hook(&world.bob, &["claude"], &long(20 * 1024 * 1024));
    assert_eq!(told.stdout, "");
    assert_eq!(
        told.stderr,
        "git-coord: locks were not checked: the input is too long\n"
    );
}

#[test]
fn fields_of_other_types_are_as_if_they_were_not_there() {
    let world = World::new();
    let whole = world.claude("PreToolUse", json!({"tool_name": "Edit", "tool_input": {"file_path": "src/free.rs"}, "model": "x", "source": "startup"}));
    let odd = [
        json!(null),
        json!(true),
        json!(-1),
        json!(1.5),
        json!([]),
        json!({}),
        json!(""),
        json!("\0"),
        json!("a\nb"),
        json!(["x"]),
        json!({"x": "y"}),
        json!("x".repeat(5_000)),
        json!("/"),
        json!(".."),
    ];
    for (field, _) in whole.as_object().unwrap() {
        for value in &odd {
            let mut input = whole.clone();
            input[field] = value.clone();
            hook(&world.bob, &["claude"], &input).ok();
        }
    }
}

/// Makes something unreadable.
type Breaks = Box<dyn Fn(&Shell)>;

/// What must not pass unseen where hooks are to fail closed, and how it comes about.
fn unreadable() -> Vec<(&'static str, Breaks)> {
    vec![
        (
            "settings",
            Box::new(|shell: &Shell| {
                shell.git(["config", "coord.maxAge", "soon"]).ok();
            }),
        ),
        (
            "state",
            Box::new(|shell: &Shell| {
                state::plant(shell, "locks/path/src/auth.rs=", "{", "broken");
            }),
        ),
        (
            "identity",
            Box::new(|shell: &Shell| {
                shell.git(["config", "coord.agent", "no name"]).ok();
            }),
        ),
    ]
}

#[test]
fn what_cannot_be_read_stops_nobody_unless_it_is_to() {
    for (what, breaks) in unreadable() {
        let world = World::new();
        breaks(&world.repo);
        let plain: &Shell = &world.repo;
        let edit = |program: &str, event: &str| {
            let input = json!({"session_id": "x", "cwd": world.path(""), "hook_event_name": event,
                "tool_name": "Edit", "tool_input": {"file_path": "src/auth.rs"}});
            hook(
                plain,
                &[program, event][..if program == "copilot" { 2 } else { 1 }],
                &input,
            )
        };
        let told = edit("claude", "PreToolUse");
        assert_eq!(told.stdout, "", "{what}");
        assert!(
            told.stderr
                .starts_with("git-coord: locks were not checked: "),
            "{what}: {told}"
        );
        for event in [
            "SessionStart",
            "UserPromptSubmit",
            "PostToolUse",
            "PreCompact",
            "Stop",
            "SessionEnd",
        ] {
            let told = edit("claude", event);
            assert_eq!(told.stderr, "", "{what} {event}");
        }
        world.repo.git(["config", "coord.failClosed", "true"]).ok();
        let told = edit("claude", "PreToolUse");
        let reason = denied(&told).unwrap();
        assert!(
            reason.starts_with("git-coord refuses this: locks could not be checked"),
            "{what}: {reason}"
        );
        assert_eq!(
            edit("gemini", "BeforeTool").json()["decision"],
            "deny",
            "{what}"
        );
        assert_eq!(
            edit("cursor", "preToolUse").json()["permission"],
            "deny",
            "{what}"
        );
        assert_eq!(
            edit("copilot", "preToolUse").json()["permissionDecision"],
            "deny",
            "{what}"
        );
        assert_eq!(edit("claude", "Stop").stdout, "", "{what}");
    }
}

#[test]
fn closed_hooks_refuse_what_they_cannot_read() {
    let world = World::new();
    world.repo.git(["config", "coord.failClosed", "true"]).ok();
    let cut = b"{\"hook_event_name\":\"PreToolUse\",\"tool_input\":{".to_vec();
    assert!(denied(&hook_of(&world.bob, &["claude"], cut.clone())).is_some());
    // What says nothing of itself may be anything.
    for program in PROGRAMS {
        let told = hook_of(&world.bob, &[program], "{").stdout;
        assert!(told.contains("den"), "{program}: {told}");
        assert!(
            told.contains("locks could not be checked"),
            "{program}: {told}"
        );
    }
    // Of another event nothing can be refused, and nothing is said.
    for event in ["Stop", "SessionStart"] {
        let cut = format!("{{\"hook_event_name\":\"{event}\",");
        assert_eq!(hook_of(&world.bob, &["claude"], cut).stdout, "", "{event}");
    }
    assert_eq!(
        hook_of(&world.bob, &["copilot", "preToolUse"], "{").json()["permissionDecision"],
        "deny"
    );
    assert_eq!(
        hook_of(&world.bob, &["opencode", "before-tool"], "").json(),
        json!({
            "deny": "git-coord refuses this: locks could not be checked, and coord.failClosed forbids to go on: the input is no JSON: EOF while parsing a value at line 1 column 0"
        })
    );
    // Where there is no repository there is nothing to guard.
    let nowhere = world.bob.clone().at(world.repo.sandbox());
    let input = json!({"cwd": nowhere.path(), "hook_event_name": "PreToolUse", "tool_name": "Edit", "tool_input": {"file_path": "x"}});
    assert_eq!(hook(&nowhere, &["claude"], &input).stdout, "");
}

#[test]
fn files_of_ours_that_are_damaged_are_as_if_they_were_not_there() {
    let world = World::new();
    world.fires("SessionStart").ok();
    let dir = world.repo.path().join(".git/coord/agents");
    for file in fs::read_dir(&dir).unwrap() {
        fs::write(file.unwrap().path(), "{\"claude\":[").unwrap();
    }
    fs::write(dir.join("1-x"), "").unwrap();
    fs::create_dir(dir.join("1-1")).unwrap();
    assert!(denied(&world.edits("src/auth.rs")).is_some());
    assert!(world.fires("SessionStart").stdout.contains("src/auth.rs"));
    world.fires("SessionEnd").ok();
}

/// Values as hostile as JSON allows.
fn value() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        "[a-z./$`'\"> \n]{0,20}".prop_map(Value::from),
        Just(json!("src/auth.rs")),
        Just(json!("rm src/auth.rs")),
    ];
    leaf.prop_recursive(3, 12, 3, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..3).prop_map(Value::from),
            prop::collection::btree_map("(file_path|path|command|files|edits)", inner, 0..3)
                .prop_map(|map| Value::Object(map.into_iter().collect())),
        ]
    })
}

#[test]
fn no_input_makes_a_hook_fail() {
    let world = World::new();
    let mut runner = proptest::test_runner::TestRunner::new(ProptestConfig {
        cases: 48,
        failure_persistence: None,
        ..ProptestConfig::default()
    });
    let fields = "(session_id|sessionId|cwd|hook_event_name|tool_name|toolName|tool_input|toolArgs|source|tool|args|workspace_roots)";
    let input = (
        0..PROGRAMS.len(),
        prop::collection::btree_map(fields, value(), 0..8),
        prop::sample::select(vec![
            "PreToolUse",
            "PostToolUse",
            "SessionStart",
            "UserPromptSubmit",
            "Stop",
            "PreCompact",
            "SessionEnd",
            "BeforeTool",
            "preToolUse",
            "postToolUse",
            "sessionStart",
            "before-tool",
            "after-tool",
            "prompt",
        ]),
    );
    let run = runner.run(&input, |(nth, fields, event)| {
        let mut input: Value = Value::Object(fields.into_iter().collect());
        input["hook_event_name"] = event.into();
        hook(&world.bob, &[PROGRAMS[nth], event], &input).ok();
        Ok(())
    });
    run.unwrap();
}

/// Wrong use ends with 2, which agents take for a no.
#[test]
fn options_before_the_word_hook_end_with_no_2() {
    let world = World::new();
    let edit = json!({"tool_name": "Edit", "tool_input": {"file_path": "src/auth.rs"}});
    let mut edit = world.claude("PreToolUse", edit);
    edit.as_object_mut().unwrap().remove("cwd");
    let top = world.path("");
    let elsewhere = world.bob.clone().at(world.repo.sandbox());
    for (shell, options) in [
        (&world.bob, &["--as", "x"][..]),
        (&world.bob, &["--color", "never"]),
        (&world.bob, &["--color=never", "--js", "--as=x"]),
        (&world.bob, &["--wat"]),
        (&elsewhere, &["-C", &top]),
        (&elsewhere, &["--json", &format!("-C{top}")]),
    ] {
        let args = [options, &["hook", "claude"]].concat();
        let told = shell.prepared(&args).input(edit.to_string()).run().ok();
        assert!(denied(&told).is_some(), "{options:?}");
        shell.prepared(&args).input("{").run().ok();
    }
}
