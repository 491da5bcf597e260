//! Everything that is printed with `--json`, and every record, is what `git coord schema` says.

use std::collections::BTreeSet;
use std::fs;

use jsonschema::Validator;
use serde_json::{Value, json};

use crate::github::world::World as Page;
use crate::relay::world::{WORK, World};
use crate::support::state::{STATE, plant, record};
use crate::support::{Agent, Outcome, Sandbox, Shell};

/// What is provoked here in one clone, and with a remote; and what is not, for the reason given. A
/// new word in a schema has to be entered somewhere.
const LOCAL_CODES: &[&str] = &[
    "broken",
    "changed",
    "cycle",
    "damaged",
    "deadlock",
    "exists",
    "limit",
    "lock_held",
    "lock_required",
    "no_repository",
    "not_allowed",
    "not_found",
    "not_held",
    "not_yours",
    "nothing_ready",
    "other_session",
    "reserved",
    "rev_changed",
    "secret",
    "state_rewritten",
    "usage",
    "wrong_state",
];
const REMOTE_CODES: &[&str] = &[
    "landed_unrecorded",
    "no_atomic_push",
    "no_push_options",
    "not_fast_forward",
    "outcome_unknown",
    "refused_by_hook",
    "rejected_by_remote",
    "unreachable",
    "usage",
];
const RELAY_CODES: &[&str] = &["pending", "unsent"];
const OTHER_CODES: &[&str] = &[
    "busy",    // a dozen races must be lost in a row
    "carried", // another command must fail while it carries this one
    "refused", // a refusal has its own word
];
const LOCAL_ANSWERS: &[&str] = &[
    "agent",
    "agents",
    "check",
    "github-init",
    "review",
    "checkpoint",
    "collected",
    "doctor",
    "done",
    "drafted",
    "feature",
    "feature-conflicts",
    "feature-drift",
    "feature-plan",
    "features",
    "graph",
    "happened",
    "hooks",
    "locks",
    "log",
    "messages",
    "page",
    "pool-cleared",
    "ports",
    "queue",
    "queue-entry",
    "queue-plan",
    "queue-ran",
    "report",
    "status",
    "task",
    "tasks",
    "value",
    "values",
    "verified",
    "waited",
    "whoami",
    "why",
    "handoff",
    "handoffs",
    "recalled",
    "template",
];
const REMOTE_ANSWERS: &[&str] = &[
    "change",
    "done",
    "init",
    "ran",
    "status",
    "synced",
    "up-to-date",
];
const RELAY_ANSWERS: &[&str] = &["relayed", "requests"];
const GITHUB_ANSWERS: &[&str] = &[
    "github-labels",
    "github-listening",
    "github-status",
    "github-synced",
];
// It ends a watch, whose answers were given one by one.
const OTHER_ANSWERS: &[&str] = &["watched"];
const LOCAL_OUTCOMES: &[&str] = &[
    "agent",
    "compacted",
    "feature",
    "handoff",
    "locked",
    "message",
    "memory",
    "queue",
    "renewed",
    "stolen",
    "task",
    "unlocked",
    "value",
];
const REMOTE_OUTCOMES: &[&str] = &["landed", "locked"];
const RELAY_OUTCOMES: &[&str] = &["relay"];
// No command ends with these: they are steps on the way, or part of another operation.
const OTHER_OUTCOMES: &[&str] = &["adopted", "collected", "left", "noted", "waiting"];

fn words(all: &[&str]) -> BTreeSet<String> {
    all.iter().map(|word| (*word).to_owned()).collect()
}

/// Every value that a field may have, wherever the schema says so.
fn values_of(schema: &Value, field: &str, found: &mut BTreeSet<String>) {
    match schema {
        Value::Object(fields) => {
            if let Some(Value::String(word)) = fields
                .get("properties")
                .and_then(|all| all[field].get("const"))
            {
                found.insert(word.clone());
            }
            fields
                .values()
                .for_each(|below| values_of(below, field, found));
        }
        Value::Array(items) => items
            .iter()
            .for_each(|below| values_of(below, field, found)),
        _ => {}
    }
}

#[test]
fn every_word_in_the_schemas_is_provoked_or_excused() {
    let sandbox = Sandbox::new();
    let (answer, failure) = (schema(&sandbox, "answer"), schema(&sandbox, "failure"));
    let said = |schema: &Value, field: &str| {
        let mut found = BTreeSet::new();
        values_of(schema, field, &mut found);
        found
    };
    let mut codes = said(&failure, "code");
    let faults = failure["$defs"]["Fault"]["oneOf"].as_array().unwrap();
    codes.extend(
        faults
            .iter()
            .map(|fault| fault["const"].as_str().unwrap().to_owned()),
    );
    assert_eq!(
        codes,
        words(&[LOCAL_CODES, REMOTE_CODES, RELAY_CODES, OTHER_CODES].concat())
    );
    let answers = words(
        &[
            LOCAL_ANSWERS,
            REMOTE_ANSWERS,
            RELAY_ANSWERS,
            GITHUB_ANSWERS,
            OTHER_ANSWERS,
        ]
        .concat(),
    );
    assert_eq!(said(&answer, "answer"), answers);
    let outcomes = words(
        &[
            LOCAL_OUTCOMES,
            REMOTE_OUTCOMES,
            RELAY_OUTCOMES,
            OTHER_OUTCOMES,
        ]
        .concat(),
    );
    assert_eq!(said(&answer, "outcome"), outcomes);
}

/// The printed schemas, and what was held against them.
struct Schemas {
    answer: Validator,
    failure: Validator,
    answers: BTreeSet<String>,
    outcomes: BTreeSet<String>,
    codes: BTreeSet<String>,
}

