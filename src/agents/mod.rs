//! The face that coding agents talk to: `git coord hook <agent>`, called by their own hooks with one
//! JSON object on standard input.
//!
//! It says nothing unless it has something to say, never asks the network, and never fails: what it
//! cannot judge goes on, with one line beside, unless `coord.failClosed` is set. It says no in the
//! agent's own form and never yes, for a yes would pass over what the person allows the agent. What
//! is said is returned; the command line prints it.

mod after;
mod arrive;
mod background;
mod contract;
mod edit;
mod env_file;
mod guard;
mod leave;
mod lost;
mod patch;
mod place;
mod prompt;
mod quote;
mod shell;
mod summary;
mod wired;

use std::path::Path;

use serde_json::Value;

use crate::coord::failure::Fault;
use crate::coord::settings::fail_closed;
use crate::coord::{Coord, Failure, fired, noted};
use crate::ops::Context;

pub use background::{WORD as JOB, run as job};
pub use contract::Program;
use contract::{Answer, Call, Kind};
use edit::Act;

/// Longest input that is read, in bytes. Tools that write whole files pass them to their hooks.
pub const INPUT_BYTES_MAX: usize = 16 * 1024 * 1024;

/// What an agent is told.
#[derive(Debug, Default)]
pub struct Said {
    /// The whole answer, one JSON object; nothing where silence is the answer.
    pub answer: Option<String>,
    /// What a person might want to know.
    pub notes: Vec<String>,
}

/// A call, in the repository that its agent is in.
struct Here<'c> {
    program: Program,
    call: &'c Call,
    context: Context<'static>,
}

impl Here<'_> {
    fn coord(&self) -> &Coord {
        &self.context.coord
    }
}

/// Answers one call; `event` is what the command line says, for agents whose input does not.
pub fn fire(program: Program, event: Option<&str>, input: &[u8]) -> Said {
    let parsed = match input.len() {
        length if length > INPUT_BYTES_MAX => Err("the input is too long".to_owned()),
        _ => match serde_json::from_slice::<Value>(input.trim_ascii()) {
            Ok(value) if value.is_object() => Ok(value),
            Ok(_) => Err("the input is no JSON object".to_owned()),
            Err(why) => Err(format!("the input is no JSON: {why}")),
        },
    };
    let (call, wrong) = match parsed {
        Ok(value) => (Call::read(program, event, value), None),
        Err(wrong) => (Call::guess(program, event, input), Some(wrong)),
    };
    let dir = match &call.dir {
        Some(dir) => dir.clone(),
        None => std::env::current_dir().unwrap_or_default(),
    };
    let told = match wrong {
        Some(wrong) => Err(Trouble {
            why: wrong,
            is_closed: None,
        }),
        None => answer(program, &call, &dir),
    };
    let mut said = Said::default();
    let answer = told.unwrap_or_else(|trouble| {
        // Only who guards tells of it, and only to a guard does it matter whether it is closed.
        if call.kind.is_some_and(|kind| kind != Kind::Before) {
            return Answer::Nothing;
        }
        let is_closed = trouble.is_closed.or_else(|| fail_closed(&dir)) == Some(true);
        let why = trouble.why.lines().collect::<Vec<_>>().join(" ");
        if !is_closed {
            said.notes.push(format!("locks were not checked: {why}"));
            return Answer::Nothing;
        }
        unchecked(&why)
    });
    let value = program.answer(&call.event, call.kind, &answer);
    said.answer = value.map(|value| value.to_string());
    said
}

/// The no of `coord.failClosed`, where locks could not be checked.
fn unchecked(why: &dyn std::fmt::Display) -> Answer {
    Answer::Deny(quote::lines(&format!(
        "git-coord refuses this: locks could not be checked, and coord.failClosed forbids to go on: \
         {why}"
    )))
}

/// Why something cannot be told.
struct Trouble {
    why: String,
    /// Whether that is a no, where the settings could be read.
    is_closed: Option<bool>,
}

fn answer(program: Program, call: &Call, dir: &Path) -> Result<Answer, Trouble> {
    let Some(kind) = call.kind else {
        return Ok(Answer::Nothing);
    };
    let act = match &call.tool {
        Some((tool, input)) => edit::act(tool, input),
        None => Act::Nothing,
    };
    let speaks = speaks(call, &act);
    let is_quiet = match kind {
        Kind::Before => act == Act::Nothing && !speaks,
        Kind::After => act == Act::Nothing && !program.listens(&call.event, kind),
        _ => false,
    };
    if is_quiet {
        return Ok(Answer::Nothing);
    }
    let coord = Coord::open_for_agent(dir, program.name(), call.session.as_deref());
    let coord = match coord {
        Ok(coord) => coord,
        // The agent may stand above the repositories that it works in.
        Err(why) if why.fault() == Fault::NoRepository => {
            return match kind {
                Kind::Before => Ok(guard::elsewhere(program, call, dir, &act)),
                _ => Ok(Answer::Nothing),
            };
        }
        // What git-coord itself is asked is answered by itself.
        Err(_) if kind == Kind::Before && act == Act::Nothing => return Ok(Answer::Nothing),
        Err(why) => {
            return Err(Trouble {
                why: why.to_string(),
                is_closed: None,
            });
        }
    };
    let here = Here {
        program,
        call,
        context: Context::of(dir.to_owned(), coord, &|_| {}),
    };
    let dir = here.coord().repo().coord_dir();
    // Nothing is made where nobody uses git-coord.
    let is_ours = speaks || here.coord().is_used().unwrap_or(true) || wired::is_wanted(&here);
    if is_ours {
        fired::note(&dir, program.name(), &call.event);
    }
    if is_ours
        && matches!(kind, Kind::Start | Kind::Prompt | Kind::Before)
        && call.session.is_some()
    {
        let noted = noted::Noted {
            actor: here.coord().actor().clone(),
            program: program.name().into(),
        };
        noted::note(&dir, &noted);
    }
    let answer = match kind {
        Kind::Start => arrive::answer(&here),
        Kind::Prompt => prompt::answer(&here),
        Kind::Before => guard::answer(&here, &act),
        Kind::After => after::answer(&here, &act),
        Kind::Compact => leave::compacted(&here),
        Kind::Stop => leave::stopped(&here),
        Kind::End => leave::ended(&here),
    };
    answer.map_err(|why: Failure| Trouble {
        why: why.to_string(),
        is_closed: Some(here.coord().settings().fail_closed),
    })
}

/// Whether the agent is about to speak to git-coord itself, by a tool of its server or by a command.
/// Whoever answers has to know which session of the process that is.
fn speaks(call: &Call, act: &Act) -> bool {
    let names = |text: &str| {
        let names = ["git-coord", "git_coord", "git coord"];
        names.iter().any(|name| text.contains(name))
    };
    let is_tool = || call.tool.as_ref().is_some_and(|(tool, _)| names(tool));
    match act {
        Act::Run { script, .. } => names(script),
        Act::Write(_) => false,
        Act::Nothing => is_tool(),
    }
}
