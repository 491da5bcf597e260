//! Commands of one clone that meet: one of them carries the others.

use std::fs;
use std::thread;
use std::time::{Duration, Instant};

use crate::support::strace::Traced;
use crate::support::wait::until;
use crate::support::{Agent, Hub, Outcome, Sandbox, race};

/// Waits until a request of a waiting command lies in the clone's queue.
fn until_queued(agent: &Agent, count: usize) {
    let queue = agent.path().join(".git/coord/queue");
    until("a request lies in the queue", || {
        let entries = fs::read_dir(&queue).ok()?;
        let asks = entries
            .flatten()
            .filter(|entry| entry.path().extension().is_some_and(|end| end == "ask"));
        (asks.count() >= count).then_some(())
    });
}

/// How often each operation is in the chain.
fn times_in_log(agent: &Agent, op: &str) -> usize {
    let log = agent.coord(["log", "--json", "-n", "1000"]).ok().json();
    let entries = log["entries"].as_array().unwrap();
    entries
        .iter()
        .filter(|entry| entry["event"]["op"] == op)
        .count()
}

#[test]
fn a_command_whose_carrier_died_is_done_once_and_answered() {
    let sandbox = Sandbox::new();
    let repo = sandbox.repo("repo");
    let [alice, bob] = ["alice", "bob"].map(|name| repo.agent(name));
    let mut deaths = 0;
    for nth in 1.. {
        // Alice's command stops when it has taken the clone's lock, and dies at a later step.
        let die = format!("inject=rename:signal=SIGKILL:when={nth}");
        let options = [
            "-e",
            "trace=flock,rename",
            "-e",
            "inject=flock:signal=SIGSTOP:when=1",
            "-e",
            &die,
        ];
        let key = format!("src/a{nth}.rs");
        let carrier = Traced::coord(&alice, &options, &["lock", &key]);
        let stopped = carrier.stopped().expect("it takes the clone's lock");
        let key = format!("src/b{nth}.rs");
        let carried = bob
            .command("git", ["coord", "lock", &key, "--json"])
            .spawn();
        until_queued(&bob, 1);
        let carrier = stopped.go_on();
        let is_alive = carrier.wait().is_ok();
        let answer = carried.wait().ok().json();
        assert_eq!(answer["locks"][0]["how"], "acquired", "after step {nth}");
        let op = answer["op"].as_str().unwrap();
        assert_eq!(times_in_log(&bob, op), 1, "after step {nth}");
        bob.coord(["log", "--verify"]).ok();
        if is_alive {
            break;
        }
        deaths += 1;
    }
    assert!(deaths > 1, "the carrier died {deaths} times");
}

/// A host that takes only one ref at a time refused the locks that shared a push with a new epoch.
#[test]
fn locks_share_no_push_with_a_compaction() {
    let hub = Sandbox::new().bare("hub");
    hub.git(["config", "receive.advertiseAtomic", "false"]).ok();
    let alice = hub.clone_as("alice");
    alice.git(["config", "coord.remote", "origin"]).ok();
    alice.coord(["lock", "README.md"]).ok();
    let [bob, carol, dave, erin] = ["bob", "carol", "dave", "erin"].map(|name| alice.beside(name));
    let stop = [
        "-e",
        "trace=flock",
        "-e",
        "inject=flock:signal=SIGSTOP:when=1",
    ];
    let compact = ["compact", "--json"];
    let lacks = |outcome: Outcome| assert_eq!(outcome.json()["code"], "no_atomic_push");

    // Dave has the clone's lock, which is the first that a new session takes, and the others wait
    // until he goes on.
    let first = Traced::coord(&dave, &stop, &["lock", "src/a.rs"]);
    let stopped = first.stopped().expect("it takes the clone's lock");
    let compacting = carol.command("git-coord", compact).spawn();
    until_queued(&alice, 1);
    let locking = bob.command("git-coord", ["lock", "src/b.rs"]).spawn();
    until_queued(&alice, 2);
    stopped.go_on().wait().ok();
    locking.wait().ok();
    lacks(compacting.wait());

    let first = Traced::coord(&erin, &stop, &compact);
    let stopped = first.stopped().expect("it takes the clone's lock");
    let locking = bob.command("git-coord", ["lock", "src/c.rs"]).spawn();
    until_queued(&alice, 1);
    lacks(stopped.go_on().wait());
    locking.wait().ok();
    alice.coord(["log", "--verify"]).ok();
}

/// How many pushes a hub has taken, by the log of its ref.
fn pushes(hub: &Hub) -> usize {
    let log = hub.path().join("logs/refs/coord/state");
    fs::read_to_string(log).unwrap_or_default().lines().count()
}

/// A hub that keeps a log of its refs.
fn logging_hub(sandbox: &Sandbox) -> Hub {
    let hub = sandbox.bare("hub");
    hub.git(["config", "core.logAllRefUpdates", "always"]).ok();
    hub
}

