//! `doctor` on the files of coding agents.

use serde_json::Value;

use crate::support::{Agent, Sandbox};

fn agents(agent: &Agent) -> Value {
    let report = agent.coord(["doctor", "--json"]).json();
    let mut checks = report["checks"].as_array().unwrap().iter();
    checks
        .find(|check| check["id"] == "agents")
        .unwrap()
        .clone()
}

#[track_caller]
fn says(agent: &Agent, state: &str, text: &str) {
    let check = agents(agent);
    assert_eq!(check["state"], state, "{check:#}");
    assert!(check.to_string().contains(text), "{check:#}");
}

#[test]
fn files_of_agents_are_looked_at() {
    let sandbox = Sandbox::new();
    let alice = sandbox.repo("project").agent("alice");
    says(&alice, "ok", "no files");
    // What others have there says nothing about us.
    alice.write(".claude/settings.json", "{}\n");
    alice.write("AGENTS.md", "# Agents\n");
    says(&alice, "ok", "no files");

    let init = |args: &[&str]| {
        let args = [&["init", "--no-hooks", "--agent"], args].concat();
        let _ = alice.coord(args).ok();
    };
    init(&["claude,codex", "--fail-closed"]);
    says(&alice, "note", "claude, codex");
    says(&alice, "note", "`/hooks`");
    alice.write(
        ".git/coord/agents/fired.json",
        r#"{"claude": {"PreToolUse": "2026-11-20T10:00:00Z"}, "codex": {"Stop": "2026-11-20T11:00:00Z"}}"#,
    );
    says(&alice, "ok", "codex: Stop fired");

    std::fs::remove_file(alice.path().join(".mcp.json")).unwrap();
    let text = alice.read(".claude/settings.json");
    alice.write(
        ".claude/settings.json",
        &text.replace("git-coord hook claude", "git coord hook claude"),
    );
    says(&alice, "warning", "claude: .mcp.json: it is not there");
    says(&alice, "warning", "claude: .claude/settings.json: older");
    says(&alice, "warning", "git coord init --agent claude\"");
    init(&["claude"]);
    says(&alice, "ok", "claude");
    alice.write(".codex/hooks.json", "{");
    says(
        &alice,
        "warning",
        "codex: .codex/hooks.json: it cannot be read",
    );
    let config = alice.read(".codex/config.toml");
    alice.write(
        ".codex/config.toml",
        &format!("{config}\n[[hooks.Stop]]\nmatcher = \"\"\n"),
    );
    says(&alice, "warning", "one of the two files");
}

#[test]
fn agents_that_find_no_program_are_told() {
    let sandbox = Sandbox::new();
    let alice = sandbox.repo("project").agent("alice");
    alice
        .coord(["init", "--no-hooks", "--agent", "gemini"])
        .ok();
    let report = alice
        .without_program()
        .command(env!("CARGO_BIN_EXE_git-coord"), ["doctor", "--json"])
        .run()
        .json();
    let mut checks = report["checks"].as_array().unwrap().iter();
    let check = checks.find(|check| check["id"] == "agents").unwrap();
    assert_eq!(
        (&check["state"], &check["found"]),
        (&"warning".into(), &"`git-coord` is not on PATH".into())
    );
}
