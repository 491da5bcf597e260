//! `run`: a program as one session, whose locks end with it.

use std::process::Command;

use clap::Args;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::child;
use crate::coord::{Coord, Done, Failure, identity};
use crate::env;
use crate::model::agent::Ask;
use crate::model::id::Actor;
use crate::model::key::Key;
use crate::model::notice::NoticeRecord;
use crate::model::reply::Reply;
use crate::model::request::Request;
use crate::store::with_own_mask;

use super::Context;

/// Run a program as a session of its own, and give its locks back when it ends.
///
/// The program and all that it starts find COORD_AGENT and COORD_SESSION set, so that they act as
/// one. Its exit code becomes that of this command. When this command is killed, its locks are free
/// at once for everybody who uses the same clone: a file that it keeps locked proves that it is
/// gone. The program does not inherit that file, or whatever it leaves running in the background
/// would keep the locks. Leases end as always: what no command of the session renews in time is free.
#[derive(Clone, Debug, Default, Args, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Run {
    /// The program and its arguments
    #[arg(
        required = true,
        trailing_var_arg = true,
        allow_hyphen_values = true,
        value_name = "CMD"
    )]
    pub command: Vec<String>,
}

/// The answer of `run`, when the program has ended.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct Ran {
    /// Its exit code; 128 and the signal's number when a signal ended it.
    pub code: u8,
    /// As whom it ran.
    pub by: Actor,
    /// The locks that were given back.
    pub released: Vec<Key>,
    /// Whose turn it is now.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub next: Vec<Actor>,
    /// Why locks could not be given back, if so.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub trouble: Option<String>,
    /// What happened to the session's locks and was not shown before.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub notices: Vec<NoticeRecord>,
}

impl Run {
    pub(super) fn run(&self, context: &Context<'_>) -> Result<Ran, Failure> {
        context.at_a_shell("running a program")?;
        let Some((program, args)) = self.command.split_first() else {
            return Err(Failure::usage("no program is named", "name one after `--`"));
        };
        let coord = as_session(context)?;
        let by = coord.actor().clone();
        let alive = coord.sessions().keep_alive(&by).map_err(|why| {
            let what = if why.kind() == std::io::ErrorKind::AddrInUse {
                format!("{by} is running already")
            } else {
                format!("the file that shows that {by} is alive: {why}")
            };
            Failure::usage(what, "leave the session's name away for a fresh one")
        })?;
        let mut command = Command::new(program);
        command
            .args(args)
            .current_dir(&context.dir)
            .env("COORD_AGENT", by.agent.as_str())
            .env("COORD_SESSION", by.session.as_str())
            // An agent in there is this session, whatever started it.
            .env_remove(identity::OF);
        let status = with_own_mask(|| child::run(&mut command)).map_err(|why| {
            let what = format!("`{}` cannot be run: {why}", program.escape_debug());
            Failure::usage(what, "is it installed, and can it be executed?")
        })?;
        let mut ran = Ran {
            code: child::code(status),
            by,
            released: Vec::new(),
            next: Vec::new(),
            trouble: None,
            notices: Vec::new(),
        };
        match give_back(&coord) {
            Ok(done) => {
                ran.notices = done.notices;
                if let Reply::Agent(told) = done.reply {
                    (ran.released, ran.next) = (told.released, told.next);
                }
                drop(alive);
                coord.sessions().forget(&ran.by);
            }
            Err(failure) => {
                ran.trouble = Some(failure.to_string());
                // The session is over all the same, and the file goes on to say so.
                alive.leave();
            }
        }
        Ok(ran)
    }
}

/// The same agent in a fresh session, unless `--as AGENT/SESSION` named one.
fn as_session(context: &Context<'_>) -> Result<Coord, Failure> {
    let Actor { agent, session } = &context.coord.identity().actor;
    if context.coord.identity().is_session_given {
        return Coord::open(&context.dir, Some(&format!("{agent}/{session}")));
    }
    in_fresh_session(context, "run")
}

/// The same agent in a fresh session, whose name says what for.
pub(super) fn in_fresh_session(context: &Context<'_>, what: &str) -> Result<Coord, Failure> {
    let agent = &context.coord.identity().actor.agent;
    // The last ten digits of the id are random bits enough; the whole would be hard to read.
    let id = env::fresh_op().to_string().to_ascii_lowercase();
    let end = &id[id.len() - 10..];
    Coord::open(&context.dir, Some(&format!("{agent}/{what}-{end}")))
}

fn give_back(coord: &Coord) -> Result<Done, Failure> {
    coord.handle(Request::Agent(Ask::Unregister {}))
}
