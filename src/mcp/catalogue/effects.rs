//! What each operation does to the world, and which answers it gives.

/// What an operation does, as the protocol's annotations have it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Effect {
    /// Nothing but looking.
    pub reads: bool,
    /// Something that was there before may be gone.
    pub destroys: bool,
    /// A second time changes nothing more.
    pub again: bool,
}

const READS: Effect = Effect {
    reads: true,
    destroys: false,
    again: true,
};
const ADDS: Effect = Effect {
    reads: false,
    destroys: false,
    again: false,
};
const ADDS_AGAIN: Effect = Effect {
    again: true,
    ..ADDS
};
const DESTROYS: Effect = Effect {
    destroys: true,
    ..ADDS
};

/// One operation: its words, what it does, and the names of its answers.
type Row = (&'static str, Effect, &'static [&'static str]);

/// All operations but those of [`SHELL_ONLY`].
#[rustfmt::skip]
const TABLE: &[Row] = &[
    ("lock", ADDS_AGAIN, &["done"]),
    ("unlock", ADDS_AGAIN, &["done"]),
    ("renew", ADDS_AGAIN, &["done"]),
    ("locks", READS, &["locks"]),
    ("check", READS, &["check", "review"]),
    ("push", ADDS, &["done", "up-to-date"]),
    ("status", READS, &["status"]),
    ("handoff write", ADDS, &["done"]),
    ("handoff read", READS, &["handoff"]),
    ("handoff list", READS, &["handoffs"]),
    ("handoff show", READS, &["handoff"]),
    ("handoff accept", ADDS, &["done"]),
    ("remember", ADDS, &["done"]),
    ("recall", READS, &["recalled"]),
    ("forget", DESTROYS, &["done"]),
    ("state get", READS, &["value"]),
    ("state set", DESTROYS, &["done"]),
    ("state update", DESTROYS, &["done"]),
    ("state cas", DESTROYS, &["done"]),
    ("state incr", ADDS, &["done"]),
    ("state append", ADDS, &["done"]),
    ("state list", READS, &["values"]),
    ("state watch", READS, &["value"]),
    ("state delete", DESTROYS, &["done"]),
    ("port take", ADDS_AGAIN, &["ports"]),
    ("port release", DESTROYS, &["ports"]),
    ("port list", READS, &["ports"]),
    ("watch", READS, &["watched"]),
    ("why", READS, &["why"]),
    ("log", READS, &["log", "verified"]),
    ("whoami", READS, &["whoami"]),
    ("gc", DESTROYS, &["collected", "done"]),
    ("compact", DESTROYS, &["done"]),
    ("init", DESTROYS, &["init"]),
    ("sync", READS, &["synced"]),
    ("doctor", DESTROYS, &["doctor"]),
    ("hooks install", ADDS_AGAIN, &["hooks"]),
    ("hooks list", READS, &["hooks"]),
    ("agent list", READS, &["agents"]),
    ("agent discover", READS, &["agents"]),
    ("agent show", READS, &["agent"]),
    ("agent register", ADDS_AGAIN, &["done"]),
    ("agent heartbeat", ADDS_AGAIN, &["done"]),
    ("agent status", ADDS_AGAIN, &["done"]),
    ("agent checkpoint", ADDS, &["done"]),
    ("agent restore", ADDS, &["checkpoint", "done"]),
    ("agent unregister", DESTROYS, &["done"]),
    ("agent kick", DESTROYS, &["done"]),
    ("agent trust", ADDS_AGAIN, &["done"]),
    ("msg send", ADDS, &["done"]),
    ("msg inbox", READS, &["messages"]),
    ("msg read", ADDS_AGAIN, &["messages"]),
    ("msg ack", ADDS_AGAIN, &["done"]),
    ("msg reply", ADDS, &["done"]),
    ("msg thread", READS, &["messages"]),
    ("msg broadcast", ADDS, &["done"]),
    ("task add", ADDS, &["done"]),
    ("task next", ADDS, &["done"]),
    ("task claim", ADDS_AGAIN, &["done"]),
    ("task start", ADDS_AGAIN, &["done"]),
    ("task done", ADDS_AGAIN, &["done"]),
    ("task fail", ADDS_AGAIN, &["done"]),
    ("task cancel", DESTROYS, &["done"]),
    ("task release", ADDS_AGAIN, &["done"]),
    ("task retry", ADDS, &["done"]),
    ("task edit", ADDS_AGAIN, &["done"]),
    ("task comment", ADDS, &["done"]),
    ("task show", READS, &["task"]),
    ("task list", READS, &["tasks"]),
    ("task ready", READS, &["tasks"]),
    ("task blocked", READS, &["tasks"]),
    ("task search", READS, &["tasks"]),
    ("task import", ADDS, &["done", "drafted"]),
    ("task graph", READS, &["graph"]),
    ("task fan-out", ADDS, &["done"]),
    ("task pipeline", ADDS, &["done"]),
    ("task scatter", ADDS, &["done"]),
    ("task wait", READS, &["waited"]),
    ("queue add", ADDS, &["done"]),
    ("queue list", READS, &["queue"]),
    ("queue show", READS, &["queue-entry"]),
    ("queue why", READS, &["queue"]),
    ("queue plan", READS, &["queue-plan"]),
    ("queue run", DESTROYS, &["queue-ran", "pool-cleared"]),
    ("queue land", DESTROYS, &["queue-ran"]),
    ("queue retry", ADDS, &["done"]),
    ("queue rm", DESTROYS, &["done"]),
    ("queue pause", ADDS_AGAIN, &["done"]),
    ("queue resume", ADDS_AGAIN, &["done"]),
    ("queue log", READS, &["log"]),
    ("feature register", ADDS_AGAIN, &["done"]),
    ("feature update", ADDS_AGAIN, &["done"]),
    ("feature show", READS, &["feature"]),
    ("feature list", READS, &["features"]),
    ("feature conflicts", READS, &["feature-conflicts"]),
    ("feature plan", READS, &["feature-plan"]),
    ("feature drift", READS, &["feature-drift"]),
    ("feature done", ADDS_AGAIN, &["done"]),
    ("feature cancel", DESTROYS, &["done"]),
    ("report", READS, &["report"]),
    ("request list", READS, &["requests"]),
    ("request show", READS, &["requests"]),
    ("request cancel", DESTROYS, &["done", "requests"]),
    ("request send", ADDS_AGAIN, &["requests"]),
    ("github init", DESTROYS, &["github-init"]),
];

/// What no program at the other end of a connection is offered, and why.
pub const SHELL_ONLY: &[(&str, &str)] = &[
    (
        "run",
        "it runs a program that the caller names, with the rights of whoever started the server",
    ),
    (
        "hooks uninstall",
        "it takes away what keeps everybody from writing over others",
    ),
    (
        "relay",
        "it decides for others, by the rules and with the rights of whoever runs it",
    ),
    (
        "github sync",
        "it writes on GitHub with the token of whoever started the server",
    ),
    ("github webhook", "it serves GitHub until it is ended"),
    (
        "github labels",
        "it may remove labels of GitHub with the token of whoever started the server",
    ),
    (
        "github status",
        "it asks GitHub with the token of whoever started the server",
    ),
];

/// What there is to know about an operation.
pub(super) fn of(words: &str) -> Option<(Effect, &'static [&'static str])> {
    let row = TABLE.iter().find(|(name, ..)| *name == words);
    row.map(|(_, effect, answers)| (*effect, *answers))
}

#[cfg(test)]
mod tests {
    use clap::{Command, Subcommand};

    use super::{SHELL_ONLY, TABLE};
    use crate::mcp::catalogue;
    use crate::ops::Operation;

    fn leaves(command: &Command, above: &str, into: &mut Vec<String>) {
        for command in command.get_subcommands() {
            let words = format!("{above}{}", command.get_name());
            match command.has_subcommands() {
                true => leaves(command, &format!("{words} "), into),
                false => into.push(words),
            }
        }
    }

    /// An operation that is added to the command line is a tool, or says why it is none.
    #[test]
    fn every_operation_is_a_tool() {
        let mut typed = Vec::new();
        let mut whole = Operation::augment_subcommands(Command::new("git-coord"));
        whole.build();
        leaves(&whole, "", &mut typed);
        typed.retain(|words| !words.split(' ').any(|word| word == "help"));
        let mut known: Vec<String> = catalogue::all()
            .iter()
            .map(|entry| entry.words.clone())
            .collect();
        known.extend(SHELL_ONLY.iter().map(|(words, _)| (*words).to_owned()));
        known.sort();
        typed.sort();
        assert_eq!(known, typed);
        assert_eq!(catalogue::all().len(), TABLE.len());
    }

    #[test]
    fn every_tool_says_what_it_is_for_and_types_its_arguments() {
        for entry in catalogue::all() {
            assert!(entry.about.len() > 10, "{}", entry.words);
            for (name, schema) in entry.properties() {
                assert!(
                    schema.get("type").is_some(),
                    "{}: {name}: {schema}",
                    entry.words
                );
                assert!(
                    schema.get("description").is_some(),
                    "{}: {name}: {schema}",
                    entry.words
                );
            }
            let output = entry.output();
            assert!(output["properties"].get("answer").is_some());
        }
    }
}
