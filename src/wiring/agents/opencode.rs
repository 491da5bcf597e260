//! OpenCode: a server in `opencode.json`, and a plugin that asks the hooks.

use crate::wiring::form::Form;
use crate::wiring::json::Tree;
use crate::wiring::members::{Members, Piece};
use crate::wiring::own::Own;
use crate::wiring::server::{ARGS, COMMAND, Server};
use crate::wiring::{Agent, Part, Wish};

const PLUGIN: &str = include_str!("../texts/opencode.js");

pub(super) fn parts(wish: Wish) -> Vec<Part> {
    // A command that is no list stops OpenCode from starting.
    let command: Vec<&str> = [&[COMMAND], ARGS].concat();
    let server = Server {
        below: "mcp",
        entry: Tree::map([
            ("type", Tree::text("local")),
            ("command", Tree::texts(&command)),
            ("enabled", Tree::Switch(true)),
        ]),
    };
    let config = Members {
        fresh: vec![("$schema", Tree::text("https://opencode.ai/config.json"))],
        pieces: vec![Piece::Server(server)],
    };
    let plugin = match wish.fail_closed {
        true => PLUGIN.replace("FAIL_CLOSED = false", "FAIL_CLOSED = true"),
        false => PLUGIN.to_owned(),
    };
    vec![
        Part::new(
            Agent::Opencode,
            &["opencode.json", "opencode.jsonc"],
            Form::Json(config),
        ),
        Part::new(
            Agent::Opencode,
            &[".opencode/plugins/git-coord.js"],
            Form::Own(Own::new(plugin)),
        ),
    ]
}
