//! Agents with and without rights want the same things at the same time, while relays are killed.
//!
//! Every request of an agent without rights appends one word of its own to a shared value, and each is
//! there once in the end. Every agent takes the same lock again and again, and what it does while it
//! holds it is never between what another one does.

use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::Duration;

use super::world::{PENDING, WORK, WORK_AND_REQUESTS, World};
use crate::support::Agent;

/// How often each agent has its turn.
const TURNS: usize = 2;

/// Takes the lock, notes in a value that it begins and that it ends, and gives it back.
fn take_turns(agent: &Agent, is_patient: bool) {
    for turn in 0..TURNS {
        let name = agent.name();
        loop {
            let outcome = agent.coord(["lock", "src/a.rs", "--wait=30s"]);
            match outcome.code {
                0 => break,
                1 | 3 | 5 => {}
                PENDING if is_patient => until_answered(agent),
                _ => panic!("{outcome}"),
            }
        }
        for word in ["begins", "ends"] {
            append(agent, &format!("{name} {turn} {word}"));
        }
        loop {
            let outcome = agent.coord(["unlock", "src/a.rs"]);
            match outcome.code {
                0 => break,
                PENDING => {
                    until_answered(agent);
                    break;
                }
                3 | 5 => {}
                _ => panic!("{outcome}"),
            }
        }
    }
}

/// Appends a word once, however the command ends.
fn append(agent: &Agent, word: &str) {
    let word = format!("\"{word}\"");
    loop {
        let outcome = agent.coord(["state", "append", "contest", &word]);
        match outcome.code {
            0 => return,
            PENDING => return until_answered(agent),
            // Nothing was changed.
            3 => {}
            _ => panic!("{outcome}"),
        }
    }
}

/// Waits until nothing is left unanswered.
fn until_answered(agent: &Agent) {
    let listed = agent
        .coord(["request", "list", "--open", "--json"])
        .ok()
        .json();
    for one in listed["requests"].as_array().unwrap() {
        let id = one["id"].as_str().unwrap();
        agent.coord(["request", "show", id, "--wait=5m"]).ok();
    }
}

/// Runs the contest while `relays` do their work, and checks what came of it.
fn contest(world: &World, agents: &[(Agent, bool)], relays: impl FnOnce(&AtomicBool) + Send) {
    let is_over = AtomicBool::new(false);
    thread::scope(|scope| {
        let runs: Vec<_> = agents
            .iter()
            .map(|(agent, is_patient)| scope.spawn(|| take_turns(agent, *is_patient)))
            .collect();
        let relaying = scope.spawn(|| relays(&is_over));
        let ended: Vec<_> = runs
            .into_iter()
            .map(thread::ScopedJoinHandle::join)
            .collect();
        is_over.store(true, Ordering::Relaxed);
        relaying.join().unwrap();
        for run in ended {
            run.unwrap();
        }
    });
    let judge = world.direct("judge");
    let value = judge
        .coord(["state", "get", "contest", "--json"])
        .ok()
        .json();
    let said = value["value"].as_array().unwrap().clone();
    let said: Vec<String> = said
        .iter()
        .map(|word| word.as_str().unwrap().to_owned())
        .collect();
    // Exactly once each, and nobody between another one's beginning and end.
    let mut wanted: Vec<String> = Vec::new();
    for pair in said.chunks(2) {
        let begun = pair[0].strip_suffix(" begins");
        assert_eq!(begun, pair[1].strip_suffix(" ends"), "{said:#?}");
        assert!(begun.is_some(), "{said:#?}");
        wanted.extend(pair.to_vec());
    }
    let mut once = wanted.clone();
    once.sort();
    once.dedup();
    assert_eq!(once.len(), wanted.len(), "{said:#?}");
    assert_eq!(said.len(), agents.len() * TURNS * 2, "{said:#?}");
    let verified = judge.coord(["log", "--verify"]).ok();
    assert!(!verified.stdout.contains("wrong"), "{verified}");
    assert_eq!(judge.coord(["locks"]).ok().stdout, "no locks\n");
}

fn agents(world: &World) -> Vec<(Agent, bool)> {
    let alice = world.direct("alice");
    alice.coord(["state", "set", "contest", "[]"]).ok();
    world.round().ok();
    vec![
        (alice, false),
        (world.direct("bob"), false),
        (world.restricted("claude-1"), true),
        (world.restricted("claude-2"), true),
    ]
}

#[test]
fn both_kinds_of_agents_contend_and_two_relays_are_as_good_as_one() {
    let world = World::taking(WORK_AND_REQUESTS);
    let agents = agents(&world);
    let second = world.second_relay();
    contest(&world, &agents, |is_over| {
        let _relays = [world.watching(&world.relay), world.watching(&second)];
        while !is_over.load(Ordering::Relaxed) {
            thread::park_timeout(Duration::from_millis(20));
        }
    });
}

#[test]
fn a_relay_that_is_killed_anywhere_loses_and_doubles_nothing() {
    let world = World::taking(WORK_AND_REQUESTS);
    let agents = agents(&world);
    let second = world.second_relay();
    contest(&world, &agents, |is_over| {
        let mut kills = 0;
        while !is_over.load(Ordering::Relaxed) {
            for relay in [&world.relay, &second] {
                let mut running = relay.prepared(["relay", "--once"]).spawn();
                // Anywhere from before its first fetch to after its last push; sometimes not at all.
                let millis = fastrand::u64(0..700);
                thread::park_timeout(Duration::from_millis(millis));
                if !running.has_ended() {
                    kills += 1;
                    running.kill();
                } else {
                    let _ = running.wait();
                }
            }
            // One that is let alone, so that the contest comes to an end.
            let _ = world.round();
        }
        println!("{kills} relays were killed");
        assert!(kills > 3, "{kills}");
    });
}

#[test]
fn agents_that_have_only_their_work_branch_contend_as_well() {
    let world = World::taking(WORK);
    let agents = agents(&world);
    for (agent, _) in &agents {
        agent.git(["config", "coord.requestNow", "true"]).ok();
    }
    contest(&world, &agents, |is_over| {
        let _relay = world.watching(&world.relay);
        while !is_over.load(Ordering::Relaxed) {
            thread::park_timeout(Duration::from_millis(20));
        }
    });
}
