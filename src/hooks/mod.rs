//! The face that git itself talks to: `git coord hook <event>`, called by the installed hooks.
//!
//! It answers yes or no and never fails. When it cannot tell (broken settings, a state that cannot
//! be read) git goes on, with one line about it, unless `coord.failClosed` is set. What is said is
//! returned; the command line prints it.

mod background;
mod look;
mod post_commit;
mod pre_push;
mod pre_receive;
mod prepare_commit_msg;
mod pusher;

use std::ffi::OsString;
use std::path::Path;

use crate::coord::settings::fail_closed;
use crate::coord::{ColorWish, Coord, Failure};
use crate::env;
use crate::model::key::Here;
use crate::ops::hooks::Event;

/// What git is told.
#[derive(Debug, Default)]
pub struct Heard {
    /// Why not.
    pub refused: Option<Failure>,
    /// Where the person is who reads it.
    pub here: Here,
    /// Whether in colour.
    pub color: ColorWish,
    /// What else there is to say.
    pub notes: Vec<String>,
    /// Whether git shall stop.
    pub is_no: bool,
}

impl Heard {
    /// Git goes on.
    fn yes(notes: Vec<String>) -> Self {
        Self {
            notes,
            ..Self::default()
        }
    }

    /// Git stops.
    fn no(why: Failure, notes: Vec<String>) -> Self {
        Self {
            refused: Some(why),
            here: here(),
            notes,
            is_no: true,
            ..Self::default()
        }
    }
}

/// Set for every git that git-coord starts itself: nobody has to be asked then.
const INTERNAL: &str = "GIT_COORD_INTERNAL";

/// Where the person typed, as git tells its hooks, which it starts at the top.
fn here() -> Here {
    let prefix = std::env::var_os("GIT_PREFIX").unwrap_or_default();
    Here::below(prefix.as_encoded_bytes())
}

/// Answers one call; `args` are the event and what git passes to its hook.
pub fn fire(args: &[OsString]) -> Heard {
    let words: Vec<_> = args.iter().map(|word| word.to_string_lossy()).collect();
    let words: Vec<&str> = words.iter().map(AsRef::as_ref).collect();
    let Some((name, rest)) = words.split_first() else {
        return Heard::yes(vec!["`git coord hook` is for git to call".into()]);
    };
    let dir = match std::env::current_dir() {
        Ok(dir) => dir,
        Err(why) => return cannot_tell(&format!("the current directory: {why}"), false),
    };
    match *name {
        // On a server the variable may come from the client's git, so it counts for nothing there.
        "pre-receive" => pre_receive::answer(&dir),
        background::RENEW => background::renew(&dir),
        background::REFRESH => background::refresh(&dir),
        name => match Event::of(name) {
            _ if env::var(INTERNAL).is_some() => Heard::default(),
            Some(event) => on_event(&dir, event, rest),
            None => cannot_tell(&format!("`{name}` is no hook of git-coord"), false),
        },
    }
}

fn on_event(dir: &Path, event: Event, args: &[&str]) -> Heard {
    let coord = match Coord::open(dir, None) {
        Ok(coord) => coord,
        // Helpers stay silent: the guards tell it once.
        Err(_) if !event.is_guard() => return Heard::default(),
        Err(why) => return cannot_tell(&why.to_string(), fail_closed(dir).unwrap_or(false)),
    };
    let heard = match event {
        Event::PreCommit => {
            let branch = || coord.current_branch().into_iter().collect();
            look::judged(&coord, branch, || coord.staged_paths())
        }
        Event::PrePush => pre_push::answer(&coord, args),
        Event::PrepareCommitMsg => prepare_commit_msg::answer(&coord, args),
        Event::PostCommit => post_commit::answer(&coord),
        Event::PostCheckout => background::after_checkout(&coord, args),
        Event::PostMerge => background::after_merge(&coord),
    };
    match heard {
        Ok(heard) => Heard {
            color: coord.settings().color,
            ..heard
        },
        Err(_) if !event.is_guard() => Heard::default(),
        Err(why) => cannot_tell(&why.to_string(), coord.settings().fail_closed),
    }
}

/// One line, whatever was wrong, and git goes on unless it may not.
fn cannot_tell(why: &str, is_closed: bool) -> Heard {
    let why = why.lines().collect::<Vec<_>>().join(" ");
    let note = if is_closed {
        format!("refused: locks could not be checked, and coord.failClosed forbids to go on: {why}")
    } else {
        format!("locks were not checked: {why}")
    };
    Heard {
        is_no: is_closed,
        ..Heard::yes(vec![note])
    }
}
