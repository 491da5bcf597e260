//! The very commands that `init` writes, run as each agent runs them: they refuse what somebody
//! else holds, say nothing about the rest, and `doctor` hears them.

use serde_json::{Value, json};

use crate::support::{Agent, Outcome, Sandbox, Shell};

/// An agent, the file of its hooks, where its guard's command is, and what it passes about a path.
type Case = (&'static str, &'static str, &'static str, fn(&str) -> Value);

const CASES: &[Case] = &[
    (
        "claude",
        ".claude/settings.json",
        "/hooks/PreToolUse/0/hooks/0/command",
        |path| json!({"session_id": "1", "hook_event_name": "PreToolUse", "tool_name": "Write", "tool_input": {"file_path": path, "content": ""}}),
    ),
    (
        "codex",
        ".codex/hooks.json",
        "/hooks/PreToolUse/0/hooks/0/command",
        |path| json!({"session_id": "1", "hook_event_name": "PreToolUse", "tool_name": "Bash", "tool_input": {"command": format!("rm {path}")}}),
    ),
    (
        "gemini",
        ".gemini/settings.json",
        "/hooks/BeforeTool/0/hooks/0/command",
        |path| json!({"session_id": "1", "hook_event_name": "BeforeTool", "tool_name": "write_file", "tool_input": {"file_path": path, "content": ""}}),
    ),
    (
        "cursor",
        ".cursor/hooks.json",
        "/hooks/preToolUse/0/command",
        |path| json!({"conversation_id": "1", "hook_event_name": "preToolUse", "tool_name": "Write", "tool_input": {"file_path": path}}),
    ),
    (
        "copilot",
        ".github/hooks/git-coord.json",
        "/hooks/preToolUse/0/bash",
        |path| json!({"sessionId": "1", "toolName": "edit", "toolArgs": {"path": path}}),
    ),
];

/// Runs what the file says, in the agent's own shell.
fn asks(shell: &Shell, case: &Case, path: &str) -> Outcome {
    let (_, file, at, input) = case;
    let written: Value = serde_json::from_str(&shell.read(file)).unwrap();
    let command = written.pointer(at).and_then(Value::as_str).unwrap();
    let mut input = input(shell.path().join(path).to_str().unwrap());
    input["cwd"] = shell.path().to_str().unwrap().into();
    shell
        .command("sh", ["-c", command])
        .input(input.to_string())
        .run()
        .ok()
}

fn alice(sandbox: &Sandbox) -> Agent {
    sandbox.repo("project").agent("alice")
}

#[test]
fn what_is_written_refuses_what_somebody_else_holds() {
    for wish in [&[][..], &["--fail-closed"]] {
        let sandbox = Sandbox::new();
        let alice = alice(&sandbox);
        alice.coord(["lock", "src/a.rs"]).ok();
        alice
            .coord([&["init", "--no-hooks", "--agent", "all"], wish].concat())
            .ok();
        let bob = Shell::clone(&alice)
            .with("COORD_AGENT", "bob")
            .with("COORD_SESSION", "b");
        for case in CASES {
            let held = asks(&bob, case, "src/a.rs");
            assert!(
                held.stdout.contains("deny") && held.stdout.contains("alice"),
                "{}: {held}",
                case.0
            );
            let free = asks(&bob, case, "src/b.rs");
            assert!(!free.stdout.contains("deny"), "{}: {free}", case.0);
        }
        let report = alice.coord(["doctor", "--json"]).ok().json();
        let mut checks = report["checks"].as_array().unwrap().iter();
        let check = checks
            .find(|check| check["id"] == "agents")
            .unwrap()
            .to_string();
        for (agent, ..) in CASES {
            assert!(
                check.contains(&format!("{agent}: ")) && check.contains("fired"),
                "{check}"
            );
        }
        // The plugin calls by itself, and nothing has called it here.
        assert!(check.contains("no hook of opencode was heard"), "{check}");
    }
}

#[test]
fn without_the_program_only_who_asked_for_it_is_stopped() {
    let sandbox = Sandbox::new();
    let alice = alice(&sandbox);
    let copilot = CASES.last().unwrap();
    for (wish, is_stopped) in [(&[][..], false), (&["--fail-closed"], true)] {
        alice
            .coord([&["init", "--no-hooks", "--agent", "copilot"], wish].concat())
            .ok();
        let (_, file, at, _) = copilot;
        let written: Value = serde_json::from_str(&alice.read(file)).unwrap();
        let command = written.pointer(at).and_then(Value::as_str).unwrap();
        // Copilot blocks on any other exit code than 0.
        let outcome = alice.without_program().command("sh", ["-c", command]).run();
        assert_eq!(outcome.code != 0, is_stopped, "{outcome}");
    }
}
