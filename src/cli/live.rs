//! Live values for completion: locked keys, agents, ids, remotes.
//!
//! They come from the state as this clone has it. Completion asks nobody over the network, says
//! nothing where there is no repository, and never fails: then there is nothing to offer.

mod ids;

use std::collections::BTreeMap;
use std::ffi::OsStr;
use std::path::PathBuf;

use clap::{Arg, Command, ValueHint};
use clap_complete::engine::{
    ArgValueCompleter, CompletionCandidate, PathCompleter, ValueCompleter,
};

use crate::model::key::Here;
use crate::ops::agent::Seen;
use crate::ops::locks::Held;
use crate::ops::{Answer, Context, Operation, agent, keys as typed, msg, status};

/// Most candidates that are offered; more would not be read.
const CANDIDATES_MAX: usize = 500;

/// Longest description of one, in characters.
const ABOUT_CHARS_MAX: usize = 80;

/// The commands with what completes their values, found by what the values are called: whatever
/// takes an agent's name completes with agents, in every command.
pub(super) fn with_values(command: Command) -> Command {
    command
        .mut_args(|arg| with_value(&[], arg))
        .mut_subcommands(|command| below(&[], command))
}

/// The same for a command below others, whose words are `path`.
fn below(path: &[String], command: Command) -> Command {
    let path = [path, &[command.get_name().to_owned()]].concat();
    command
        .mut_args(|arg| with_value(&path, arg))
        .mut_subcommands(|command| below(&path, command))
}

fn with_value(path: &[String], arg: Arg) -> Arg {
    let id = arg.get_id().as_str().to_owned();
    if let Some(ids) = ids::of(path, &id) {
        return arg.add(ids);
    }
    let command = path.last().map_or("", String::as_str);
    match (command, id.as_str()) {
        (_, "actor" | "agent") => arg.add(ArgValueCompleter::new(agents)),
        ("kick", "who") => arg.add(ArgValueCompleter::new(sessions)),
        ("restore", "from") => arg.add(ArgValueCompleter::new(agents_and_sessions)),
        ("send", "to") => arg.add(ArgValueCompleter::new(receivers)),
        (_, "message" | "reply_to") => arg.add(ArgValueCompleter::new(messages)),
        (_, "assignee") => arg.add(ArgValueCompleter::new(agents)),
        (_, "capability" | "requires") => arg.add(ArgValueCompleter::new(capabilities)),
        ("unlock" | "renew", "keys") => arg.add(ArgValueCompleter::new(own_keys)),
        ("lock", "keys") => arg.add(ArgValueCompleter::new(keys_to_lock)),
        ("lock", "rev") => arg.add(ArgValueCompleter::new(revs)),
        (_, "key") => arg.add(ArgValueCompleter::new(held_keys)),
        (_, "keys" | "paths") => arg.value_hint(ValueHint::AnyPath),
        ("help", "about") => arg.add(ArgValueCompleter::new(pages)),
        (_, "dir") => arg.value_hint(ValueHint::DirPath),
        (_, "remote") => arg.add(ArgValueCompleter::new(remotes)),
        _ => arg,
    }
}

fn pages(typed: &OsStr) -> Vec<CompletionCandidate> {
    let whole = super::whole();
    let commands = whole
        .get_subcommands()
        .filter(|command| !command.is_hide_set());
    let about = |command: &Command| command.get_about().map(ToString::to_string);
    let commands = commands.map(|command| {
        (
            command.get_name().to_owned(),
            about(command).unwrap_or_default(),
        )
    });
    let topics = super::help::topics().map(|(name, _)| (name.to_owned(), "a topic".to_owned()));
    offer(typed, commands.chain(topics).collect())
}

fn own_keys(typed: &OsStr) -> Vec<CompletionCandidate> {
    keys(typed, |held| held.mine)
}

/// The option takes the beginning of a canonical key, in every directory.
fn held_keys(typed: &OsStr) -> Vec<CompletionCandidate> {
    let (held, _) = held();
    offer_keys(typed, &held, &Here::Top)
}

/// Only what somebody else holds can be taken from its holder; anything can be locked.
fn keys_to_lock(typed: &OsStr) -> Vec<CompletionCandidate> {
    if std::env::args_os().any(|word| word == "--steal") {
        return keys(typed, |held| !held.mine);
    }
    PathCompleter::any().complete(typed)
}

fn revs(typed: &OsStr) -> Vec<CompletionCandidate> {
    let about = |held: &Held| {
        (
            held.rev.to_string(),
            format!("{} of {}", held.key, held.by.agent),
        )
    };
    let others = held().0.into_iter().filter(|held| !held.mine);
    offer(typed, others.map(|held| about(&held)).collect())
}

fn keys(typed: &OsStr, wanted: impl Fn(&Held) -> bool) -> Vec<CompletionCandidate> {
    let (mut held, here) = held();
    held.retain(wanted);
    offer_keys(typed, &held, &here)
}

fn offer_keys(typed: &OsStr, held: &[Held], here: &Here) -> Vec<CompletionCandidate> {
    let about = |held: &Held| {
        let by = if held.mine {
            "held by you".into()
        } else {
            format!("held by {}", held.by.agent)
        };
        (held.key.typed(here), by)
    };
    offer(typed, held.iter().map(about).collect())
}

