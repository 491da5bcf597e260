//! Codex: a server in `.codex/config.toml`, hooks in `.codex/hooks.json`.
//!
//! It refuses a `hooks.json` with anything else at the root than `description` and `hooks`, and does
//! not start on a `config.toml` that it cannot read.

use crate::wiring::form::Form;
use crate::wiring::hooks::{Hooks, Shape};
use crate::wiring::json::Tree;
use crate::wiring::members::{Members, Piece};
use crate::wiring::server::{ARGS, COMMAND, NAME};
use crate::wiring::table::{self, Table};
use crate::wiring::{Agent, Part};

use super::{GUARD_SECS, HOOKS_ABOUT, OTHER_SECS, on};

/// The tools that change files, or may; every shell command comes as `Bash`.
const EDITS: &str = "apply_patch|Edit|Write|Bash";
/// More is cut to this at the end of a session.
const END_SECS: u64 = 3;
/// The table of servers.
const SERVERS: &str = "mcp_servers";

pub(super) fn parts() -> Vec<Part> {
    let args: Vec<String> = ARGS.iter().map(|word| format!("\"{word}\"")).collect();
    let server = Table {
        below: SERVERS,
        body: format!(
            "[{SERVERS}.{NAME}]\ncommand = \"{COMMAND}\"\nargs = [{}]\n",
            args.join(", ")
        ),
    };
    let listed = Members {
        fresh: vec![("description", Tree::text(HOOKS_ABOUT))],
        pieces: vec![Piece::Hooks(hooks())],
    };
    vec![
        Part::new(Agent::Codex, &[".codex/config.toml"], Form::Toml(server)),
        Part {
            beside: Some(".codex/config.toml"),
            ..Part::new(Agent::Codex, &[".codex/hooks.json"], Form::Json(listed))
        },
    ]
}

/// One shell string each: `args` count for nothing here, and nothing runs beside the agent.
fn hooks() -> Hooks {
    let events = [
        ("SessionStart", None),
        ("UserPromptSubmit", None),
        ("PreToolUse", Some(EDITS)),
        ("PostToolUse", Some(EDITS)),
        ("PreCompact", None),
        ("Stop", None),
        ("SessionEnd", None),
    ];
    let handler = |event| {
        let secs = match event {
            "PreToolUse" => GUARD_SECS,
            "SessionEnd" => END_SECS,
            _ => OTHER_SECS,
        };
        Tree::map([
            ("type", Tree::text("command")),
            ("command", Tree::text("git-coord hook codex")),
            ("timeout", Tree::Count(secs)),
        ])
    };
    Hooks {
        agent: "codex",
        shape: Shape::Groups,
        on: on(events, handler),
    }
}

/// Hooks are in `config.toml` or in `hooks.json`, and not in both.
pub(in crate::wiring) fn hooks_in_config(config: &str) -> Option<String> {
    let config = table::read(config).ok()?;
    let hooks = config.get("hooks")?.as_table_like()?;
    let has_any = hooks
        .iter()
        .any(|(_, item)| item.is_array_of_tables() || item.is_array());
    has_any.then(|| {
        "`.codex/config.toml` has hooks, and Codex reads them from one of the two files: write these \
         there as `[[hooks.…]]`, or move yours here"
            .into()
    })
}