fn schema(shell: &Shell, kind: &str) -> Value {
    shell.coord(["schema", kind]).ok().json()
}

/// A schema that also refuses what it does not describe, so that nothing is printed undescribed.
fn strict(mut schema: Value) -> Validator {
    assert!(jsonschema::meta::is_valid(&schema), "{schema:#}");
    let mut mixed_in = BTreeSet::new();
    refs_mixed_in(&schema, &mut mixed_in);
    for (name, def) in schema["$defs"].as_object_mut().unwrap() {
        if def["type"] == "object" && !mixed_in.contains(&format!("#/$defs/{name}")) {
            def["unevaluatedProperties"] = false.into();
        }
    }
    schema["unevaluatedProperties"] = false.into();
    jsonschema::validator_for(&schema).unwrap()
}

/// Definitions whose fields stand among those of another object, so they alone are not all of it.
fn refs_mixed_in(schema: &Value, found: &mut BTreeSet<String>) {
    match schema {
        Value::Object(fields) => {
            let is_mixed = fields.contains_key("properties") || fields.contains_key("anyOf");
            let own = is_mixed.then(|| fields.get("$ref")).flatten();
            let choices = ["anyOf", "oneOf", "allOf"]
                .iter()
                .filter_map(|word| fields.get(*word));
            let choices = choices
                .flat_map(|all| all.as_array().unwrap())
                .filter_map(|one| one.get("$ref"));
            found.extend(
                own.into_iter()
                    .chain(choices)
                    .map(|name| name.as_str().unwrap().to_owned()),
            );
            fields
                .values()
                .for_each(|below| refs_mixed_in(below, found));
        }
        Value::Array(items) => items.iter().for_each(|below| refs_mixed_in(below, found)),
        _ => {}
    }
}

#[track_caller]
fn hold(validator: &Validator, value: &Value) {
    let wrong: Vec<String> = validator
        .iter_errors(value)
        .map(|error| format!("{error} at {}", error.instance_path()))
        .collect();
    assert!(wrong.is_empty(), "{value:#}\n{}", wrong.join("\n"));
}

impl Schemas {
    fn of(shell: &Shell) -> Self {
        Self {
            answer: strict(schema(shell, "answer")),
            failure: strict(schema(shell, "failure")),
            answers: BTreeSet::new(),
            outcomes: BTreeSet::new(),
            codes: BTreeSet::new(),
        }
    }

    /// Holds what a command printed against the schema of its kind.
    #[track_caller]
    fn check(&mut self, outcome: &Outcome) -> Value {
        let printed = outcome.json();
        assert_eq!(outcome.stdout.lines().count(), 1, "{outcome}");
        let word = |name: &str| printed[name].as_str().unwrap_or_default().to_owned();
        if outcome.code == 0 || printed["ok"] == true {
            hold(&self.answer, &printed);
            self.answers.insert(word("answer"));
            self.outcomes
                .extend(printed["outcome"].as_str().map(str::to_owned));
        } else {
            hold(&self.failure, &printed);
            assert_ne!(word("message"), "", "{outcome}");
            assert_ne!(word("hint"), "", "{outcome}");
            self.codes.insert(word("code"));
        }
        printed
    }

    /// Runs a command with `--json` and checks what it prints.
    #[track_caller]
    fn run(&mut self, agent: &Shell, args: &[&str]) -> Value {
        let args = [&["--json"], args].concat();
        let outcome = agent.coord(args);
        self.check(&outcome)
    }
}

fn two(sandbox: &Sandbox) -> (Agent, Agent) {
    let alice = sandbox.repo("project").agent("alice");
    let bob = alice.beside("bob");
    (alice, bob)
}

