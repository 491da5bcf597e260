//! Cursor: `.cursor/mcp.json`, `.cursor/hooks.json`, which counts for nothing without its version,
//! and a rule.

use crate::wiring::form::Form;
use crate::wiring::hooks::{Hooks, Shape};
use crate::wiring::json::Tree;
use crate::wiring::members::{Members, Piece};
use crate::wiring::own::{MARK, Own};
use crate::wiring::server::Server;
use crate::wiring::{Agent, Part, Wish};

use super::{GUARD_SECS, OTHER_SECS, WORKING, on};

/// The tools that change files, or may.
const EDITS: &str = "Write|Edit|StrReplace|Delete|Shell";

pub(super) fn parts(wish: Wish) -> Vec<Part> {
    let servers = Members {
        fresh: Vec::new(),
        pieces: vec![Piece::Server(Server::usual(Tree::Map(Vec::new())))],
    };
    let listed = Members {
        fresh: Vec::new(),
        pieces: vec![
            Piece::Exactly("version", Tree::Count(1)),
            Piece::Hooks(hooks(wish)),
        ],
    };
    let rule = format!(
        "---\ndescription: How to work beside other agents in this repository\nalwaysApply: true\n---\n\n\
         <!-- {MARK} --agent cursor`, which replaces this file -->\n\n{WORKING}"
    );
    vec![
        Part::new(Agent::Cursor, &[".cursor/mcp.json"], Form::Json(servers)),
        Part::new(Agent::Cursor, &[".cursor/hooks.json"], Form::Json(listed)),
        Part::new(
            Agent::Cursor,
            &[".cursor/rules/git-coord.mdc"],
            Form::Own(Own::new(rule)),
        ),
    ]
}

/// `preToolUse` sees shell commands too, so `beforeShellExecution` would ask twice.
fn hooks(wish: Wish) -> Hooks {
    let events = [
        ("sessionStart", None),
        ("beforeSubmitPrompt", None),
        ("preToolUse", Some(EDITS)),
        ("postToolUse", Some(EDITS)),
        ("preCompact", None),
        ("stop", None),
        ("sessionEnd", None),
    ];
    let handler = |event| {
        let is_guard = event == "preToolUse";
        let blocks = is_guard && wish.fail_closed;
        Tree::map([
            ("command", Tree::text("git-coord hook cursor")),
            (
                "timeout",
                Tree::Count(if is_guard { GUARD_SECS } else { OTHER_SECS }),
            ),
        ])
        .with("failClosed", blocks.then_some(Tree::Switch(true)))
    };
    Hooks {
        agent: "cursor",
        shape: Shape::Flat,
        on: on(events, handler),
    }
}
