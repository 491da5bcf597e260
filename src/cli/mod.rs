//! The command line: the only face that prints.
//!
//! It parses words into an [`Operation`], runs it, and shows the answer as text or JSON. Data goes
//! to standard output, everything else to standard error.

mod args;
mod exit;
mod hooks;
mod json;
mod notices;
mod overview;
mod page;
mod pages;
mod text;

use std::ffi::OsString;
use std::io::Write;
use std::path::PathBuf;
use std::process::ExitCode;

use clap::{CommandFactory, Parser};

use crate::coord::Failure;
use crate::ops::{Answer, Context, Operation, status};

use args::{Cli, Command};
pub use exit::Exit;
use page::Page;

/// Runs the program with its arguments and says how it ended.
pub fn main(args: impl IntoIterator<Item = OsString>) -> ExitCode {
    let args: Vec<OsString> = args.into_iter().collect();
    // Git calls this one, with whatever arguments it likes: they are not for clap to judge.
    if args.get(1).is_some_and(|word| word == "hook") {
        return hooks::fire(&args[2..]).into();
    }
    clap_complete::CompleteEnv::with_factory(Cli::command).complete();
    let cli = match Cli::try_parse_from(args) {
        Ok(cli) => cli,
        Err(error) => {
            // Help and version are data on standard output; the rest is wrong use.
            let _ = error.print();
            return if error.use_stderr() {
                Exit::Usage.into()
            } else {
                Exit::Done.into()
            };
        }
    };
    let page = Page::new(cli.color);
    run(&cli, &page).into()
}

fn run(cli: &Cli, page: &Page) -> Exit {
    let operation = match &cli.command {
        Some(Command::Operation(operation)) => operation.clone(),
        Some(Command::Page(pages)) => {
            return match pages.run() {
                Ok(text) => {
                    page.data(&text);
                    Exit::Done
                }
                Err(failure) => fail(cli, page, &failure),
            };
        }
        // `git coord` alone: what is going on, and what to do next.
        None => Operation::Status(status::Status::default()),
    };
    let dir = match std::env::current_dir() {
        Ok(dir) => cli
            .dir
            .as_ref()
            .map_or(dir.clone(), |below| dir.join(below)),
        Err(why) => {
            let what = format!("the current directory cannot be used: {why}");
            return fail(
                cli,
                page,
                &Failure::usage(what, "change to one that exists"),
            );
        }
    };
    let progress = |news: &str| page.progress(news);
    match Context::open(dir, cli.actor.as_deref(), &progress) {
        Ok(context) => answer(cli, page, &context, &operation),
        Err(failure) => fail(cli, page, &failure),
    }
}

fn answer(cli: &Cli, page: &Page, context: &Context<'_>, operation: &Operation) -> Exit {
    let result = operation.run(context);
    notices::show(page, &context.notices());
    match result {
        Ok(answer) => {
            if let Answer::Done { done, .. } = &answer {
                notices::show(page, &done.notices);
            }
            if cli.json {
                page.data(&json::of_answer(&answer));
            } else {
                text::show(page, context, &answer, cli.command.is_none());
            }
            Exit::of_answer(&answer)
        }
        Err(failure) => fail(cli, page, &failure),
    }
}

fn fail(cli: &Cli, page: &Page, failure: &Failure) -> Exit {
    if cli.json {
        page.data(&json::of_failure(failure));
    } else {
        page.failure(failure);
    }
    Exit::of_failure(failure)
}

/// The directory that `-C` names, as a path.
type Dir = PathBuf;

/// Writes to standard output, quietly ending when nobody reads any more.
fn put(out: &mut dyn Write, text: &str) {
    if out
        .write_all(text.as_bytes())
        .and_then(|()| out.flush())
        .is_err()
    {
        // A closed pipe is the reader's way to say that it has enough.
        std::process::exit(0);
    }
}