#[test]
fn answers_are_what_their_schema_says() {
    // So that there is a tool to be told about hooks.
    let sandbox = Sandbox::with_script_hooks();
    let (alice, bob) = two(&sandbox);
    let mut schemas = Schemas::of(&alice);
    let lock = [
        "lock",
        "src/auth.rs",
        "src/*.sql",
        "db:users",
        "--reason",
        "why",
        "--task",
        "t",
    ];
    schemas.run(&alice, &lock);
    schemas.run(&alice, &["lock", "--shared", "docs/"]);
    schemas.run(&bob, &["lock", "--shared", "docs/", "--ttl", "1h"]);
    for args in [
        &["locks"][..],
        &["locks", "--mine"],
        &["status"],
        &[],
        &["check", "README.md"],
        &["check", "--range", "HEAD..HEAD", "--for-branch", "main"],
        &["github", "init", "--dry-run"],
        &["check", "src/auth.rs"],
        &["log"],
        &["log", "-n", "1"],
        &["whoami"],
        &["handoff", "write", "--template"],
        &["handoff", "write", "how it stands", "--next", "measure"],
        &["handoff", "list"],
        &["handoff", "read"],
        &["remember", "it works", "--tag", "a", "--path", "src/"],
        &["remember", "it works", "--lesson", "go on"],
        &["recall", "works"],
        &["renew"],
        &["lock", "src/auth.rs"],
        &["help"],
        &["help", "keys"],
        &["lock", "--help"],
        &["--version"],
        &["completion", "bash"],
        &["man"],
        &["man", "--markdown"],
        &["schema"],
        &["hooks", "install"],
        &["hooks", "list"],
        &["hooks", "uninstall"],
        &["doctor"],
        &["state", "set", "a/b", "{\"n\": [1, null]}"],
        &["state", "get", "a/b"],
        &["state", "list"],
        &["state", "delete", "a/b"],
        &["port", "take", "db"],
        &["port", "list"],
        &["why", "src/auth.rs"],
        &["gc", "--dry-run"],
        &["watch", "--no-wait", "--since", "1h", "-n", "1"],
    ] {
        schemas.run(&alice, args);
    }
    tasks(&mut schemas, &alice, &bob);
    features(&mut schemas, &alice, &bob);
    graphs(&mut schemas, &alice);
    queue(&mut schemas, &alice, &bob);
    for args in [
        &[
            "agent",
            "register",
            "--type",
            "claude",
            "--model",
            "m",
            "--capability",
            "review",
        ][..],
        &["agent", "heartbeat"],
        &[
            "agent", "status", "busy", "--task", "t", "--file", "src/a.rs", "--plan", "p",
            "--unsure", "u",
        ],
        &["agent", "checkpoint", "--notes", "n", "--next", "x"],
        &["agent", "list"],
        &["agent", "discover"],
        &["agent", "show"],
        &["agent", "restore"],
        &["agent", "trust", "alice", "3"],
        &[
            "msg",
            "send",
            "bob",
            "x",
            "--needs-ack",
            "--task",
            "t",
            "--expires",
            "2h",
        ],
        &["msg", "broadcast", "y"],
        &["msg", "inbox"],
        &["msg", "inbox", "--dead"],
    ] {
        schemas.run(&alice, args);
    }
    let mail = schemas.run(&bob, &["msg", "inbox"]);
    let id = mail["messages"][0]["id"].as_str().unwrap().to_owned();
    for args in [
        &["status"][..],
        &["msg", "read"],
        &["msg", "reply", &id, "z"],
        &["msg", "ack", &id],
        &["msg", "thread", &id],
        &["agent", "unregister"],
    ] {
        schemas.run(&bob, args);
    }
    schemas.run(&bob, &["lock", "--shared", "docs/"]);
    let night = alice.session("night");
    night.coord(["lock", "x"]).ok();
    night.coord(["agent", "checkpoint"]).ok();
    let restore = ["agent", "restore", "--take", "--takeover", "alice/night"];
    schemas.run(&alice, &restore);
    schemas.run(&alice, &["agent", "show", "alice"]);
    schemas.run(&alice, &["agent", "kick", "bob/s1", "--reason", "r"]);
    schemas.run(&bob, &["lock", "--shared", "docs/"]);
    // A tool that owns the hooks has to be told, which takes fields that are absent otherwise.
    alice.write("lefthook.yml", "pre-commit: {}\n");
    let told = schemas.run(&alice, &["hooks", "install"]);
    assert_eq!(told["snippet"]["manager"], "lefthook");
    let rev = record(&alice, "locks/path/src/auth.rs=")["rev"].to_string();
    let steal = [
        "lock",
        "--steal",
        "--rev",
        &rev,
        "--reason",
        "gone",
        "src/auth.rs",
    ];
    schemas.run(&bob, &steal);
    let told = schemas.run(&alice, &["status"]);
    assert_eq!(told["notices"][0]["happened"], "stolen");
    assert_eq!(schemas.run(&alice, &["status"])["notices"], Value::Null);
    schemas.run(&alice, &["log", "--verify"]);
    schemas.run(&alice, &["compact"]);
    schemas.run(&bob, &["unlock", "--all"]);
    plant(&alice, "locks/path/src/b.rs=", "{", "damage");
    let damaged = schemas.run(&alice, &["locks"]);
    assert_ne!(damaged["damaged"], Value::Null);
    schemas.run(&alice, &["status"]);
    schemas.run(&alice, &["log", "--verify"]);
    for args in [&["doctor"][..], &["doctor", "--fix"]] {
        let examined = schemas.run(&alice, args);
        let checks = examined["checks"].as_array().unwrap();
        assert!(checks.iter().any(|check| check["state"] != "ok"));
    }
    assert_eq!(schemas.answers, words(LOCAL_ANSWERS));
    assert_eq!(schemas.outcomes, words(LOCAL_OUTCOMES));
}

/// Every answer about features, with every field that may be absent.
fn features(schemas: &mut Schemas, alice: &Agent, bob: &Agent) {
    alice.git(["branch", "feat/login"]).ok();
    let full = [
        "feature",
        "register",
        "login",
        "--branch",
        "feat/login",
        "-c",
        "lib/",
        "-c",
        "gen/",
        "-c",
        "x/",
        "--title",
        "Login",
        "-p",
        "1",
        "--meta",
        "a=b",
    ];
    schemas.run(alice, &full);
    schemas.run(bob, &["lock", "lib/shared", "--reason", "why"]);
    schemas.run(bob, &["lock", "feature:login:pause", "--reason", "why"]);
    for args in [
        &["feature", "register", "other", "-c", "lib/a.rs", "-c", "y"][..],
        &[
            "feature", "register", "third", "--branch", "gone", "--after", "login",
        ],
        &["feature", "register", "third", "-c", "z"],
        &["feature", "register", "third", "-c", "z"],
        &[
            "feature",
            "update",
            "third",
            "--title",
            "T",
            "--branch",
            "feat/login",
        ],
        &[
            "feature", "register", "fourth", "--branch", "gone", "--after", "third",
        ],
        &["feature", "show", "login"],
        &["feature", "show", "third"],
        &["feature", "list"],
        &["feature", "conflicts", "login"],
        &["feature", "conflicts", "login", "--merge"],
        &["feature", "conflicts", "new", "-c", "lib/"],
        &["feature", "plan"],
        &["feature", "drift", "login"],
        &["feature", "drift", "--all"],
        &[
            "task",
            "add",
            "Of login",
            "--id",
            "of-login",
            "--feature",
            "login",
        ],
        &["task", "show", "of-login"],
        &["task", "list", "--feature", "login"],
        &["why", "login"],
        &["why", "of-login"],
        &["status"],
        &["feature", "done", "third", "--commit", "HEAD"],
        &["feature", "cancel", "other", "-m", "why"],
        &["feature", "show", "third"],
        &["feature", "plan"],
        &["feature", "list", "--all"],
        &["why", "third"],
        &["feature", "register", "third"],
        &["feature", "update", "login", "--rev", "1"],
        &["task", "cancel", "of-login"],
    ] {
        schemas.run(alice, args);
    }
    schemas.run(bob, &["feature", "cancel", "login"]);
    schemas.run(bob, &["unlock", "lib/shared", "feature:login:pause"]);
}

