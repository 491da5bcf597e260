//! A server that lets one account push little, a relay that may push all, and both kinds of agents.

use crate::support::server::{Http, Server};
use crate::support::{Agent, Hub, Outcome, Running, Sandbox};

/// What the account without rights may push: shell patterns.
pub const WORK: &str = "refs/heads/claude/*";
/// The same, and branches for requests.
pub const WORK_AND_REQUESTS: &str = "refs/heads/claude/*|refs/heads/coord/requests/*";

/// Exit code of a request without an answer.
pub const PENDING: i32 = 6;

/// The server, the hub on it, and a relay's clone.
pub struct World {
    pub hub: Hub,
    pub relay: Agent,
    pub sandbox: Sandbox,
    server: Http,
}

impl World {
    /// A server that takes these refs from the account without rights.
    #[track_caller]
    pub fn taking(allowed: &str) -> Self {
        let sandbox = Sandbox::new();
        let server = Http::start(&sandbox);
        let hub = sandbox.bare("hub");
        let hook = format!(
            "#!/bin/sh\n[ \"$REMOTE_USER\" = cloud ] || exit 0\nwhile read old new ref; do\n  case \
             $new in *[!0]*) ;; *) echo 'deny deleting a branch'; exit 1 ;; esac\n  case $ref in\n    \
             {allowed}) ;;\n    *) echo \"deny updating $ref\"; exit 1 ;;\n  esac\ndone\n"
        );
        hub.write_program("hooks/pre-receive", &hook);
        let relay = server.clone_as(&hub, "relay");
        relay.git(["config", "coord.remote", "origin"]).ok();
        for rule in ["claude/* claude-*", "coord/requests/* {1}"] {
            relay.git(["config", "--add", "coord.relayRule", rule]).ok();
        }
        Self {
            hub,
            relay,
            sandbox,
            server,
        }
    }

    /// Somebody who may push the state.
    #[track_caller]
    pub fn direct(&self, name: &str) -> Agent {
        let agent = self.server.clone_as(&self.hub, name);
        agent.git(["config", "coord.remote", "origin"]).ok();
        agent.git(["config", "coord.maxAge", "0s"]).ok();
        agent
    }

    /// Somebody who may not, on a branch `claude/<name>`, and who knows it.
    #[track_caller]
    pub fn restricted(&self, name: &str) -> Agent {
        let agent = self.unknowing(name);
        agent.git(["config", "coord.transport", "branch"]).ok();
        agent
    }

    /// The same, without a word about how changes reach the state.
    #[track_caller]
    pub fn unknowing(&self, name: &str) -> Agent {
        let agent = self.server.clone_as_other(&self.hub, name);
        let branch = format!("claude/{name}");
        agent.git(["config", "coord.remote", "origin"]).ok();
        agent.git(["config", "coord.maxAge", "0s"]).ok();
        agent.git(["checkout", "--quiet", "-b", &branch]).ok();
        agent.git(["push", "--quiet", "-u", "origin", &branch]).ok();
        agent
    }

    /// One round of the relay.
    #[track_caller]
    pub fn round(&self) -> Outcome {
        self.relay.coord(["relay", "--once"])
    }

    /// A relay in the background.
    #[track_caller]
    pub fn watching(&self, relay: &Agent) -> Running {
        relay
            .prepared(["relay", "--watch", "--every", "200ms"])
            .spawn()
    }

    /// A relay's clone beside the first one.
    #[track_caller]
    pub fn second_relay(&self) -> Agent {
        let relay = self.direct("relay2");
        for rule in ["claude/* claude-*", "coord/requests/* {1}"] {
            relay.git(["config", "--add", "coord.relayRule", rule]).ok();
        }
        relay
    }

    /// What a ref is on the hub; empty when there is none.
    pub fn at(&self, name: &str) -> String {
        self.hub
            .git(["rev-parse", "--verify", "--quiet", name])
            .stdout
            .trim()
            .to_owned()
    }
}

/// The ids of an agent's requests that stand like this.
pub fn requests(agent: &Agent, is: &str) -> Vec<String> {
    let listed = agent.coord(["request", "list", "--json"]).ok().json();
    let all = listed["requests"].as_array().unwrap().clone();
    let found = all.into_iter().filter(|one| one["is"] == is);
    found
        .map(|one| one["id"].as_str().unwrap().to_owned())
        .collect()
}

/// Makes the commands of an agent return without an answer.
pub fn impatient(agent: &Agent) {
    agent.git(["config", "coord.requestWait", "0s"]).ok();
}
