//! git-coord: a program for each step, or a server on two pipes; decided here, or by a remote.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;

use serde_json::{Value, json};

use super::{Hall, Tracker, first_id};
use crate::mcp::Piped;
use crate::peers::rival::{Client, Cold, Field, Rival, Step, TASKS};
use crate::peers::servers::Transport;
use crate::world::World;

pub const COLD: &str = "git-coord";
pub const COLD_QUICK: &str = "git-coord, `coord.fsync=false`";
pub const OPEN: &str = "git-coord over MCP";
pub const OPEN_QUICK: &str = "git-coord over MCP, `coord.fsync=false`";
pub const PATH: &str = "git-coord, remote over a path";
pub const PATH_QUICK: &str = "git-coord, remote over a path, `coord.fsync=false`";
pub const REMOTE: &str = "git-coord, remote over http";

fn name(is_open: bool, is_flushed: bool) -> &'static str {
    match (is_open, is_flushed) {
        (false, true) => COLD,
        (false, false) => COLD_QUICK,
        (true, true) => OPEN,
        (true, false) => OPEN_QUICK,
    }
}

fn yes(is_flushed: bool) -> &'static str {
    if is_flushed { "yes" } else { "no" }
}

fn rival<C: Client + 'static>(
    name: &str,
    is_flushed: bool,
    open: impl Fn(usize) -> Result<C, String> + Sync + 'static,
) -> Rival {
    Rival::new(name, open).ours().flushed(yes(is_flushed))
}

/// A program for each step, on one clone without a remote.
pub fn local(hall: &Hall, field: &mut Field, steps: &'static [Step]) {
    let is_tasks = steps == TASKS;
    for is_flushed in [true, false] {
        let (world, dir) = (Arc::clone(&hall.world), repo(hall, "local", is_flushed));
        let mine = name(false, is_flushed);
        let kept = dir.clone();
        let rival = match is_tasks {
            true => {
                let open = move |n| Ok(tracker(&world, &dir, n, false));
                rival(mine, is_flushed, open).steps(TASKS)
            }
            false => rival(mine, is_flushed, move |n| Ok(cold(&world, &dir, n))),
        };
        let is_measured = is_tasks && !is_flushed;
        field.add(rival.beside(mine).kept_if(is_measured, &kept));
    }
    if is_tasks {
        let (world, dir) = (Arc::clone(&hall.world), repo(hall, "next", true));
        let open = move |n| Ok(tracker(&world, &dir, n, true));
        field.add(
            rival("git-coord, `task next`", true, open)
                .beside(COLD)
                .steps(TASKS),
        );
    }
}

/// A program for each step, decided by a remote.
pub fn remote(hall: &Hall, field: &mut Field, how: Transport) {
    for is_flushed in [true, false] {
        let mut name = format!("git-coord, remote over {}", how.name());
        if !is_flushed {
            name += ", `coord.fsync=false`";
        }
        match clone(
            hall,
            &format!("one-{}-{is_flushed}", how.name()),
            how,
            is_flushed,
        ) {
            Ok(dir) => {
                let world = Arc::clone(&hall.world);
                let rival = rival(&name, is_flushed, move |n| Ok(cold(&world, &dir, n)));
                let rival = rival.flushed(this_side(is_flushed)).beside(REMOTE);
                field.add(rival.says("the remote"));
            }
            Err(why) => field.miss(&name, why),
        }
    }
}

/// Tasks that a remote decides on.
pub fn remote_tasks(hall: &Hall, field: &mut Field) {
    for (name, is_flushed) in [(PATH, true), (PATH_QUICK, false)] {
        match clone(
            hall,
            &format!("tasks-{is_flushed}"),
            Transport::Path,
            is_flushed,
        ) {
            Ok(dir) => {
                let world = Arc::clone(&hall.world);
                let open = move |n| Ok(tracker(&world, &dir, n, false));
                let rival = rival(name, is_flushed, open).says("the remote");
                field.add(
                    rival
                        .flushed(this_side(is_flushed))
                        .steps(TASKS)
                        .beside(name),
                );
            }
            Err(why) => field.miss(name, why),
        }
    }
}

/// The remote flushes as its git does by itself.
fn this_side(is_flushed: bool) -> &'static str {
    if is_flushed { "on this side" } else { "no" }
}

/// A server on two pipes.
pub fn open(hall: &Hall, field: &mut Field, steps: &'static [Step]) {
    for is_flushed in [true, false] {
        let (world, dir) = (Arc::clone(&hall.world), repo(hall, "open", is_flushed));
        let (mine, kept) = (name(true, is_flushed), dir.clone());
        let rival = rival(mine, is_flushed, move |n| Ok(mcp(&world, &dir, n)));
        let is_measured = steps != TASKS && !is_flushed;
        field.add(rival.beside(mine).steps(steps).kept_if(is_measured, &kept));
    }
    if steps == TASKS {
        return;
    }
    let name = "git-coord over MCP, remote over http";
    match clone(hall, "open-remote", Transport::Http, true) {
        Ok(dir) => {
            let world = Arc::clone(&hall.world);
            let rival = rival(name, true, move |n| Ok(mcp(&world, &dir, n)));
            field.add(
                rival
                    .says("the remote")
                    .flushed(this_side(true))
                    .beside(OPEN),
            );
        }
        Err(why) => field.miss(name, why),
    }
}