/// Every answer about the merge queue, with every field that may be absent.
fn queue(schemas: &mut Schemas, alice: &Agent, bob: &Agent) {
    let branch = |name: &str, file: &str| {
        alice.git(["switch", "-q", "-c", name, "main"]).ok();
        alice.commit(file, name);
        alice.git(["switch", "-q", "main"]).ok();
    };
    alice.git(["add", "--all"]).ok();
    alice
        .git(["commit", "--quiet", "--allow-empty", "-m", "all"])
        .ok();
    for (name, file) in [
        ("qa", "q/a"),
        ("qb", "q/b"),
        ("qc", "q/a"),
        ("qd", "broken"),
    ] {
        branch(name, file);
    }
    bob.coord(["feature", "register", "qother", "-c", "q/"])
        .ok();
    let register = ["feature", "register", "qb", "--branch", "qb", "-c", "x/"];
    alice.coord(register).ok();
    let check = "! test -f broken || { echo no; exit 1; }";
    let run = ["queue", "run", "--check", check, "--jobs", "2"];
    let isolate = ["--isolate", "--check", check];
    for args in [
        &[
            "queue", "add", "qa", "--title", "t", "-p", "1", "--urgent", "why",
        ][..],
        &[&["queue", "add", "qa"][..], &isolate].concat(),
        &["queue", "add", "qb", "--after", "qa"],
        &[&["queue", "add", "qc"][..], &isolate].concat(),
        &["queue", "add", "qd", "--id", "broken"],
        &["queue", "list"],
        &["queue", "plan"],
        &["queue", "why", "qb"],
        &["queue", "show", "qa"],
        &["queue", "show", "qc"],
        &["queue", "pause", "-m", "why"],
        &["queue", "list"],
        &["queue", "resume"],
        &["queue", "land"],
        &run,
        &run,
        &["queue", "show", "broken"],
        &["queue", "list", "--all"],
        &["queue", "retry", "broken", "--rerun"],
        &["queue", "retry", "broken"],
        &["queue", "rm", "broken", "-m", "why"],
        &["queue", "rm", "qb"],
        &["queue", "rm", "qc"],
        &["queue", "why", "qc"],
        &["queue", "log"],
        &["queue", "run", "--clear-pool"],
        &["queue", "add", "nothing"],
        &["queue", "retry", "qa"],
        &["status"],
    ] {
        schemas.run(alice, args);
    }
    bob.coord(["feature", "cancel", "qother"]).ok();
}

/// Every answer about tasks, with every field that may be absent.
fn tasks(schemas: &mut Schemas, alice: &Agent, bob: &Agent) {
    let full = [
        "task",
        "add",
        "Parse",
        "--id",
        "parse",
        "--body",
        "b",
        "--sort",
        "bug",
        "-p",
        "0",
        "--label",
        "l",
        "--key",
        "src/new.rs",
        "--assignee",
        "alice",
        "--requires",
        "rust",
        "--trust",
        "1",
        "--deadline",
        "2020-01-01",
        "--ttl",
        "1h",
        "--run",
        "r",
        "--idempotency-key",
        "k",
        "--max-attempts",
        "2",
    ];
    schemas.run(alice, &full);
    schemas.run(alice, &full);
    for args in [
        &["add", "Epic", "--id", "epic", "--sort", "epic"][..],
        &[
            "add",
            "Part",
            "--id",
            "part",
            "--parent",
            "epic",
            "--depends-on",
            "parse",
        ],
        &[
            "add",
            "Look",
            "--id",
            "look",
            "--reviews",
            "parse",
            "--on-fail",
            "ignore",
        ],
        &[
            "next",
            "--capability",
            "rust",
            "--lock",
            "--strategy",
            "round-robin",
        ],
        &["start", "parse"],
        &["comment", "parse", "remark"],
        &["edit", "parse", "--title", "Parse it"],
        &["show", "parse"],
        &["show", "part"],
        &["show", "epic"],
        &["list"],
        &["list", "--mine"],
        &["ready"],
        &["blocked"],
        &["search", "parse"],
        &["done", "parse", "--result", "[1]"],
        &["show", "part"],
        &["list", "--ended"],
        &["claim", "part"],
        &["fail", "part", "-m", "why", "--retry"],
        &["claim", "part"],
        &["release", "part", "-m", "why"],
        &["claim", "part"],
        &["fail", "part", "-m", "why"],
        &["retry", "part"],
        &["cancel", "epic", "part", "-m", "why"],
        &["add", "Small", "--id", "small", "-p", "4"],
        &["add", "Grave", "--id", "grave", "-p", "0"],
    ] {
        schemas.run(alice, &[&["task"], args].concat());
    }
    schemas.run(bob, &["task", "claim", "small"]);
    schemas.run(alice, &["task", "next", "--preempt", "grave"]);
    let told = schemas.run(bob, &["task", "show", "small"]);
    assert_eq!(told["notices"][0]["happened"], "wanted");
    schemas.run(alice, &["task", "cancel", "small"]);
    let told = schemas.run(bob, &["task", "list"]);
    assert_eq!(told["notices"][0]["happened"], "over");
}

