//! Many who want work at the same time: no task goes to two of them, and none is lost.

use std::collections::BTreeMap;
use std::time::Duration;

use serde_json::Value;

use super::words::{json, names, task};
use crate::support::{Agent, Sandbox, race};

/// Takes tasks until there are none, prints each, and finishes every second one.
const WORK: &str = "\
while told=$(git coord task next --json); do
    id=$(printf %s \"$told\" | grep -o '\"id\":\"[^\"]*\"' | head -n1 | cut -d'\"' -f4)
    echo \"$id\"
    case $id in *[02468]) git coord task done \"$id\" >/dev/null || exit 9 ;; esac
done
exit 0";

/// Adds `count` tasks in chains of four.
fn fill(agent: &Agent, count: usize) {
    for n in 0..count {
        let after = match n % 4 {
            0 | 1 => String::new(),
            // What waits for an even one becomes ready in the middle of the race.
            _ => format!(" --depends-on t{}", n - 2 - n % 2),
        };
        task(agent, &format!("add T{n} --id t{n}{after}")).ok();
    }
}

/// Who was told to have which task.
fn told(outcomes: &[crate::support::Outcome]) -> BTreeMap<String, usize> {
    let mut told = BTreeMap::new();
    for (racer, outcome) in outcomes.iter().enumerate() {
        for id in outcome.stdout.lines() {
            let twice = told.insert(id.to_owned(), racer);
            assert_eq!(twice, None, "{id} went to two");
        }
    }
    told
}

/// Each task was handed out in one operation of the log.
#[track_caller]
fn settle(agent: &Agent, count: usize) {
    let log = agent.coord(["log", "--json", "-n", "2000"]).ok().json();
    let entries = log["entries"].as_array().unwrap();
    let subjects = entries
        .iter()
        .map(|entry| entry["subject"].as_str().unwrap());
    let mut handed: Vec<&str> = subjects
        .filter_map(|line| line.strip_prefix("task next ")?.split(' ').next())
        .collect();
    let all = handed.len();
    handed.sort_unstable();
    handed.dedup();
    assert_eq!((handed.len(), all), (count, count));
    agent.coord(["log", "--verify"]).ok();
}

#[test]
fn no_task_goes_to_two_and_none_is_lost_in_one_clone() {
    const TASKS: usize = 48;
    for format in [&[][..], &["--ref-format=reftable"]] {
        let sandbox = Sandbox::new();
        let repo = sandbox.repo_with("project", format);
        repo.git(["config", "coord.fsync", "false"]).ok();
        let alice = repo.agent("alice");
        fill(&alice, TASKS);
        let outcomes = race(16, |n| {
            repo.agent(&format!("a{n}"))
                .command("sh", ["-c", WORK])
                .within(Duration::from_secs(120))
        });
        outcomes
            .iter()
            .for_each(|outcome| drop(outcome.clone().ok()));
        let told = told(&outcomes);
        assert_eq!(told.len(), TASKS);
        assert_eq!(names(&alice, "ready"), "");
        let ended = json(&alice, "list --ended -n 100");
        assert_eq!(ended["tasks"].as_array().unwrap().len(), TASKS / 2);
        settle(&alice, TASKS);
    }
}

#[test]
fn no_task_goes_to_two_and_none_is_lost_among_clones() {
    const TASKS: usize = 16;
    let sandbox = Sandbox::new();
    let hub = sandbox.bare("hub");
    let alice = hub.clone_as("alice");
    alice.coord(["init", "--remote", "origin"]).ok();
    fill(&alice, TASKS);
    let clones: Vec<Agent> = (0..4)
        .map(|n| {
            let clone = hub.clone_as(&format!("c{n}"));
            clone.coord(["init", "--remote", "origin"]).ok();
            clone.git(["config", "coord.maxAge", "0"]).ok();
            clone
        })
        .collect();
    let outcomes = race(8, |n| {
        clones[n % 4]
            .beside(&format!("a{n}"))
            .command("sh", ["-c", WORK])
            .within(Duration::from_secs(300))
    });
    outcomes
        .iter()
        .for_each(|outcome| drop(outcome.clone().ok()));
    assert_eq!(told(&outcomes).len(), TASKS);
    alice.coord(["sync"]).ok();
    assert_eq!(names(&alice, "ready"), "");
    settle(&alice, TASKS);
}

#[test]
fn claimants_that_are_killed_take_no_task_with_them() {
    const TASKS: usize = 30;
    let sandbox = Sandbox::new();
    let repo = sandbox.repo("project");
    repo.git(["config", "coord.fsync", "false"]).ok();
    let alice = repo.agent("alice");
    for n in 0..TASKS {
        task(&alice, &format!("add T{n} --id t{n} --max-attempts 9")).ok();
    }
    let mut random = fastrand::Rng::new();
    let sentences: Vec<Duration> = (0..12)
        .map(|_| Duration::from_micros(random.u64(..200_000)))
        .collect();
    // Each under `git coord run`, and killed with all that it started at a moment drawn by lot.
    let script = "git coord task next --json && exec sleep 600";
    std::thread::scope(|scope| {
        for (n, sentence) in sentences.iter().enumerate() {
            let agent = repo.agent(&format!("a{n}"));
            scope.spawn(move || {
                let args = ["run", "--", "sh", "-c", script];
                let mut running = agent.command(env!("CARGO_BIN_EXE_git-coord"), args).spawn();
                std::thread::sleep(*sentence);
                running.kill();
            });
        }
    });
    // All that the dead had is handed out again, and nothing is out of reach.
    let mut handed = 0;
    let mut tried_twice = 0;
    loop {
        let outcome = task(&alice, "next --json");
        if !outcome.is_ok() {
            assert_eq!(outcome.json()["code"], "nothing_ready");
            break;
        }
        let told: Value = outcome.json();
        tried_twice += usize::from(told["tasks"][0]["attempts"].as_u64().unwrap() > 1);
        handed += 1;
    }
    println!("{handed} handed out, {tried_twice} of them after a death");
    assert_eq!(handed, TASKS);
    alice.coord(["log", "--verify"]).ok();
    repo.git(["fsck", "--no-progress", "--no-dangling"]).ok();
}
