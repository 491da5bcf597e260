//! Every command that changes something is killed on its way through a day of work: what it said it
//! did is in the chain once, and the same command works when it is given again.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use crate::support::moment::Copy;
use crate::support::state::STATE;
use crate::support::{Agent, Outcome, Sandbox};

use super::Sweep;

/// Most points of one command in every run.
const POINTS_MAX: usize = 8;

/// What is given, and what its answer is remembered as: a name and where it stands.
type Step = (
    &'static [&'static str],
    Option<(&'static str, &'static str)>,
);

/// A day of work; `$name` is what was remembered.
const DAY: &[Step] = &[
    (&["agent", "register", "--capability", "rust"], None),
    (&["lock", "src/a.rs", "src/dir/"], None),
    (&["renew", "--all"], None),
    (&["unlock", "src/dir/"], None),
    (
        &[
            "lock", "--steal", "--rev", "1", "--reason", "gone", "src/b.rs",
        ],
        None,
    ),
    (
        &["task", "add", "first", "--id", "one", "--key", "src/t.rs"],
        None,
    ),
    (
        &[
            "task",
            "add",
            "second",
            "--id",
            "two",
            "--depends-on",
            "one",
        ],
        None,
    ),
    (&["task", "next", "--lock"], None),
    (&["task", "start", "one"], None),
    (&["task", "comment", "one", "going well"], None),
    (&["task", "edit", "one", "--priority", "1"], None),
    (&["task", "fail", "one", "--reason", "broken"], None),
    (&["task", "retry", "one"], None),
    (&["task", "claim", "one"], None),
    (&["task", "release", "one"], None),
    (&["task", "claim", "one"], None),
    (&["task", "done", "one", "--result", "fine"], None),
    (&["task", "cancel", "two", "--reason", "no need"], None),
    (
        &[
            "task", "fan-out", "many", "--part", "a", "--part", "b", "--reduce", "join",
        ],
        None,
    ),
    (&["agent", "checkpoint", "--notes", "half done"], None),
    (&["agent", "heartbeat"], None),
    (
        &["handoff", "write", "how it stands", "--next", "go on"],
        Some(("handoff", "/handoff/id")),
    ),
    (&["handoff", "accept", "$handoff"], None),
    (
        &["remember", "the tests need git"],
        Some(("memory", "/memories/0/id")),
    ),
    (&["forget", "$memory"], None),
    (&["state", "set", "build/last", "1"], None),
    (&["state", "incr", "build/count"], None),
    (&["state", "delete", "build/last"], None),
    (&["msg", "send", "bob", "hello"], None),
    (
        &[
            "feature", "register", "f1", "--claim", "docs/", "--branch", "work",
        ],
        None,
    ),
    (&["feature", "update", "f1", "--title", "a feature"], None),
    (&["queue", "add", "work"], None),
    (&["queue", "pause", "--reason", "wait"], None),
    (&["queue", "resume"], None),
    (&["queue", "rm", "f1"], None),
    (&["feature", "cancel", "f1"], None),
    (&["gc", "--older", "0s"], None),
    (&["compact"], None),
    (&["agent", "unregister"], None),
];

/// What is in the chain, without asking the program under test.
#[derive(Debug, PartialEq, Eq)]
struct Seen {
    tip: String,
    /// The messages of all commits of this and of earlier epochs.
    chain: String,
}

fn look(copy: &Copy) -> Seen {
    Seen {
        tip: copy.ask_git(["rev-parse", STATE]),
        chain: copy.ask_git(["log", "--format=%B", "--glob=refs/coord/epoch/*", STATE]),
    }
}

fn is_true(outcome: &Outcome, _: &[&str], before: &Seen, now: &Seen, point: &str) {
    if outcome.is_ok()
        && let Some(op) = outcome.json()["op"].as_str()
    {
        let event = format!(r#""op":"{op}""#);
        let times = now.chain.matches(&event).count();
        assert_eq!(times, 1, "{op} after {point}: {outcome}");
    }
    if outcome.stderr.contains("nothing was changed") {
        assert_eq!(now.tip, before.tip, "after {point}: {outcome}");
    }
    // Nothing that was there is gone.
    let lost = before.chain.lines().find(|line| !now.chain.contains(line));
    assert_eq!(lost, None, "after {point}");
}

fn works(copy: &Copy, args: &[&str], point: &str) -> Duration {
    let start = Instant::now();
    let again = copy.coord(args);
    let took = start.elapsed();
    // It was done before, or is done now, and either may be said.
    assert!([0, 1].contains(&again.code), "after {point}: {again}");
    // What it is about may be stolen by now, but everything else goes on.
    copy.beside("carol").coord(["lock", "next.rs"]).ok();
    took
}

/// The words with what was remembered.
fn filled(words: &[&str], known: &BTreeMap<&str, String>) -> Vec<String> {
    let fill = |word: &&str| {
        let name = word.strip_prefix('$');
        name.map_or_else(|| (*word).to_owned(), |name| known[name].clone())
    };
    let json = "--json".to_owned();
    words.iter().map(fill).chain([json]).collect()
}

fn world() -> Agent {
    let repo = Sandbox::new().repo("repo");
    let alice = repo.agent("alice");
    repo.agent("bob").coord(["lock", "src/b.rs"]).ok();
    alice.git(["switch", "--quiet", "-c", "work"]).ok();
    alice.commit("src/new.rs", "fn new() {}\n");
    alice.git(["switch", "--quiet", "main"]).ok();
    alice
}

#[test]
fn every_command_killed_on_its_way() {
    let alice = world();
    let mut known = BTreeMap::new();
    for (words, remembered) in DAY {
        let args = filled(words, &known);
        let args: Vec<&str> = args.iter().map(String::as_str).collect();
        let sweep = Sweep {
            what: &words.join(" "),
            agent: &alice,
            hub: None,
            args: &args,
            gits: &["update-ref"],
            most: POINTS_MAX,
            look,
            is_true,
            works,
        };
        sweep.run();
        let done = alice.coord(&args).ok().json();
        if let Some((name, at)) = remembered {
            let value = done.pointer(at).unwrap_or_else(|| panic!("{done}"));
            let text = value.as_str().map_or(value.to_string(), str::to_owned);
            known.insert(name, text);
        }
    }
}
