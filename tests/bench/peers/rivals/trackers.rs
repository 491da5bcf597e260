//! Trackers of tasks for agents, each by the commands that its own documentation gives.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;

use super::ours::{COLD, COLD_QUICK, PATH_QUICK};
use super::{Hall, Tracker, first_id};
use crate::peers::rival::{Field, Rival, Step, TASKS, run, said};
use crate::peers::servers::Transport;
use crate::world::World;

/// Where a tracker keeps its records and what it is called there, once it is set up.
struct Place {
    tool: String,
    dir: PathBuf,
    kept: PathBuf,
}

/// What is known about a tracker.
struct About {
    name: &'static str,
    says: &'static str,
    /// As seen by strace(1): whether its steps call fsync(2) or fdatasync(2).
    flushed: &'static str,
    /// Below the directory where the tools were installed.
    tool: &'static str,
    set_up: fn(&Hall, &Path, &str) -> Result<(), String>,
    /// From the repository's directory, or `~/` from home, to what it fills.
    kept: &'static str,
    step: fn(Step, &str, &str, usize) -> Vec<String>,
    find: fn(&str) -> Option<String>,
}

const TRACKERS: &[About] = &[
    About {
        name: "balls 0.5.13, without a remote",
        says: "this clone",
        flushed: "no",
        tool: "bin/bl",
        set_up: |hall, dir, tool| do_once(hall, dir, tool, &["prime", "--as", "agent-0"]),
        kept: "~/.local/state/balls",
        step: balls,
        find: last_word,
    },
    About {
        name: "balls 0.5.13, remote over a path",
        says: "the remote",
        flushed: "no",
        tool: "bin/bl",
        set_up: |hall, dir, tool| {
            for (name, value) in hall
                .git
                .hub(&hall.world, "hub-balls.git", Transport::Path)?
            {
                hall.world.config(dir, &name, &value);
            }
            hall.world
                .run(hall.world.git(dir, &["push", "-q", "origin", "main"]));
            do_once(hall, dir, tool, &["prime", "--as", "agent-0"])
        },
        kept: "~/.local/state/balls",
        step: balls,
        find: last_word,
    },
    About {
        name: "beads_rust (br) 0.1.45",
        says: "this machine",
        flushed: "yes",
        tool: "bin/br",
        set_up: |hall, dir, tool| do_once(hall, dir, tool, &["init"]),
        kept: ".beads",
        step: |step, key, id, n| match step {
            Step::Add => words(&["create", &format!("Change {key}"), "-p", "1", "--json"]),
            Step::Claim => words(&[
                "update",
                id,
                "--claim",
                "--actor",
                &format!("agent-{n}"),
                "--json",
            ]),
            _ => words(&["close", id, "--reason", "done", "--json"]),
        },
        find: first_id,
    },
    About {
        name: "tbd 0.2.3",
        says: "this clone",
        flushed: "yes",
        tool: "node_modules/.bin/tbd",
        set_up: |hall, dir, tool| {
            do_once(hall, dir, tool, &["setup", "--auto", "--prefix=pt"])?;
            commit_all(&hall.world, dir)
        },
        kept: ".git",
        step: |step, key, id, n| match step {
            Step::Add => words(&["create", &format!("Change {key}"), "--type=task", "--json"]),
            Step::Claim => {
                let who = format!("agent-{n}");
                words(&[
                    "update",
                    id,
                    "--status=in_progress",
                    "--assignee",
                    &who,
                    "--json",
                ])
            }
            _ => words(&["close", id, "--reason", "done", "--json"]),
        },
        find: first_id,
    },
    About {
        name: "Backlog.md 1.52.0",
        says: "this working tree",
        flushed: "no",
        tool: "node_modules/.bin/backlog",
        set_up: |hall, dir, tool| {
            do_once(hall, dir, tool, &["init", "demo", "--defaults"])?;
            commit_all(&hall.world, dir)
        },
        kept: "backlog",
        step: |step, key, id, n| match step {
            Step::Add => words(&["task", "create", &format!("Change {key}"), "--plain"]),
            Step::Claim => {
                let who = format!("@agent-{n}");
                words(&[
                    "task",
                    "edit",
                    id,
                    "-s",
                    "In Progress",
                    "-a",
                    &who,
                    "--plain",
                ])
            }
            _ => words(&["task", "edit", id, "-s", "Done", "--plain"]),
        },
        find: |text| {
            let line = text
                .lines()
                .find_map(|line| line.strip_prefix("Task TASK-"))?;
            line.split(' ').next().map(str::to_owned)
        },
    },
    About {
        name: "grite 0.5.3, claimed by a lock",
        says: "this clone",
        flushed: "all but the claim",
        tool: "bin/grite",
        set_up: |hall, dir, tool| do_once(hall, dir, tool, &["init", "--no-agents-md"]),
        kept: ".git",
        step: |step, key, id, _| match step {
            Step::Add => {
                let title = format!("Change {key}");
                words(&[
                    "issue", "create", "--title", &title, "--body", "-", "--json",
                ])
            }
            Step::Claim => words(&[
                "lock",
                "acquire",
                &format!("issue:{id}"),
                "--ttl",
                "1800",
                "--json",
            ]),
            _ => words(&["issue", "close", id, "--json"]),
        },
        find: |text| {
            let rest = text.split_once("\"issue_id\":")?.1.trim_start();
            Some(rest.strip_prefix('"')?.split_once('"')?.0.to_owned())
        },
    },
];