/// Every answer about many tasks at once, with every field that may be absent.
fn graphs(schemas: &mut Schemas, alice: &Agent) {
    alice.write(
        "plan.md",
        "- [ ] a #l (id: a)\n- [x] over\n- [ ] b (after: a)\n",
    );
    alice.write(
        "plan.json",
        "[{\"title\": \"x\", \"unknown\": 1, \"id\": \"x\"}]",
    );
    for args in [
        &["import", "plan.md", "--dry-run"][..],
        &["import", "plan.json", "--dry-run"],
        &["import", "plan.md", "--once", "plan"],
        &[
            "fan-out", "all", "--part", "p", "--reduce", "r", "--run", "all",
        ],
        &["pipeline", "--stage", "s", "--gate", "g"],
        &[
            "scatter", "best", "--try", "one", "--try", "two", "--run", "best",
        ],
        &["graph"],
        &["graph", "--all"],
        &["graph", "--run", "best"],
    ] {
        schemas.run(alice, &[&["task"], args].concat());
    }
    let added = schemas.run(alice, &["task", "add", "w", "--id", "w"]);
    assert_eq!(added["did"], "added");
    schemas.run(alice, &["task", "wait", "w", "--timeout", "0s"]);
    schemas.run(alice, &["task", "claim", "w"]);
    schemas.run(alice, &["task", "done", "w"]);
    schemas.run(alice, &["task", "wait", "w", "small"]);
    schemas.run(alice, &["report"]);
    schemas.run(alice, &["report", "--run", "all", "--since", "1h"]);
    schemas.run(alice, &["report", "--epic", "epic"]);
}

#[test]
fn failures_are_what_their_schema_says() {
    let sandbox = Sandbox::new();
    let (alice, bob) = two(&sandbox);
    let mut schemas = Schemas::of(&alice);
    alice.coord(["lock", "src/auth.rs", "--reason", "why"]).ok();
    alice.coord(["state", "set", "text", "x"]).ok();
    let mut code = |shell: &Shell, args: &[&str], code: &str, exit: i32| {
        let outcome = shell.coord([&["--json"], args].concat()).code(exit);
        assert_eq!(schemas.check(&outcome)["code"], code, "{outcome}");
    };
    code(&bob, &["lock", "src/"], "lock_held", 1);
    code(&bob, &["check", "src/auth.rs"], "lock_held", 1);
    code(
        &alice.session("s2"),
        &["lock", "src/auth.rs"],
        "other_session",
        1,
    );
    code(&bob, &["unlock", "src/auth.rs"], "not_held", 1);
    let kick = ["agent", "kick", "alice/s1", "--reason", "x"];
    code(&bob, &kick, "not_allowed", 1);
    code(&bob, &["state", "get", "none"], "not_found", 1);
    code(&bob, &["state", "cas", "none", "7", "1"], "changed", 1);
    code(&bob, &["state", "incr", "text", "1"], "wrong_state", 1);
    let key = "a -----BEGIN RSA PRIVATE KEY-----";
    code(&bob, &["state", "set", "key", key], "secret", 1);
    let steal = [
        "lock",
        "--steal",
        "--rev",
        "99",
        "--reason",
        "x",
        "src/auth.rs",
    ];
    code(&bob, &steal, "rev_changed", 1);
    let many: Vec<String> = (0..257).map(|n| format!("many/{n}")).collect();
    let many: Vec<&str> = ["lock"]
        .into_iter()
        .chain(many.iter().map(String::as_str))
        .collect();
    code(&alice, &many, "limit", 1);
    let to_bob = ["--json", "handoff", "write", "for bob", "--to", "bob"];
    let to_bob = alice.coord(to_bob).ok().json()["handoff"]["id"].clone();
    let accept = ["handoff", "accept", to_bob.as_str().unwrap()];
    code(&alice, &accept, "not_allowed", 1);
    // Carol is in line, and dies there; her turn is kept for a while.
    let carol = alice.beside("carol");
    let line = carol
        .command("git-coord", ["lock", "--wait", "src/auth.rs"])
        .spawn();
    crate::support::wait::until("carol waits", || {
        let waits = alice.coord(["status", "--json"]).ok().json();
        waits["waiting"].is_array().then_some(())
    });
    drop(line);
    alice.coord(["unlock", "--all"]).ok();
    code(&bob, &["lock", "src/auth.rs"], "reserved", 1);
    // Alice waits for bob, so bob must not wait for alice.
    alice.coord(["lock", "src/a.rs"]).ok();
    bob.coord(["lock", "src/b.rs"]).ok();
    let line = alice
        .command("git-coord", ["lock", "--wait", "src/b.rs"])
        .spawn();
    crate::support::wait::until("alice waits", || {
        let waits = bob.coord(["status", "--json"]).ok().json();
        let waits = waits["waiting"].as_array().cloned().unwrap_or_default();
        waits
            .iter()
            .any(|one| one["by"]["agent"] == "alice")
            .then_some(())
    });
    code(&bob, &["lock", "--wait", "src/a.rs"], "deadlock", 1);
    drop(line);
    alice
        .git(["config", "coord.requireLock", "require README.md"])
        .ok();
    code(&alice, &["check", "README.md"], "lock_required", 1);
    alice.coord(["task", "add", "One", "--id", "one"]).ok();
    code(&bob, &["task", "cancel", "one"], "not_allowed", 1);
    code(&bob, &["task", "done", "one"], "wrong_state", 1);
    code(&bob, &["task", "show", "two"], "not_found", 1);
    code(&bob, &["task", "add", "One", "--id", "one"], "exists", 1);
    code(&bob, &["task", "edit", "one", "--rev", "1"], "changed", 1);
    let circle = ["task", "add", "x", "--id", "x", "--depends-on", "x"];
    code(&bob, &circle, "cycle", 1);
    let secret = ["task", "comment", "one", "-----BEGIN PRIVATE KEY-----"];
    code(&bob, &secret, "secret", 1);
    alice.coord(["task", "claim", "one"]).ok();
    code(&bob, &["task", "claim", "one"], "not_yours", 1);
    code(&bob, &["task", "next"], "nothing_ready", 1);
    for args in [
        &["lock"][..],
        &["lokc"],
        &["lock", "--jsno"],
        &["lock", "../outside"],
        &["lock", "--ttl", "1s", "x"],
        &["check", "--range", "nonsense"],
        &["log", "--since", "yesterday"],
        &["--as", "not a name", "status"],
        &["-C", "nowhere", "help", "nothing"],
        &["schema", "nothing"],
        &["completion", "csh"],
        &["man", "/dev/null/man"],
    ] {
        code(&alice, args, "usage", 2);
    }
    code(&sandbox, &["status"], "no_repository", 2);
    plant(&alice, "locks/path/src/c.rs=", "{", "damage");
    code(&bob, &["lock", "src/c.rs"], "damaged", 4);
    alice.git(["update-ref", STATE, &format!("{STATE}~1")]).ok();
    code(&alice, &["status"], "state_rewritten", 4);
    let other = sandbox.repo("other").agent("alice");
    other.git(["update-ref", STATE, "HEAD"]).ok();
    code(&other, &["lock", "x"], "broken", 4);
    assert_eq!(schemas.codes, words(LOCAL_CODES));
}