#[test]
fn many_commands_of_one_clone_share_pushes() {
    let sandbox = Sandbox::new();
    let hub = logging_hub(&sandbox);
    let alice = hub.clone_as("alice");
    alice.git(["config", "coord.remote", "origin"]).ok();
    alice.coord(["lock", "README.md"]).ok();
    let before = pushes(&hub);
    let start = Instant::now();
    let outcomes = race(64, |index| {
        let agent = alice.beside(&format!("a{index}"));
        agent.command("git-coord", ["lock", &format!("src/{index}.rs")])
    });
    let took = start.elapsed();
    for outcome in outcomes {
        outcome.ok();
    }
    let pushes = pushes(&hub) - before;
    println!("64 locks in one clone: {pushes} pushes in {took:?}");
    assert!(pushes <= 6, "{pushes} pushes");
    alice.coord(["log", "--verify"]).ok();
}

#[test]
fn many_clones_on_one_hub_starve_nobody() {
    const ROUNDS: usize = 2;
    let sandbox = Sandbox::new();
    let hub = logging_hub(&sandbox);
    let agents: Vec<_> = (0..16)
        .map(|index| {
            let agent = hub.clone_as(&format!("a{index}"));
            agent.git(["config", "coord.remote", "origin"]).ok();
            agent
        })
        .collect();
    let start = Instant::now();
    let slowest = thread::scope(|scope| {
        let running: Vec<_> = agents
            .iter()
            .map(|agent| {
                scope.spawn(move || {
                    let mut slowest = Duration::ZERO;
                    for round in 0..ROUNDS {
                        let start = Instant::now();
                        let key = format!("{}/{round}.rs", agent.name());
                        // Longer than the rig's own limit: other tests run beside this crowd.
                        let lock = agent.command("git", ["coord", "lock", &key]);
                        lock.within(Duration::from_secs(180)).run().ok();
                        slowest = slowest.max(start.elapsed());
                    }
                    slowest
                })
            })
            .collect();
        running
            .into_iter()
            .map(|agent| agent.join().unwrap())
            .max()
            .unwrap()
    });
    let took = start.elapsed();
    let locks = 16 * ROUNDS;
    println!(
        "16 clones on one hub: {locks} locks in {took:?}, {:.1} a second, slowest {slowest:?}",
        locks as f64 / took.as_secs_f64()
    );
    agents[0].git(["config", "coord.maxAge", "0s"]).ok();
    let listed = agents[0].coord(["locks", "--json"]).ok().json();
    assert_eq!(listed["locks"].as_array().unwrap().len(), locks);
    agents[0].coord(["log", "--verify"]).ok();
}

/// A command whose carrier had died could not reach the remote, and said that nothing was changed: the
/// carrier had published its lock.
#[test]
fn a_command_whose_carrier_died_denies_nothing_that_it_cannot_know() {
    let sandbox = Sandbox::new();
    let mut published = 0;
    for nth in 1.. {
        let hub = sandbox.bare(&format!("hub{nth}"));
        let alice = hub.clone_as(&format!("c{nth}"));
        alice.git(["config", "coord.remote", "origin"]).ok();
        alice.coord(["lock", "README.md"]).ok();
        // The first push that arrives is the last: nobody reaches the hub after it.
        hub.hook("post-receive", "#!/bin/sh\nmv \"$PWD\" \"$PWD-away\"\n");
        // New sessions: the clone's lock is the first that they take.
        let [bob, carol] = ["bob", "carol"].map(|name| alice.beside(name));
        // It dies when the git that it waits for has ended.
        let die = format!("inject=wait4:signal=SIGKILL:when={nth}");
        let options = [
            "-e",
            "trace=flock,wait4",
            "-e",
            "inject=flock:signal=SIGSTOP:when=1",
            "-e",
            &die,
        ];
        let carrier = Traced::coord(&carol, &options, &["lock", "src/a.rs"]);
        let stopped = carrier.stopped().expect("it takes the clone's lock");
        let carried = bob.command("git", ["coord", "lock", "src/b.rs"]).spawn();
        until_queued(&bob, 1);
        let is_alive = stopped.go_on().wait().is_ok();
        let outcome = carried.wait();
        let away = format!("{}-away", hub.path().display());
        let place = "refs/coord/state:locks/path/src/b.rs=";
        let is_there = alice.git(["-C", &away, "cat-file", "-e", place]).is_ok();
        match outcome.code {
            0 => assert!(is_there, "after step {nth}: {outcome}"),
            5 => published += usize::from(is_there),
            _ => assert!(!is_there, "after step {nth}: {outcome}"),
        }
        if is_alive {
            break;
        }
    }
    assert!(
        published > 0,
        "no carrier died between publishing and answering"
    );
}
