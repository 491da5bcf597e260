//! What the documents show is what happens: the tour in the README is run, line by line, and the
//! examples in the description of the format are held against the program.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

use git_coord::model::key::Key;
use git_coord::model::place::encode_component;

use crate::support::placeholders::placeholders;
use crate::support::{Agent, Sandbox};

fn document(name: &str) -> String {
    fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(name)).unwrap()
}

/// The fenced blocks of a kind, without their fences.
fn blocks<'t>(text: &'t str, kind: &str) -> Vec<&'t str> {
    let fence = format!("\n```{kind}\n");
    let parts = text.split(&fence).skip(1);
    parts
        .map(|part| part.split("\n```").next().unwrap())
        .collect()
}

/// A command that a document shows, and what it shows as its output.
struct Shown<'t> {
    who: &'t str,
    line: &'t str,
    output: String,
}

fn commands(block: &str) -> Vec<Shown<'_>> {
    let mut found: Vec<Shown<'_>> = Vec::new();
    for line in block.lines() {
        match line.split_once("$ ") {
            Some((who, line)) if who.bytes().all(|byte| byte.is_ascii_lowercase()) => {
                let output = String::new();
                found.push(Shown { who, line, output });
            }
            _ => {
                let shown = found.last_mut().expect("a block begins with a command");
                shown.output.push_str(line);
                shown.output.push('\n');
            }
        }
    }
    found
}

#[test]
fn the_tour_in_the_readme_is_true() {
    let sandbox = Sandbox::new();
    let repo = sandbox.repo("project");
    let mut people: BTreeMap<&str, (Agent, i32)> = BTreeMap::new();
    let text = document("README.md");
    let blocks = blocks(&text, "console");
    let mut count = 0;
    for shown in blocks.iter().flat_map(|block| commands(block)) {
        let (agent, last) = people
            .entry(shown.who)
            .or_insert_with(|| (repo.agent(shown.who), 0));
        // `$?` is that of the person's last command.
        let script = format!("exec 2>&1; (exit {last}); {}", shown.line);
        let outcome = agent.command("sh", ["-c", &script]).run();
        *last = outcome.code;
        // Ids, times and lengths of time differ from run to run.
        let plain = |text: &str| placeholders(text, sandbox.path());
        assert_eq!(
            plain(&outcome.stdout),
            plain(&shown.output),
            "{}$ {}",
            shown.who,
            shown.line
        );
        count += 1;
    }
    assert!(count > 10, "only {count} commands were found");
}

#[test]
fn commands_in_the_readme_are_those_of_the_program() {
    let sandbox = Sandbox::new();
    let known = sandbox.coord(["man", "--markdown"]).ok().stdout;
    let text = document("README.md");
    let table = text.split("\n## Commands\n").nth(1).unwrap();
    let table = table.split("\nEvery command takes").next().unwrap();
    let word = regex::Regex::new(r"`(?:git coord )?([a-z]+)[^`]*`").unwrap();
    let rows = table
        .lines()
        .filter_map(|line| line.strip_prefix("| ")?.split(" | ").next());
    let mut named = BTreeSet::new();
    for name in rows
        .flat_map(|cell| word.captures_iter(cell))
        .map(|found| found[1].to_owned())
    {
        let is_known = name == "git" || known.contains(&format!("## `git coord {name}`"));
        assert!(is_known, "`{name}` is no command");
        named.insert(name);
    }
    let heading = regex::Regex::new(r"(?m)^## `git coord ([a-z]+)`$").unwrap();
    for found in heading.captures_iter(&known) {
        assert!(named.contains(&found[1]), "`{}` is not listed", &found[1]);
    }
    assert!(named.len() > 15, "{named:?}");
}

#[test]
fn records_in_the_format_are_what_their_schema_says() {
    let sandbox = Sandbox::new();
    let text = document("docs/format.md");
    for kind in [
        "lock",
        "wait",
        "notice",
        "value",
        "task",
        "comment",
        "presence",
        "checkpoints",
        "trust",
        "message",
        "handoff",
        "memory",
        "event",
    ] {
        let schema = sandbox.coord(["schema", kind]).ok().json();
        let schema = jsonschema::validator_for(&schema).unwrap();
        let examples = blocks(&text, &format!("json {kind}"));
        assert_eq!(examples.len(), 1, "{kind}");
        let example = serde_json::from_str(examples[0]).unwrap();
        let wrong: Vec<String> = schema
            .iter_errors(&example)
            .map(|error| error.to_string())
            .collect();
        assert!(wrong.is_empty(), "{kind}: {wrong:?}");
        // Every field is explained.
        let fields = sandbox.coord(["schema", kind]).ok().json();
        for field in fields["properties"].as_object().unwrap().keys() {
            assert!(
                text.contains(&format!("`{field}`")),
                "{kind}.{field} is not explained"
            );
        }
    }
}

#[test]
fn places_in_the_format_are_those_of_the_program() {
    let text = document("docs/format.md");
    let row = regex::Regex::new(r"(?m)^\| `([^`]+)` \| `([^`]+)` \|$").unwrap();
    let mut count = 0;
    for found in row.captures_iter(&text) {
        let (shown, place) = (&found[1], &found[2]);
        if place.starts_with("locks/") {
            assert_eq!(
                Key::parse(shown).unwrap().place().as_str(),
                place,
                "{shown}"
            );
        } else {
            assert_eq!(encode_component(shown.as_bytes()), place, "{shown}");
        }
        count += 1;
    }
    assert!(count > 12, "only {count} rows were found");
}