fn agents(typed: &OsStr) -> Vec<CompletionCandidate> {
    offer(typed, agents_here())
}

/// Those who hold something, and those who were seen.
fn agents_here() -> Vec<(String, String)> {
    let Some(all) = overview() else {
        return Vec::new();
    };
    let mut count: BTreeMap<String, usize> = BTreeMap::new();
    for seen in &all.here {
        count.entry(seen.who.agent.to_string()).or_default();
    }
    for held in all.mine.iter().chain(&all.others) {
        *count.entry(held.by.agent.to_string()).or_default() += 1;
    }
    let about = |(name, count)| match count {
        0 => (name, "is here".to_owned()),
        count => (name, format!("holds {count}")),
    };
    count.into_iter().map(about).collect()
}

fn sessions_here() -> Vec<(String, String)> {
    let listed = Operation::Agent(agent::Agent {
        what: agent::What::List(agent::List {
            all: true,
            status: None,
        }),
    });
    let found = with_context(|context| match listed.run(context) {
        Ok(Answer::Agents(listed)) => listed.sessions,
        _ => Vec::new(),
    });
    let about = |seen: Seen| {
        let name = super::agent::name(&seen.who);
        (name, seen.life.as_str().to_owned())
    };
    found.unwrap_or_default().into_iter().map(about).collect()
}

fn sessions(typed: &OsStr) -> Vec<CompletionCandidate> {
    offer(typed, sessions_here())
}

fn agents_and_sessions(typed: &OsStr) -> Vec<CompletionCandidate> {
    offer(typed, [agents_here(), sessions_here()].concat())
}

fn receivers(typed: &OsStr) -> Vec<CompletionCandidate> {
    let mut all = [agents_here(), sessions_here()].concat();
    all.push(("all".into(), "everybody".into()));
    let role = |(word, about)| (format!("role:{word}"), about);
    all.extend(capabilities_here().into_iter().map(role));
    offer(typed, all)
}

fn capabilities(typed: &OsStr) -> Vec<CompletionCandidate> {
    offer(typed, capabilities_here())
}

fn capabilities_here() -> Vec<(String, String)> {
    let mut all = Vec::new();
    for seen in overview().map(|all| all.here).unwrap_or_default() {
        let words = seen.session.capabilities.iter();
        all.extend(words.map(|word| (word.to_string(), format!("{} can", seen.who.agent))));
    }
    all
}

fn messages(typed: &OsStr) -> Vec<CompletionCandidate> {
    let inbox = Operation::Msg(msg::Msg {
        what: msg::What::Inbox(msg::Inbox {
            all: true,
            ..msg::Inbox::default()
        }),
    });
    let found = with_context(|context| match inbox.run(context) {
        Ok(Answer::Messages(mail)) => mail.messages,
        _ => Vec::new(),
    });
    let about = |letter: msg::Letter| {
        let from = super::agent::name(&letter.message.from);
        (letter.message.id.to_string(), format!("from {from}"))
    };
    let found = found.unwrap_or_default();
    offer(typed, found.into_iter().map(about).collect())
}

fn remotes(typed: &OsStr) -> Vec<CompletionCandidate> {
    let found = with_context(|context| {
        let config = context.coord.repo().config();
        let name = |key: &str| {
            key.strip_prefix("remote.")?
                .strip_suffix(".url")
                .map(str::to_owned)
        };
        config
            .iter()
            .filter_map(|(key, url)| Some((name(key)?, url.to_owned())))
            .collect()
    });
    offer(typed, found.unwrap_or_default())
}

/// Every hold in the state as this clone has it, and where the line is typed.
fn held() -> (Vec<Held>, Here) {
    let found = with_context(|context| {
        let held = look(context).map(|all| [all.mine, all.others].concat());
        (held.unwrap_or_default(), typed::here(context))
    });
    found.unwrap_or_default()
}

fn overview() -> Option<status::Overview> {
    with_context(look)?
}

fn look(context: &Context<'_>) -> Option<status::Overview> {
    let status = Operation::Status(status::Status::default());
    match status.run(context) {
        Ok(Answer::Status(all)) => Some(*all),
        _ => None,
    }
}

fn with_context<T>(look: impl FnOnce(&Context<'_>) -> T) -> Option<T> {
    let dir = std::env::current_dir().ok()?;
    // `-C DIR` is among the words that are completed, which nobody has parsed yet.
    let words: Vec<_> = std::env::args_os().collect();
    let below = words
        .windows(2)
        .filter(|pair| pair[0] == "-C")
        .map(|pair| PathBuf::from(&pair[1]));
    let dir = below.fold(dir, |dir, below| dir.join(below));
    let context = Context::open(dir, None, &|_| {}).ok()?;
    Some(look(&context))
}

/// Those that continue what was typed.
fn offer(typed: &OsStr, mut all: Vec<(String, String)>) -> Vec<CompletionCandidate> {
    let typed = typed.to_string_lossy();
    all.retain(|(value, _)| value.starts_with(&*typed));
    all.sort();
    all.dedup_by(|one, other| one.0 == other.0);
    all.truncate(CANDIDATES_MAX);
    let candidate = |(value, about): (String, String)| {
        let about: String = about.chars().take(ABOUT_CHARS_MAX).collect();
        CompletionCandidate::new(value).help(Some(crate::model::text::shown(&about).into()))
    };
    all.into_iter().map(candidate).collect()
}