#[test]
fn failures_of_a_remote_are_what_their_schema_says() {
    let sandbox = Sandbox::new();
    let hub = sandbox.bare("hub");
    let alice = hub.clone_as("alice");
    let mut schemas = Schemas::of(&alice);
    alice.git(["config", "coord.remote", "nowhere"]).ok();
    let printed = schemas.run(&alice, &["status"]);
    assert_eq!(printed["code"], "usage");
    alice.git(["config", "--unset", "coord.remote"]).ok();
    schemas.run(&alice, &["init", "--remote", "origin", "--dry-run"]);
    schemas.run(&alice, &["init", "--remote", "origin"]);
    schemas.run(&alice, &["sync"]);
    schemas.run(&alice, &["run", "--", "false"]);
    let printed = schemas.run(&alice, &["lock", "src/auth.rs"]);
    assert_eq!(printed["outcome"], "locked");
    assert_ne!(
        schemas.run(&alice, &["status"])["view_age_secs"],
        Value::Null
    );
    alice.commit("src/auth.rs", "fn auth() { todo!() }\n");
    assert_eq!(schemas.run(&alice, &["push"])["outcome"], "landed");
    assert_eq!(schemas.run(&alice, &["push"])["answer"], "up-to-date");
    // Carol's clone decides by itself, and a stray lock file keeps its state where it is.
    let carol = hub.clone_as("carol");
    carol.coord(["lock", "docs/"]).ok();
    carol.commit("docs/guide.md", "Another guide.\n");
    carol.write(".git/refs/coord/state.lock", "");
    assert_eq!(schemas.run(&carol, &["push"])["code"], "landed_unrecorded");
    fs::remove_file(carol.path().join(".git/refs/coord/state.lock")).unwrap();
    carol.commit("docs/guide.md", "Another guide again.\n");
    let printed = schemas.run(&carol, &["push", "-o", "x"]);
    assert_eq!(printed["code"], "no_push_options");
    carol.write_program(".git/hooks/pre-push", "#!/bin/sh\nexit 1\n");
    carol.commit("docs/guide.md", "A third guide.\n");
    assert_eq!(schemas.run(&carol, &["push"])["code"], "refused_by_hook");
    let bob = hub.clone_as("bob");
    bob.git(["reset", "--quiet", "--hard", "HEAD~1"]).ok();
    bob.git(["config", "coord.remote", "origin"]).ok();
    bob.commit("src/a.rs", "fn a() { todo!() }\n");
    assert_eq!(schemas.run(&bob, &["push"])["code"], "not_fast_forward");
    // What somebody else did since the last look is a line for each.
    bob.git(["config", "coord.maxAge", "0"]).ok();
    schemas.run(&bob, &["sync"]);
    alice.coord(["lock", "src/a.rs"]).ok();
    schemas.run(&bob, &["sync", "--watch", "-n", "1"]);
    hub.git(["config", "receive.advertiseAtomic", "false"]).ok();
    assert_eq!(schemas.run(&alice, &["compact"])["code"], "no_atomic_push");
    hub.git(["config", "--unset", "receive.advertiseAtomic"])
        .ok();
    hub.write_program("hooks/pre-receive", "#!/bin/sh\nexit 1\n");
    let printed = schemas.run(&alice, &["lock", "src/b.rs"]);
    assert_eq!(printed["code"], "rejected_by_remote");
    // The server applies the push, says nothing, and is gone when it is asked.
    hub.write_program("hooks/pre-receive", "#!/bin/sh\nexit 0\n");
    let vanish = "#!/bin/sh\nmv \"$PWD\" \"$PWD.moved\"\nkill -KILL $PPID\n";
    hub.write_program("hooks/post-receive", vanish);
    let printed = schemas.run(&alice, &["lock", "src/b.rs"]);
    assert_eq!(printed["code"], "outcome_unknown");
    alice
        .git(["remote", "set-url", "origin", "../gone.git"])
        .ok();
    let printed = schemas.run(&alice, &["lock", "src/b.rs"]);
    assert_eq!(printed["code"], "unreachable");
    assert_eq!(schemas.codes, words(REMOTE_CODES));
    assert_eq!(schemas.answers, words(REMOTE_ANSWERS));
    assert_eq!(schemas.outcomes, words(REMOTE_OUTCOMES));
}