pub fn tasks(hall: &Hall, field: &mut Field) {
    for about in TRACKERS {
        match place(hall, about) {
            Ok(Place { tool, dir, kept }) => {
                let world = Arc::clone(&hall.world);
                let open = move |n: usize| {
                    let (world, dir, tool) = (Arc::clone(&world), dir.clone(), tool.clone());
                    let make = move |step: Step, key: &str, id: &str| {
                        let mut command = world.program(&dir, &tool, &[]);
                        command.args((about.step)(step, key, id, n));
                        with_tools(&mut command, &tool);
                        command
                    };
                    Ok(Tracker::new(make, about.find))
                };
                let rival = Rival::new(about.name, open)
                    .says(about.says)
                    .flushed(about.flushed);
                let beside = match (about.says, about.flushed) {
                    ("the remote", _) => PATH_QUICK,
                    (_, "no") => COLD_QUICK,
                    _ => COLD,
                };
                field.add(rival.beside(beside).steps(TASKS).kept(&kept));
            }
            Err(why) => field.miss(about.name, why),
        }
    }
}

fn place(hall: &Hall, about: &About) -> Result<Place, String> {
    let tool = hall.tool(about.tool)?;
    let name = about.name.replace([' ', ',', '(', ')', '.'], "-");
    let dir = hall.world.path(&name);
    if !dir.exists() {
        hall.world.repo(&name, 100);
        (about.set_up)(hall, &dir, &tool)?;
    }
    let kept = match about.kept.strip_prefix("~/") {
        Some(below) => hall.world.path(below),
        None => dir.join(about.kept),
    };
    Ok(Place { tool, dir, kept })
}

/// Tools that start others of their own find them beside themselves.
fn with_tools(command: &mut Command, tool: &str) {
    let beside = Path::new(tool).parent().unwrap_or(Path::new("/"));
    let path = std::env::var_os("PATH").unwrap_or_default();
    let all = std::iter::once(beside.to_owned()).chain(std::env::split_paths(&path));
    if let Ok(path) = std::env::join_paths(all) {
        command.env("PATH", path);
    }
}

fn do_once(hall: &Hall, dir: &Path, tool: &str, args: &[&str]) -> Result<(), String> {
    let mut command = hall.world.program(dir, tool, args);
    with_tools(&mut command, tool);
    let output = run(command)?;
    match output.status.success() {
        true => Ok(()),
        false => Err(said(&output)),
    }
}

fn commit_all(world: &World, dir: &Path) -> Result<(), String> {
    for args in [
        &["add", "-A"][..],
        &["commit", "-q", "--no-verify", "-m", "set up"],
    ] {
        let output = run(world.git(dir, args))?;
        if !output.status.success() {
            return Err(said(&output));
        }
    }
    Ok(())
}

/// What balls does on a claim makes a working tree too.
fn balls(step: Step, key: &str, id: &str, n: usize) -> Vec<String> {
    let who = format!("agent-{n}");
    match step {
        Step::Add => words(&["create", &format!("Change {key}"), "--as", &who]),
        Step::Claim => words(&["claim", id, "--as", &who]),
        _ => words(&["close", id, "--as", &who]),
    }
}

fn words(all: &[&str]) -> Vec<String> {
    all.iter().copied().map(str::to_owned).collect()
}

fn last_word(text: &str) -> Option<String> {
    text.split_whitespace().last().map(str::to_owned)
}
