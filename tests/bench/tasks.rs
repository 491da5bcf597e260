//! Work to hand out: many open tasks, and many more that are over.

use std::path::Path;

use git_coord::coord::Coord;
use git_coord::model::reply::Reply;
use git_coord::model::request::Request;
use git_coord::model::task::{Add, Ask, Cancel, New};

use crate::measure::{Row, Times, in_turn, ms};
use crate::world::World;

/// Open tasks, and those that are over.
const OPEN: usize = 10_000;
const ENDED: usize = 100_000;
/// Messages that were read.
const MESSAGES: usize = 10_000;
/// Tasks in one request.
const BATCH: usize = 1_000;
const ROUNDS: usize = 15;

/// A task as people write them: a body, labels, keys, and every third waits for another.
fn new(n: usize) -> New {
    let depends = match n % 3 {
        2 => serde_json::json!([format!("t{}", n - 1)]),
        _ => serde_json::json!([]),
    };
    serde_json::from_value(serde_json::json!({
        "id": format!("t{n}"),
        "title": format!("Task number {n} of many"),
        "body": "What is to be done stands here in a few lines.\n".repeat(5),
        "labels": ["core", format!("area-{}", n % 7)],
        "priority": 1 + n % 4,
        "keys": [format!("src/d{:03}/f{:02}.rs", n / 100 % 1000, n % 100)],
        "depends": depends,
    }))
    .expect("it is a task")
}

/// Adds tasks, and cancels those that are to be over.
pub fn fill(world: &World, dir: &Path, open: usize, ended: usize) {
    let coord = Coord::open(dir, Some("boss/s1")).expect("it is a repository");
    let all: Vec<usize> = (0..open + ended).collect();
    for numbers in all.chunks(BATCH) {
        let add = Add {
            tasks: numbers.iter().map(|n| new(*n)).collect(),
            allow_secrets: Default::default(),
        };
        let done = coord
            .handle(Request::Task(Ask::Add(add)))
            .expect("they are new");
        let Reply::Task(told) = done.reply else {
            unreachable!("it is about tasks")
        };
        if numbers[0] >= open {
            let cancel = Cancel {
                ids: told.tasks.iter().map(|task| task.id.clone()).collect(),
                why: None,
                dependants: false,
            };
            coord
                .handle(Request::Task(Ask::Cancel(cancel)))
                .expect("they are the boss's own");
        }
    }
    world.run(world.git(dir, &["gc", "-q"]));
}

/// What the commands of an agent cost with all of them there.
pub fn tasks(world: &World) -> Vec<Row> {
    let dir = world.repo("tasks", 100);
    world.config(&dir, "coord.fsync", "false");
    fill(world, &dir, OPEN, ENDED);
    let (next, ready) = in_turn(
        ROUNDS,
        |_| world.coord(&dir, &["task", "next"]),
        |_| world.coord(&dir, &["task", "list", "--ready"]),
    );
    let (lock, show) = in_turn(
        ROUNDS,
        |n| {
            world.coord(
                &dir,
                &["task", "next", "--lock", "--as", &format!("a{n}/s1")],
            )
        },
        |_| world.coord(&dir, &["task", "show", "t4"]),
    );
    let (check, status) = in_turn(
        ROUNDS,
        |_| world.coord(&dir, &["check", "README.md"]),
        |_| world.coord(&dir, &["status"]),
    );
    let (why_task, why_path) = in_turn(
        ROUNDS,
        |_| world.coord(&dir, &["why", "task:t5"]),
        |_| world.coord(&dir, &["why", "src/d000/f07.rs"]),
    );
    vec![
        at_most(
            "`task next` with 10,000 open and 100,000 ended tasks",
            &next,
            60,
        ),
        at_most("`task list --ready` there", &ready, 80),
        at_most("`task next --lock` there", &lock, 60),
        at_most("`task show` there", &show, 80),
        at_most("`status` there", &status, 80),
        at_most("`why` of a task there", &why_task, 80),
        at_most("`why` of a path there", &why_path, 80),
        at_most("`check` there", &check, 10),
    ]
}

fn at_most(case: &str, times: &Times, most: u128) -> Row {
    Row::figure(
        case,
        format!("{} ms ({})", ms(times.median()), times.spread()),
        &format!("≤ {most} ms"),
        Some(times.median().as_millis() <= most),
    )
}

/// What is left of 100,000 tasks and 10,000 messages that were collected.
pub fn collected(world: &World) -> Vec<Row> {
    let (used, fresh) = (world.repo("used", 100), world.repo("fresh", 100));
    for dir in [&used, &fresh] {
        world.config(dir, "coord.fsync", "false");
    }
    fill(world, &used, 0, ENDED);
    mail(&used);
    world.run(world.coord(&used, &["gc", "--older", "0s"]));
    world.run(world.git(&used, &["gc", "-q"]));
    fill(world, &fresh, 1, 0);
    fill(world, &used, 1, 0);
    let compare = |case: &str, args: &[&str]| {
        let (ours, base) = in_turn(
            2 * ROUNDS,
            |_| world.coord(&used, args),
            |_| world.coord(&fresh, args),
        );
        Row::ratio(case, &ours, &base, 1.1)
    };
    vec![
        compare(
            "`lock` after 100,000 tasks and 10,000 messages, collected, against none",
            &["lock", "README.md"],
        ),
        compare("`task list --ready` then", &["task", "list", "--ready"]),
        compare("`status` then", &["status"]),
    ]
}

/// Sends messages that nobody has to acknowledge.
fn mail(dir: &Path) {
    let coord = Coord::open(dir, Some("boss/s1")).expect("it is a repository");
    for n in 0..MESSAGES {
        let send = serde_json::json!({"message": {"send": {
            "to": format!("a{}", n % 20),
            "text": format!("Number {n} is through."),
        }}});
        let send = serde_json::from_value(send).expect("it is a request");
        coord.handle(send).expect("there is room");
    }
}