/// What is printed about the pages of GitHub.
#[test]
fn what_is_told_of_github_is_what_its_schema_says() {
    let world = Page::new();
    let bot = &world.bot;
    let mut schemas = Schemas::of(bot);
    schemas.run(bot, &["github", "status"]);
    bot.coord(["lock", "src/a.rs"]).ok();
    world
        .page
        .hosted()
        .pull("zoe", "a cart", "main", &"0".repeat(40));
    schemas.run(bot, &["github", "sync"]);
    let knows = bot
        .clone()
        .with_var("COORD_GITHUB_WEBHOOK_SECRET", "0123456789abcdef");
    let webhook = [
        "github",
        "webhook",
        "--listen",
        "127.0.0.1:0",
        "--for",
        "1s",
    ];
    schemas.run(&knows, &webhook);
    schemas.run(bot, &["github", "labels"]);
    assert_eq!(schemas.answers, words(GITHUB_ANSWERS));
}

/// Requests on a branch: what is printed about them, and the records that they leave.
#[test]
fn what_goes_by_a_branch_is_what_its_schema_says() {
    let world = World::taking(WORK);
    let (relay, alice) = (&world.relay, world.direct("alice"));
    let mut schemas = Schemas::of(&alice);
    alice.coord(["lock", "src/b.rs"]).ok();
    schemas.run(relay, &["relay"]);
    let claude = world.restricted("claude-1");
    claude.git(["config", "coord.requestWait", "0s"]).ok();
    let pending = schemas.run(&claude, &["lock", "src/a.rs", "--reason", "why"]);
    assert_eq!(pending["code"], "pending");
    schemas.run(&claude, &["request", "list"]);
    let id = pending["request"].as_str().unwrap().to_owned();
    schemas.run(&claude, &["request", "show", &id]);
    claude
        .git(["config", "remote.origin.pushurl", "nowhere"])
        .ok();
    schemas.run(&claude, &["--now", "lock", "src/c.rs"]);
    claude
        .git(["config", "--unset", "remote.origin.pushurl"])
        .ok();
    schemas.run(&claude, &["request", "send"]);
    // Its neighbour's branch has it too, and says that it is Alice's.
    let message = claude.ask_git(["log", "-1", "--format=%B"]);
    let forged = message.replace("\"agent\":\"claude-1\"", "\"agent\":\"alice\"");
    claude
        .git(["commit", "--quiet", "--allow-empty", "-m", &forged])
        .ok();
    claude.git(["push", "--quiet"]).ok();
    let relayed = schemas.run(relay, &["relay"]);
    let ended: Vec<&Value> = relayed["answers"].as_array().unwrap().iter().collect();
    assert_eq!(ended.len(), 3, "{relayed:#}");
    schemas.run(&claude, &["request", "list"]);
    // A refusal, with what is in the way.
    alice.coord(["unlock", "--all"]).ok();
    let stale = claude.git(["config", "coord.maxAge", "1h"]).ok();
    drop(stale);
    alice.coord(["lock", "src/d.rs"]).ok();
    schemas.run(&claude, &["--now", "lock", "src/d.rs"]);
    schemas.run(relay, &["relay"]);
    schemas.run(&claude, &["sync"]);
    let listed = schemas.run(&claude, &["request", "list"]);
    assert!(listed.to_string().contains("lock_held"), "{listed:#}");
    schemas.run(relay, &["relay", "--unpin", "claude-1"]);
    assert_eq!(schemas.codes, words(RELAY_CODES));
    assert_eq!(schemas.outcomes, words(RELAY_OUTCOMES));
    assert!(schemas.answers.is_superset(&words(RELAY_ANSWERS)));

    let kind = |name: &str| strict(schema(&alice, name));
    let below = |dir: &str| {
        let listed = world
            .hub
            .ask_git(["ls-tree", "-r", "--name-only", STATE, dir]);
        listed.lines().map(str::to_owned).collect::<Vec<_>>()
    };
    let at = |place: &str| {
        let shown = world.hub.ask_git(["show", &format!("{STATE}:{place}")]);
        serde_json::from_str::<Value>(&shown).unwrap()
    };
    assert_eq!(below("answers/").len(), 3);
    for place in below("answers/") {
        hold(&kind("request-answer"), &at(&place));
    }
    hold(&kind("turned-down"), &at(&below("turned-down/")[0]));
    let pinned = format!("{STATE}~1:speakers/claude-1.json");
    let pinned = world.hub.ask_git(["show", &pinned]);
    hold(&kind("speaker"), &serde_json::from_str(&pinned).unwrap());
    let body = message.lines().nth(2).unwrap();
    hold(&kind("request"), &serde_json::from_str(body).unwrap());
    let event = kind("event");
    for body in world.hub.ask_git(["log", "--format=%b", STATE]).lines() {
        if !body.is_empty() {
            hold(&event, &serde_json::from_str(body).unwrap());
        }
    }
}

