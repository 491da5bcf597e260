//! The command line: the only face that prints.
//!
//! It parses words into an [`Operation`], runs it, and shows the answer as text or JSON. Data goes
//! to standard output, everything else to standard error.

mod agent;
mod agents;
mod args;
mod checks;
mod completion;
mod doctor;
mod drafted;
mod exit;
mod feature;
mod github;
mod github_init;
mod graph;
mod handoff;
mod help;
mod hooks;
mod json;
mod live;
mod man;
mod markdown;
mod memory;
mod msg;
mod notices;
mod overview;
mod page;
mod pager;
mod pages;
mod ports;
mod queue;
mod relay;
mod report;
mod review;
mod schema;
mod set_up;
mod task;
mod text;
mod usage;
mod values;
mod waited;
mod why;
mod wired;

use std::ffi::OsString;
use std::path::PathBuf;
use std::process::ExitCode;

use clap::error::ErrorKind;
use clap::{CommandFactory, FromArgMatches};
use clap_complete::CompleteEnv;

use crate::coord::Failure;
use crate::mcp::Mcp;
use crate::model::key::Here;
use crate::model::notice::NoticeRecord;
use crate::ops::{Answer, Context, Operation, keys, status};

use args::{Cli, Command};
use checks::Checks;
pub use exit::Exit;
use page::{Color, Page, Unread};

/// Runs the program with its arguments and says how it ended.
pub fn main(args: impl IntoIterator<Item = OsString>) -> ExitCode {
    let args: Vec<OsString> = args.into_iter().collect();
    // Git calls this one, with whatever arguments it likes: they are not for clap to judge.
    if args.get(1).is_some_and(|word| word == "hook") {
        return match agents::fire(&args[2..]) {
            Some(exit) => exit.into(),
            None => hooks::fire(&args[2..]).into(),
        };
    }
    if let Some(exit) = agents::fire_behind_options(&args) {
        return exit.into();
    }
    CompleteEnv::with_factory(|| live::with_values(whole()))
        .bin("git-coord")
        .complete();
    let color = Color::among(&args);
    let code = match parse(&args, color) {
        Ok(cli) => run(&cli, &Page::new(cli.color, cli.json)),
        Err(other) => unparsed(&other, &Page::new(color, asks_for_json(&args))).into(),
    };
    match page::unread() {
        // Half of an answer must not pass for a whole one.
        Some(Unread::Lost) if code == Exit::Done.into() => Exit::Broken.into(),
        Some(Unread::Lost | Unread::Closed) | None => code,
    }
}

/// Reads the command line. Each command's definition is deferred until its name is read, so that a
/// command costs its own and not those of all the others.
fn parse(args: &[OsString], color: Option<Color>) -> Result<Cli, clap::Error> {
    let command = || Cli::command().color(color.map_or(clap::ColorChoice::Auto, Into::into));
    let matches = match command().try_get_matches_from(args) {
        // Help and suggestions are made of all of them.
        Err(error) if error.kind() != ErrorKind::DisplayVersion => {
            built(command()).try_get_matches_from(args)
        }
        other => other,
    };
    Cli::from_arg_matches_mut(&mut matches?)
}

/// Help and version are data; the rest is wrong use.
fn unparsed(error: &clap::Error, page: &Page) -> Exit {
    if error.use_stderr() {
        return fail(page, &usage::failure(error));
    }
    if page.is_json {
        page.data(&json::of_page(&error.render().to_string()));
    } else {
        page.written(error.print());
    }
    Exit::Done
}

/// Whether words that could not be parsed ask for JSON.
fn asks_for_json(args: &[OsString]) -> bool {
    args.iter()
        .take_while(|word| *word != "--")
        .any(|word| word == "--json")
}

/// The whole command line, with the names of all its parts.
fn whole() -> clap::Command {
    built(Cli::command())
}

fn built(mut command: clap::Command) -> clap::Command {
    command.build();
    command
}

