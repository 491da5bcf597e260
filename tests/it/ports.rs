//! Ports of one machine, for several clones and sessions.

use std::net::TcpListener;

use crate::support::{Agent, Sandbox, race};

fn first(agent: &Agent) -> u64 {
    let taken = agent
        .coord(["--json", "port", "take", "-n", "8"])
        .ok()
        .json();
    taken["blocks"][0]["first"].as_u64().unwrap()
}

#[test]
fn a_block_is_printed_for_a_shell_and_is_the_same_when_asked_again() {
    let sandbox = Sandbox::new();
    let alice = sandbox.repo("repo").agent("alice");
    let lines = alice.coord(["port", "take", "db", "web"]).ok().stdout;
    let names: Vec<&str> = lines
        .lines()
        .map(|line| line.split_once('=').unwrap().0)
        .collect();
    assert_eq!(
        names,
        [
            "export COORD_PORT",
            "export DB_PORT",
            "export WEB_PORT",
            "export COMPOSE_PROJECT_NAME"
        ]
    );
    assert_eq!(
        alice.coord(["port", "take", "db", "web"]).ok().stdout,
        lines
    );
    let shell = "eval \"$(git coord port take db web)\" && echo $((WEB_PORT - DB_PORT))";
    assert_eq!(alice.command("sh", ["-c", shell]).run().ok().stdout, "1\n");
    assert!(alice.coord(["port", "list"]).ok().stdout.contains("alice"));
    alice.coord(["port", "release"]).ok();
    assert_eq!(alice.coord(["port", "list"]).ok().stdout, "no ports\n");
    for wrong in [["a b", "-n1"], ["db", "-n0"], ["db", "-n200"]] {
        alice.coord(["port", "take"].iter().chain(&wrong)).code(2);
    }
}

#[test]
fn no_port_is_given_twice_nor_one_that_somebody_listens_on() {
    let sandbox = Sandbox::new();
    let (one, other) = (sandbox.repo("one"), sandbox.repo("other"));
    let agents: Vec<Agent> = (0..8)
        .map(|n| [&one, &other][n % 2].agent(&format!("a{n}")))
        .collect();
    let taken = race(8, |n| {
        agents[n].prepared(["--json", "port", "take", "-n", "8"])
    });
    let mut firsts: Vec<u64> = taken
        .into_iter()
        .map(|outcome| outcome.ok().json()["blocks"][0]["first"].as_u64().unwrap())
        .collect();
    firsts.sort_unstable();
    assert!(
        firsts.windows(2).all(|pair| pair[1] >= pair[0] + 8),
        "{firsts:?}"
    );
    let used = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = used.local_addr().unwrap().port();
    let from = port.saturating_sub(2).to_string();
    // Only where the system's own choice lies in our range can it be in the way.
    let near = agents[0].session("near");
    let json = near.coord(["--json", "port", "take", "-n", "4", "--from", &from]);
    if port < 31_900 {
        let first = json.ok().json()["blocks"][0]["first"].as_u64().unwrap();
        assert!(first > u64::from(port));
    }
    let again = first(&agents[1]);
    let listening = TcpListener::bind(("0.0.0.0", u16::try_from(again).unwrap()));
    agents[1].coord(["port", "release"]).ok();
    if listening.is_ok() {
        assert_ne!(first(&agents[1]), again);
    }
}
