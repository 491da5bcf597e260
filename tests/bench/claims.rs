//! Many who ask for work at the same time.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Instant;

use crate::measure::Row;
use crate::tasks;
use crate::world::{PROGRAM, World};

/// Tasks that can be claimed; of those that are added, every third waits for another one.
const TASKS: usize = 1_000;
const ADDED: usize = TASKS / 2 * 3;
const PROCESSES: usize = 50;
const CLONES: usize = 8;

/// 50 agents of one clone.
pub fn local(world: &World) -> Vec<Row> {
    let dir = world.repo("claims", 100);
    world.config(&dir, "coord.fsync", "false");
    tasks::fill(world, &dir, ADDED, 0);
    let agents = (0..PROCESSES).map(|n| agent(world, &dir, n));
    let (claims, per_second) = claimed(agents.collect());
    let figure = format!("{per_second:.0} claims/s");
    vec![row("50 agents claim 1,000 tasks, local", &claims, figure)]
}

/// As many in 8 clones of a remote.
pub fn clones(world: &World) -> Vec<Row> {
    world.run(world.git(&world.path(""), &["init", "-q", "--bare", "hub.git"]));
    let hub = world.path("hub.git").display().to_string();
    let trace = world.path("trace");
    std::fs::create_dir_all(&trace).expect("the directory is writable");
    let dirs: Vec<PathBuf> = (0..CLONES)
        .map(|n| {
            let dir = world.repo(&format!("claims{n}"), 1);
            world.run(world.git(&dir, &["remote", "add", "origin", &hub]));
            world.config(&dir, "coord.remote", "origin");
            dir
        })
        .collect();
    tasks::fill(world, &dirs[0], ADDED, 0);
    for dir in &dirs {
        world.run(world.coord(dir, &["sync"]));
    }
    let agents = (0..PROCESSES).map(|n| {
        let mut agent = agent(world, &dirs[n % CLONES], n);
        // One file for each git process.
        agent.env("GIT_TRACE2_EVENT", &trace);
        agent
    });
    let (claims, per_second) = claimed(agents.collect());
    let pushes = pushes(&trace) as f64 / claims.len().max(1) as f64;
    let figure = format!("{per_second:.0} claims/s, {pushes:.2} pushes per claim");
    let case = "50 agents in 8 clones claim 1,000 tasks of a loopback remote";
    vec![row(case, &claims, figure)]
}

fn row(case: &str, claims: &[String], figure: String) -> Row {
    let different: BTreeSet<&String> = claims.iter().collect();
    let is_right = claims.len() == TASKS && different.len() == TASKS;
    let aim = "each exactly once";
    let figure = match is_right {
        true => figure,
        false => format!("{} claims of {} tasks", claims.len(), different.len()),
    };
    Row::figure(case, figure, aim, Some(is_right))
}

/// An agent that takes tasks until none is left.
fn agent(world: &World, dir: &Path, n: usize) -> Command {
    let script = format!("while {PROGRAM} task next --as a{n}/s1; do :; done");
    let mut command = world.shell(dir, &script);
    command.stdin(Stdio::null()).stderr(Stdio::null());
    command.stdout(Stdio::piped());
    command
}

/// Which tasks were claimed, and how many a second.
fn claimed(agents: Vec<Command>) -> (Vec<String>, f64) {
    let start = Instant::now();
    let running: Vec<_> = agents
        .into_iter()
        .map(|mut agent| agent.spawn().expect("it starts"))
        .collect();
    let mut claims = Vec::new();
    for agent in running {
        let output = agent.wait_with_output().expect("it ends");
        let text = String::from_utf8_lossy(&output.stdout).into_owned();
        let ids = text
            .lines()
            .filter_map(|line| line.strip_prefix("claimed ")?.split(' ').next());
        claims.extend(ids.map(str::to_owned));
    }
    let per_second = claims.len() as f64 / start.elapsed().as_secs_f64();
    (claims, per_second)
}

/// How many times git was started to push.
fn pushes(trace: &Path) -> usize {
    let files = std::fs::read_dir(trace).expect("it was made").flatten();
    let is_push = |text: &String| {
        text.contains("\"event\":\"cmd_name\",") && text.contains("\"name\":\"push\"")
    };
    files
        .filter_map(|file| std::fs::read_to_string(file.path()).ok())
        .filter(is_push)
        .count()
}