fn run(cli: &Cli, page: &Page) -> ExitCode {
    let operation = match &cli.command {
        Some(Command::Mcp(server)) => return serve(cli, page, server).into(),
        Some(Command::Operation(operation)) => operation.clone(),
        Some(Command::Page(pages)) => {
            return match pages.run() {
                Ok(text) if page.is_json && !pages.is_json() => {
                    page.data(&json::of_page(&text));
                    Exit::Done.into()
                }
                Ok(text) => {
                    page.data(&text);
                    Exit::Done.into()
                }
                Err(failure) => fail(page, &failure).into(),
            };
        }
        // `git coord` alone: what is going on, and what to do next.
        None => Operation::Status(status::Status::default()),
    };
    let dir = match started_in(cli) {
        Ok(dir) => dir,
        Err(failure) => return fail(page, &failure).into(),
    };
    // The doctor is for when nothing can be opened.
    if let Operation::Doctor(wanted) = &operation {
        let report = wanted.run(&dir, cli.actor.as_deref());
        if !page.is_json {
            let page = &match Context::open(dir, cli.actor.as_deref(), &|_| {}) {
                Ok(context) => page.in_clone(context.coord.settings().color),
                Err(_) => *page,
            };
            page.data(&doctor::of(page, &report));
        }
        let answer = Answer::Doctor(report);
        if page.is_json {
            page.data(&json::of_answer(&answer, &[]));
        }
        return Exit::of_answer(&answer).into();
    }
    let checks = Checks::on(page);
    let progress = |news: &str| checks.over(|| page.progress(news));
    let open = match operation {
        Operation::Init(_) => Context::open_for_set_up,
        _ => Context::open,
    };
    match open(dir, cli.actor.as_deref(), &progress) {
        Ok(mut context) => {
            let page = &page.in_clone(context.coord.settings().color);
            let stream = |answer: &Answer| checks.over(|| show_one(page, answer));
            if cli.now {
                context.coord.push_requests_now();
            }
            context.stream = &stream;
            context.checks = &checks;
            let exit = answer(cli, page, &context, &operation);
            // The process ends here: nothing is gained by waiting for idle children to end first.
            std::mem::forget(context);
            exit
        }
        Err(failure) => fail(page, &failure).into(),
    }
}

/// Where the command acts.
fn started_in(cli: &Cli) -> Result<PathBuf, Failure> {
    let dir = std::env::current_dir().map_err(|why| {
        let what = format!("the current directory cannot be used: {why}");
        Failure::usage(what, "change to one that exists")
    })?;
    Ok(cli
        .dir
        .as_ref()
        .map_or(dir.clone(), |below| dir.join(below)))
}

/// Serves programs until they are gone. The standard output may be theirs.
fn serve(cli: &Cli, page: &Page, server: &Mcp) -> Exit {
    let served = started_in(cli)
        .and_then(|dir| server.run(&dir, cli.actor.as_deref(), &|text| page.note(text)));
    match served {
        Ok(text) => {
            page.data(&text);
            Exit::Done
        }
        Err(failure) => fail(page, &failure),
    }
}

/// One answer of several.
fn show_one(page: &Page, answer: &Answer) {
    if page.is_json {
        page.data(&json::of_answer(answer, &[]));
        return;
    }
    match answer {
        Answer::Change(entry) => page.data(&text::of_entry(page, entry)),
        Answer::Status(all) => page.screen(&overview::of(page, all, false)),
        Answer::Happened(told) => page.data(&text::of_happening(page, told)),
        Answer::Relayed(round) => page.data(&relay::of_round(page, round)),
        Answer::GithubListening { at } => page.data(&github::of_listening(at)),
        Answer::GithubSynced(synced) => page.data(&github::of_synced(page, synced)),
        _ => {}
    }
    // Nothing else would end a stream that nobody reads any more.
    match page::unread() {
        Some(Unread::Closed) => std::process::exit(Exit::Done as i32),
        Some(Unread::Lost) => std::process::exit(Exit::Broken as i32),
        None => {}
    }
}

fn answer(cli: &Cli, page: &Page, context: &Context<'_>, operation: &Operation) -> ExitCode {
    let (result, notices) = operation.ask(context);
    if !page.is_json {
        notices::show(page, &notices);
    }
    match result {
        Ok(answer) => {
            match (&answer, page.is_json) {
                // A watch has given its answers already.
                (Answer::Watched { .. }, _) => {}
                (_, true) => page.data(&json::of_answer(&answer, &notices)),
                (_, false) => text::show(page, context, &answer, cli.command.is_none()),
            }
            match &answer {
                // The program's own code, whatever it means.
                Answer::Ran(ran) => ran.code.into(),
                _ => Exit::of_answer(&answer).into(),
            }
        }
        Err(failure) => fail_with(page, &failure, &keys::here(context), &notices).into(),
    }
}

fn fail(page: &Page, failure: &Failure) -> Exit {
    fail_with(page, failure, &Here::Top, &[])
}

fn fail_with(page: &Page, failure: &Failure, here: &Here, notices: &[NoticeRecord]) -> Exit {
    if page.is_json {
        page.data(&json::of_failure(failure, here, notices));
    } else {
        page.failure(failure, here);
    }
    Exit::of_failure(failure)
}

/// The directory that `-C` names, as a path.
type Dir = PathBuf;
