//! Gemini CLI: server, hooks and the names of context files, all in `.gemini/settings.json`.

use crate::wiring::form::Form;
use crate::wiring::hooks::{Hooks, Shape};
use crate::wiring::json::Tree;
use crate::wiring::members::{Members, Piece};
use crate::wiring::server::Server;
use crate::wiring::{Agent, Part};

use super::{GUARD_SECS, OTHER_SECS, on};

/// The tools that change files, or may.
const EDITS: &str = "write_file|replace|run_shell_command";
/// Its timeouts are milliseconds.
const MS: u64 = 1000;

pub(super) fn parts() -> Vec<Part> {
    let settings = Members {
        fresh: Vec::new(),
        pieces: vec![
            Piece::Server(Server::usual(Tree::Map(Vec::new()))),
            Piece::Hooks(hooks()),
            Piece::Names(&["context", "fileName"], &["AGENTS.md", "GEMINI.md"]),
        ],
    };
    vec![Part::new(
        Agent::Gemini,
        &[".gemini/settings.json"],
        Form::Json(settings),
    )]
}

/// A prompt is `BeforeAgent`, the end of an answer `AfterAgent`.
pub(in crate::wiring) fn hooks() -> Hooks {
    let events = [
        ("SessionStart", None),
        ("BeforeAgent", None),
        ("BeforeTool", Some(EDITS)),
        ("AfterTool", Some(EDITS)),
        ("PreCompress", None),
        ("AfterAgent", None),
        ("SessionEnd", None),
    ];
    let handler = |event| {
        let secs = if event == "BeforeTool" {
            GUARD_SECS
        } else {
            OTHER_SECS
        };
        Tree::map([
            ("name", Tree::text("git-coord")),
            ("type", Tree::text("command")),
            ("command", Tree::text("git-coord hook gemini")),
            ("timeout", Tree::Count(secs * MS)),
        ])
    };
    Hooks {
        agent: "gemini",
        shape: Shape::Groups,
        on: on(events, handler),
    }
}
