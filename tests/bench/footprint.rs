//! What it leaves on disk, and what it costs those who do not use it.

use std::path::Path;

use git_coord::coord::Coord;

use crate::measure::{Row, in_turn};
use crate::world::{World, file};

/// The bytes of all objects of a repository, after git's maintenance.
fn packed(world: &World, dir: &Path) -> f64 {
    world.run(world.git(dir, &["gc", "-q"]));
    let counted = world.run(world.git(dir, &["count-objects", "-v"]));
    let field = |name: &str| {
        let line = counted.lines().find_map(|line| line.strip_prefix(name));
        line.and_then(|value| value.trim().parse::<f64>().ok())
            .expect("git counts")
    };
    (field("size-pack:") + field("size:")) * 1024.0
}

/// Bytes in the repository per task that was added, claimed and done, each in a commit of its own.
pub fn growth(world: &World) -> Vec<Row> {
    const TASKS: usize = 2_000;
    let dir = world.repo("growth", 100);
    world.config(&dir, "coord.fsync", "false");
    let coord = Coord::open(&dir, Some("bench/s1")).expect("it is a repository");
    let ask = |text: String| {
        let request = serde_json::from_str(&text).expect("it is a request");
        coord.handle(request).expect("it is granted");
    };
    let before = packed(world, &dir);
    for n in 0..TASKS {
        let title = format!(
            "Change number {n} of the module for things of sort {}",
            n % 17
        );
        ask(format!(
            r#"{{"task":{{"add":{{"tasks":[{{"id":"t{n}","title":"{title}","keys":["{}"]}}]}}}}}}"#,
            file(n % 4000)
        ));
        ask(format!(r#"{{"task":{{"claim":{{"id":"t{n}"}}}}}}"#));
        ask(format!(r#"{{"task":{{"done":{{"id":"t{n}"}}}}}}"#));
    }
    let each = (packed(world, &dir) - before) / TASKS as f64;
    vec![Row::figure(
        "bytes per finished task after `git gc`",
        format!("{each:.0}"),
        "≤ 512",
        Some(each <= 512.0),
    )]
}

/// Bytes in the repository per lock and unlock, after git's maintenance.
pub fn bytes(world: &World) -> Vec<Row> {
    use git_coord::model::request::{Request, Unlock, Which};
    const PAIRS: usize = 1_000;
    let dir = world.repo("bytes", 100);
    world.config(&dir, "coord.fsync", "false");
    let size = || packed(world, &dir);
    let before = size();
    let coord = Coord::open(&dir, Some("bench/s1")).expect("it is a repository");
    for n in 0..PAIRS {
        let text = format!(
            "{{\"lock\":{{\"keys\":[\"src/d{:03}/f{:02}.rs\"],\"reason\":\"change number {n}\"}}}}",
            n % 40,
            n % 97
        );
        coord
            .handle(serde_json::from_str(&text).expect("it is a request"))
            .expect("it is free");
        coord
            .handle(Request::Unlock(Unlock { which: Which::All }))
            .expect("it is held");
    }
    let each = (size() - before) / PAIRS as f64;
    let is_reached = Some(each <= 1024.0);
    vec![Row::figure(
        "bytes per lock + unlock after `git gc`",
        format!("{each:.0}"),
        "≤ 1024",
        is_reached,
    )]
}

/// A person's own push and fetch in a repository with 10,000 live records.
pub fn bystander(world: &World) -> Vec<Row> {
    let prepare = |name: &str, records: usize| {
        let (hub, dir) = (format!("{name}.git"), world.repo(name, 100));
        world.run(world.git(&world.path(""), &["init", "-q", "--bare", &hub]));
        let url = world.path(&hub).display().to_string();
        world.run(world.git(&dir, &["remote", "add", "origin", &url]));
        world.run(world.git(&dir, &["push", "-q", "origin", "main"]));
        if records > 0 {
            world.fill(&dir, records);
            world.run(world.git(&dir, &["push", "-q", "origin", "refs/coord/state"]));
        }
        // Packed alike, so that only the records differ.
        world.run(world.git(&dir, &["gc", "-q"]));
        world.run(world.git(&world.path(&hub), &["gc", "-q"]));
        dir
    };
    let (with, without) = (prepare("with", 10_000), prepare("without", 0));
    let step = |dir: &Path, round: usize| {
        world.run(world.git(
            dir,
            &["commit", "-q", "--allow-empty", "-m", &round.to_string()],
        ));
        world.git(dir, &["push", "-q", "origin", "main"])
    };
    let push = in_turn(
        60,
        |round| step(&with, round),
        |round| step(&without, round),
    );
    let fetch = in_turn(
        60,
        |_| world.git(&with, &["fetch", "-q"]),
        |_| world.git(&without, &["fetch", "-q"]),
    );
    vec![
        Row::ratio(
            "a person's `git push` beside 10,000 records against none",
            &push.0,
            &push.1,
            1.02,
        ),
        Row::ratio(
            "a person's `git fetch` beside 10,000 records against none",
            &fetch.0,
            &fetch.1,
            1.02,
        ),
    ]
}