/// Both ways on one clone, and many in one clone or in a clone each on a remote.
pub fn crowds(hall: &Hall, field: &mut Field) {
    for is_flushed in [true, false] {
        let dir = repo(hall, "crowd", is_flushed);
        let (world, own) = (Arc::clone(&hall.world), dir.clone());
        let mine = name(false, is_flushed);
        field.add(rival(mine, is_flushed, move |n| Ok(cold(&world, &own, n))).beside(mine));
        let world = Arc::clone(&hall.world);
        let mine = name(true, is_flushed);
        field.add(rival(mine, is_flushed, move |n| Ok(mcp(&world, &dir, n))).beside(mine));
    }
    let one = REMOTE;
    match clone(hall, "crowd-one", Transport::Http, true) {
        Ok(dir) => {
            let world = Arc::clone(&hall.world);
            let rival = rival(one, true, move |n| Ok(cold(&world, &dir, n)));
            field.add(
                rival
                    .says("the remote")
                    .flushed(this_side(true))
                    .beside(one),
            );
        }
        Err(why) => field.miss(one, why),
    }
    let each = "git-coord, remote over http, a clone each";
    match hall.git.hub(&hall.world, "hub-crowd.git", Transport::Http) {
        Ok(settings) => {
            let world = Arc::clone(&hall.world);
            let open = move |n| {
                let dir = world.path(&format!("crowd-{n}"));
                if !dir.exists() {
                    settle(&world, &world.repo(&format!("crowd-{n}"), 1), &settings);
                }
                Ok(cold(&world, &dir, n))
            };
            field.add(
                rival(each, true, open)
                    .says("the remote")
                    .flushed(this_side(true))
                    .beside(one),
            );
        }
        Err(why) => field.miss(each, why),
    }
}

/// A repository of ours without a remote, which is there once.
pub fn repo(hall: &Hall, what: &str, is_flushed: bool) -> PathBuf {
    let name = format!("ours-{what}-{is_flushed}");
    let dir = hall.world.path(&name);
    if !dir.exists() {
        hall.world.repo(&name, 100);
        if !is_flushed {
            hall.world.config(&dir, "coord.fsync", "false");
        }
    }
    dir
}

/// A clone of a new remote.
fn clone(hall: &Hall, name: &str, how: Transport, is_flushed: bool) -> Result<PathBuf, String> {
    let name = name.replace([' ', ':', '/'], "-");
    let settings = hall.git.hub(&hall.world, &format!("hub-{name}.git"), how)?;
    let dir = hall.world.path(&format!("clone-{name}"));
    if !dir.exists() {
        hall.world.repo(&format!("clone-{name}"), 100);
        settle(&hall.world, &dir, &settings);
        if !is_flushed {
            hall.world.config(&dir, "coord.fsync", "false");
        }
    }
    Ok(dir)
}

fn settle(world: &World, dir: &Path, settings: &[(String, String)]) {
    for (name, value) in settings {
        world.config(dir, name, value);
    }
    world.config(dir, "coord.remote", "origin");
}

fn agent(mut command: Command, n: usize) -> Command {
    command.env("COORD_AGENT", format!("agent-{n}"));
    command
}

fn cold(world: &Arc<World>, dir: &Path, n: usize) -> impl Client + use<> {
    let (world, dir) = (Arc::clone(world), dir.to_owned());
    Cold::new(move |step, key| {
        let verb = if step == Step::Lock { "lock" } else { "unlock" };
        agent(world.coord(&dir, &[verb, key]), n)
    })
}

fn tracker(world: &Arc<World>, dir: &Path, n: usize, is_next: bool) -> impl Client + use<> {
    let (world, dir) = (Arc::clone(world), dir.to_owned());
    let make = move |step: Step, key: &str, id: &str| {
        let title = format!("Change {key}");
        let args: &[&str] = match step {
            Step::Add => &["task", "add", &title, "--json"],
            Step::Claim if is_next => &["task", "next"],
            Step::Claim => &["task", "claim", id],
            _ => &["task", "done", id],
        };
        agent(world.coord(&dir, args), n)
    };
    Tracker::new(make, first_id)
}

/// An open server on two pipes.
struct Mcp {
    piped: Piped,
    id: Value,
}

fn mcp(world: &World, dir: &Path, n: usize) -> impl Client + use<> {
    let command = agent(world.coord(dir, &["mcp", "--tools", "all"]), n);
    Mcp {
        piped: Piped::start(command),
        id: Value::Null,
    }
}

impl Client for Mcp {
    fn act(&mut self, step: Step, key: &str) -> Result<bool, String> {
        let (tool, arguments) = match step {
            Step::Lock => ("lock", json!({ "keys": [key] })),
            Step::Unlock => ("unlock", json!({ "keys": [key] })),
            Step::Add => ("task_add", json!({ "title": format!("Change {key}") })),
            Step::Claim => ("task_claim", json!({ "id": self.id })),
            Step::Done => ("task_done", json!({ "id": self.id })),
        };
        let result = self.piped.tool(tool, arguments);
        let told = &result["structuredContent"];
        if step == Step::Add {
            self.id = told["tasks"][0]["id"].clone();
        }
        match (told["ok"].as_bool(), told["code"].as_str()) {
            (Some(true), _) => Ok(true),
            (Some(false), Some("lock_held")) => Ok(false),
            _ => Err(result.to_string()),
        }
    }
}
