//! The hooks of coding agents: what each of them passes, and what it is answered.

mod contract;
mod guard;
mod hostile;
mod identity;
mod life;
mod prompt;
mod start;

use serde_json::{Value, json};

use crate::support::{Agent, Outcome, Repo, Sandbox, Shell};

/// Alice, who works by hand and holds `src/auth.rs`, and the place where bob's coding agent runs.
struct World {
    repo: Repo,
    alice: Agent,
    /// Nothing here says which session it is: only the hooks' input does.
    bob: Shell,
    _sandbox: Sandbox,
}

impl World {
    fn new() -> Self {
        let sandbox = Sandbox::new();
        let repo = sandbox.repo("project");
        let alice = repo.agent("alice");
        alice
            .coord(["lock", "src/auth.rs", "--reason", "new tokens"])
            .ok();
        Self {
            bob: (*repo).clone().with("COORD_AGENT", "bob"),
            repo,
            alice,
            _sandbox: sandbox,
        }
    }

    /// A path of the repository as agents name it.
    fn path(&self, below: &str) -> String {
        self.repo.path().join(below).to_str().unwrap().to_owned()
    }

    /// Claude's input for an event, with these fields too.
    fn claude(&self, event: &str, fields: Value) -> Value {
        let mut input = json!({
            "session_id": "0e6f9a52-4a6b-4a7e-9f43-2f1b3c5d7e90",
            "transcript_path": "/home/bob/.claude/projects/p/0e6f9a52.jsonl",
            "cwd": self.path(""),
            "prompt_id": "b1",
            "permission_mode": "default",
            "hook_event_name": event,
        });
        for (name, value) in fields.as_object().unwrap() {
            input[name] = value.clone();
        }
        input
    }

    /// Claude is about to edit a file.
    fn edits(&self, below: &str) -> Outcome {
        let input = json!({
            "tool_name": "Edit",
            "tool_input": {"file_path": self.path(below), "old_string": "a", "new_string": "b"},
            "tool_use_id": "toolu_01",
        });
        hook(&self.bob, &["claude"], &self.claude("PreToolUse", input))
    }

    /// Claude is about to run a command.
    fn runs(&self, script: &str) -> Outcome {
        let input =
            json!({"tool_name": "Bash", "tool_input": {"command": script, "description": "x"}});
        hook(&self.bob, &["claude"], &self.claude("PreToolUse", input))
    }

    fn fires(&self, event: &str) -> Outcome {
        hook(&self.bob, &["claude"], &self.claude(event, json!({})))
    }

    /// The paths that others see as locked, with their holders.
    fn locks(&self) -> Vec<String> {
        let listed = self.alice.coord(["--json", "locks"]).ok().json();
        let locks = listed["locks"].as_array().unwrap().iter();
        let line = |lock: &Value| {
            let (key, by) = (lock["key"].as_str().unwrap(), &lock["by"]["agent"]);
            format!("{key} {}", by.as_str().unwrap())
        };
        locks.map(line).collect()
    }
}

/// The session that claude's inputs above become.
const SESSION: &str = "s-20ed316be0";

/// Calls a hook, which always ends well and answers in one line of JSON or not at all.
#[track_caller]
fn hook(shell: &Shell, args: &[&str], input: &Value) -> Outcome {
    hook_of(shell, args, input.to_string())
}

/// The same with any input.
#[track_caller]
fn hook_of(shell: &Shell, args: &[&str], input: impl Into<Vec<u8>>) -> Outcome {
    let args = [&["hook"], args].concat();
    let told = shell.prepared(args).input(input).run().ok();
    if !told.stdout.is_empty() {
        assert!(told.json().is_object());
        assert_eq!(told.stdout.lines().count(), 1, "{told}");
        assert!(told.stdout.ends_with('\n'), "{told}");
    }
    told
}

/// Why a tool of Claude's was refused; nothing when it was not.
#[track_caller]
fn denied(told: &Outcome) -> Option<String> {
    assert_eq!(told.stderr, "", "{told}");
    if told.stdout.is_empty() {
        return None;
    }
    let answer = told.json();
    let output = &answer["hookSpecificOutput"];
    assert_eq!(output["permissionDecision"], "deny", "{told}");
    Some(
        output["permissionDecisionReason"]
            .as_str()
            .unwrap()
            .to_owned(),
    )
}

/// What is added to what the model reads; nothing when nothing is.
#[track_caller]
fn context(told: &Outcome) -> Option<String> {
    assert_eq!(told.stderr, "", "{told}");
    if told.stdout.is_empty() {
        return None;
    }
    let text = told.json()["hookSpecificOutput"]["additionalContext"].clone();
    Some(text.as_str().unwrap().to_owned())
}
