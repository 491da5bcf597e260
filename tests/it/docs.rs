//! What the documents show is what happens: the tour in the README and the walk-through are run, line by
//! line, and the examples in the description of the format are held against the program.

use std::collections::BTreeSet;
use std::env;
use std::fs;
use std::path::Path;

use git_coord::model::key::Key;
use git_coord::model::place::encode_component;

use crate::github::stand_in::StandIn;
use crate::github::stand_in::hosted::{BOT, BOT_TOKEN};
use crate::relay::world::{WORK_AND_REQUESTS, World};
use crate::support::{Agent, Sandbox};
use story::Story;

mod story;

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

/// Lives through a document and holds what it shows against what came.
///
/// With `UPDATE_DOCS=1` what came is written into it.
#[track_caller]
fn is_true(name: &str, story: &mut Story<'_>) {
    let text = document(name);
    let told = story.live(&text);
    if env::var_os("UPDATE_DOCS").is_some() {
        fs::write(Path::new(env!("CARGO_MANIFEST_DIR")).join(name), told).unwrap();
        return;
    }
    let differs = text.lines().zip(told.lines()).position(|(a, b)| a != b);
    let from = |text: &str| {
        let lines: Vec<&str> = text.lines().skip(differs.unwrap_or(0)).take(20).collect();
        lines.join("\n")
    };
    assert!(
        text == told,
        "{name} shows\n\n{}\n\nand this came:\n\n{}",
        from(&text),
        from(&told)
    );
}

#[test]
fn the_tour_in_the_readme_is_true() {
    let sandbox = Sandbox::new();
    let repo = sandbox.repo("project");
    let mut story = Story::new(&sandbox, |name| repo.agent(name));
    is_true("README.md", &mut story);
    assert!(story.count > 10, "only {} commands were found", story.count);
}

#[test]
fn the_walk_through_is_true() {
    // It shows how the hooks are installed.
    let sandbox = Sandbox::with_script_hooks();
    let hub = sandbox.bare("project");
    // The others have worktrees beside Alice's clone, which she makes in the story.
    let clones = ["alice", "dave"].map(|name| hub.clone_as(name));
    let mut story = Story::new(&sandbox, |name| {
        let own = clones.iter().find(|clone| clone.name() == name);
        let worktree = || clones[0].beside(name).moved(sandbox.path().join(name));
        own.cloned().unwrap_or_else(worktree)
    });
    is_true("docs/walkthrough.md", &mut story);
    assert!(story.count > 40, "only {} commands were found", story.count);
}

#[test]
fn the_page_about_features_is_true() {
    let sandbox = Sandbox::new();
    let repo = sandbox.repo("project");
    // Bob and Carol have worktrees beside Alice's.
    let alice = repo.agent("alice");
    let mut story = Story::new(&sandbox, |name| match name {
        "alice" => alice.clone(),
        other => {
            let dir = sandbox.path().join(other);
            let place = dir.to_str().unwrap();
            alice
                .git(["worktree", "add", "--quiet", "--detach", place])
                .ok();
            alice.beside(other).moved(dir)
        }
    });
    is_true("docs/features.md", &mut story);
    assert!(story.count > 20, "only {} commands were found", story.count);
}

#[test]
fn the_page_about_the_merge_queue_is_true() {
    let sandbox = Sandbox::new();
    let repo = sandbox.repo("project");
    // The others have worktrees beside Alice's.
    let alice = repo.agent("alice");
    let mut story = Story::new(&sandbox, |name| match name {
        "alice" => alice.clone(),
        other => {
            let dir = sandbox.path().join(other);
            let place = dir.to_str().unwrap();
            alice
                .git(["worktree", "add", "--quiet", "--detach", place])
                .ok();
            alice.beside(other).moved(dir)
        }
    });
    is_true("docs/merge-queue.md", &mut story);
    assert!(story.count > 25, "only {} commands were found", story.count);
}

#[test]
fn the_page_about_agents_is_true() {
    // It shows how the hooks are installed.
    let sandbox = Sandbox::with_script_hooks();
    let repo = sandbox.repo("project");
    let mut story = Story::new(&sandbox, |name| repo.agent(name));
    is_true("docs/agents.md", &mut story);
    assert!(story.count > 15, "only {} commands were found", story.count);
}

#[test]
fn the_page_about_the_relay_is_true() {
    let world = World::taking(WORK_AND_REQUESTS);
    let rules = ["config", "--unset-all", "coord.relayRule"];
    world.relay.git(rules).ok();
    // Claude's account may push little, which the page says how to tell git-coord.
    let mut story = Story::new(&world.sandbox, |name| match name {
        "relay" => world.relay.clone(),
        "claude" => world.unknowing(name),
        name => world.direct(name),
    });
    is_true("docs/relay.md", &mut story);
    assert!(story.count > 20, "only {} commands were found", story.count);
}

/// A person, two direct agents and one that may push nothing but its branch, and the page that they
/// share, which stands in for GitHub.
#[test]
fn the_walk_through_with_github_is_true() {
    let world = World::taking(WORK_AND_REQUESTS);
    let page = StandIn::start();
    let dir = world.sandbox.path().join("page");
    fs::create_dir(&dir).unwrap();
    let bin = world.sandbox.path().join("bin");
    let view = format!(
        "#!/bin/sh\n[ \"$1 $2\" = 'pr view' ] && exec cat '{}/'\"$3\"\nexit 1\n",
        dir.display()
    );
    world.sandbox.write_program("bin/gh", &view);
    let seat = |agent: Agent| {
        agent.git(["config", "coord.githubRepo", "octo/shop"]).ok();
        agent.git(["config", "coord.githubUrl", &page.url()]).ok();
        agent
            .finding_programs(&bin)
            .with_var("GITHUB_TOKEN", BOT_TOKEN)
    };
    let claude = world.restricted("claude");
    claude.git(["config", "coord.requestWait", "0s"]).ok();
    {
        let mut hosted = page.hosted();
        hosted.repository = Some(world.hub.path().to_owned());
        hosted.follows = true;
        hosted.required = vec!["coord/queue".into()];
        let sha = claude.ask_git(["rev-parse", "HEAD"]);
        hosted.pull("claude", "Say hello", "claude/claude", &sha);
    }
    page.show_in(&dir);
    // She writes a file before she types anything.
    let alice = seat(world.direct("alice"));
    let mut story = Story::new(&world.sandbox, |name| match name {
        "alice" => alice.clone(),
        "claude" => claude.clone(),
        name => seat(world.direct(name)),
    });
    is_true("docs/walkthrough-github.md", &mut story);
    assert!(story.count > 25, "only {} commands were found", story.count);
    let hosted = page.hosted();
    assert!(!hosted.threads[&1].is_open && hosted.labels_of(1).is_empty());
    assert_eq!(hosted.comments_of(1, BOT).len(), 1);
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
        "feature",
        "queue-entry",
        "queue-line",
        "verdict",
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