#[test]
fn records_are_what_their_schema_says() {
    let sandbox = Sandbox::new();
    let (alice, bob) = two(&sandbox);
    let kind = |kind: &str| strict(schema(&alice, kind));
    let (handoff, memory) = (kind("handoff"), kind("memory"));
    let (lock, wait, notice, event) = (kind("lock"), kind("wait"), kind("notice"), kind("event"));
    let (task, comment) = (kind("task"), kind("comment"));
    let presence = kind("presence");
    alice
        .coord(["lock", "src/auth.rs", "--reason", "why", "--task", "t"])
        .ok();
    let line = bob
        .command("git-coord", ["lock", "--wait", "src/auth.rs"])
        .spawn();
    let waiting = crate::support::wait::until("bob waits", || {
        let waits = alice.coord(["status", "--json"]).ok().json();
        waits["waiting"]
            .is_array()
            .then(|| record(&alice, "waits/bob/s1.json"))
    });
    hold(&wait, &waiting);
    drop(line);
    bob.coord(["lock", "src/auth.rs"]).refused();
    let held = record(&alice, "locks/path/src/auth.rs=");
    hold(&lock, &held);
    hold(&presence, &record(&alice, "agents/alice/s1.json"));
    let rev = held["rev"].to_string();
    let steal = [
        "lock",
        "--steal",
        "--rev",
        &rev,
        "--reason",
        "gone",
        "src/auth.rs",
    ];
    bob.coord(steal).ok();
    let notices = alice.ask_git(["ls-tree", "-r", "--name-only", STATE, "notices/"]);
    hold(&notice, &record(&alice, &notices));
    let bodies = alice.ask_git(["log", "--format=%b", STATE]);
    assert_eq!(bodies.lines().filter(|line| !line.is_empty()).count(), 3);
    alice.coord(["task", "add", "One", "--id", "one"]).ok();
    bob.coord(["task", "claim", "one"]).ok();
    bob.coord(["task", "comment", "one", "a remark"]).ok();
    let below = |dir: &str| alice.ask_git(["ls-tree", "-r", "--name-only", STATE, dir]);
    hold(&task, &record(&alice, &below("tasks/open/")));
    hold(&comment, &record(&alice, &below("comments/")));
    let bodies = alice.ask_git(["log", "--format=%b", STATE]);
    let bodies = bodies.lines().filter(|line| !line.is_empty());
    for body in bodies {
        hold(&event, &serde_json::from_str(body).unwrap());
    }
    let full = [
        "feature", "register", "login", "-c", "src/", "--title", "t", "--meta", "a=b",
    ];
    alice.coord(full).ok();
    hold(&kind("feature"), &record(&alice, "features/login.json"));
    alice.coord(["agent", "checkpoint", "--notes", "n"]).ok();
    hold(
        &kind("checkpoints"),
        &record(&alice, "checkpoints/alice/s1.json"),
    );
    alice.coord(["agent", "trust", "bob", "1"]).ok();
    hold(&kind("trust"), &record(&alice, "trust/bob.json"));
    alice.coord(["msg", "broadcast", "x", "--needs-ack"]).ok();
    let message = alice.ask_git(["ls-tree", "-r", "--name-only", STATE, "messages/"]);
    hold(&kind("message"), &record(&alice, &message));
    let (note, word) = (["src/b.rs: why"], ["a, b"]);
    let written = [&["--json", "handoff", "write", "s", "--path"], &note[..]].concat();
    let id = alice.coord(written).ok().json()["handoff"]["id"].clone();
    bob.coord(["handoff", "accept", id.as_str().unwrap()]).ok();
    let place = format!("handoffs/{}.json", id.as_str().unwrap());
    hold(&handoff, &record(&alice, &place));
    let said = [&["remember", "s", "--lesson", "l", "--tag"], &word[..]].concat();
    alice.coord(said).ok();
    let places = alice.ask_git(["ls-tree", "-r", "--name-only", STATE, "memory/"]);
    hold(&memory, &record(&alice, &places));
    alice.git(["switch", "-q", "-c", "topic"]).ok();
    alice.commit("topic", "x");
    alice
        .coord(["queue", "add", "-p", "1", "--urgent", "why"])
        .ok();
    alice.coord(["queue", "run", "--check", "true"]).ok();
    alice.coord(["queue", "pause", "-m", "why"]).ok();
    let entry = record(&alice, "queue/main/topic.json");
    assert_eq!(entry["stage"], "landed");
    hold(&kind("queue-entry"), &entry);
    hold(&kind("queue-line"), &record(&alice, "lines/main.json"));
    hold(&kind("verdict"), &record(&alice, &below("verdicts/")));
    for body in alice.ask_git(["log", "-9", "--format=%b", STATE]).lines() {
        if !body.is_empty() {
            hold(&event, &serde_json::from_str(body).unwrap());
        }
    }
}

#[test]
fn the_check_itself_notices_what_is_not_described() {
    let sandbox = Sandbox::new();
    let alice = sandbox.repo("project").agent("alice");
    let answer = strict(schema(&alice, "answer"));
    let printed = alice.coord(["lock", "src/auth.rs", "--json"]).ok().json();
    hold(&answer, &printed);
    for (pointer, value) in [
        ("/extra", json!(1)),
        ("/locks/0/extra", json!(1)),
        ("/schema", json!(2)),
        ("/outcome", json!("lokced")),
        ("/locks/0/mode", json!(null)),
    ] {
        let mut changed = printed.clone();
        let (parent, name) = pointer.rsplit_once('/').unwrap();
        changed.pointer_mut(parent).unwrap()[name] = value;
        assert!(!answer.is_valid(&changed), "{pointer} was not noticed");
    }
}
