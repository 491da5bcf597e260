//! The plugin, the extension and the other ready-made files of this repository are made from what
//! `init` writes. `UPDATE_DOCS=1` writes them anew.

use std::env;
use std::fs;
use std::path::{Path, PathBuf};

use git_coord::wiring::packages;
use serde_json::Value;

use crate::support::Sandbox;

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

fn files_below(dir: &Path, found: &mut Vec<String>) {
    for entry in fs::read_dir(dir).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            files_below(&path, found);
        } else {
            let name = path.strip_prefix(root()).unwrap();
            found.push(name.to_str().unwrap().to_owned());
        }
    }
}

#[test]
fn ready_made_files_are_current() {
    let made = packages();
    if env::var_os("UPDATE_DOCS").is_some() {
        for (path, text) in &made {
            let path = root().join(path);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
        }
    }
    for (path, text) in &made {
        let there = fs::read_to_string(root().join(path)).unwrap_or_default();
        assert!(
            there == *text,
            "{path} is not current: UPDATE_DOCS=1 cargo test --test it wiring::packages"
        );
    }
    // Nothing is left of an older form.
    let mut there = Vec::new();
    for dir in [
        "hooks/claude-plugin",
        "hooks/gemini-extension",
        ".claude-plugin",
    ] {
        files_below(&root().join(dir), &mut there);
    }
    for path in there {
        assert!(made.iter().any(|(known, _)| *known == path), "{path}");
    }
}

#[test]
fn the_plugin_and_the_repository_say_the_same() {
    let sandbox = Sandbox::new();
    let alice = sandbox.repo("project").agent("alice");
    alice
        .coord(["init", "--no-hooks", "--agent", "claude,gemini"])
        .ok();
    let json = |text: &str| -> Value { serde_json::from_str(text).unwrap() };
    let package = |path: &str| {
        let all = packages();
        all.into_iter().find(|(known, _)| known == path).unwrap().1
    };
    let written = json(&alice.read(".claude/settings.json"));
    let offered = json(&package("hooks/claude-plugin/hooks/hooks.json"));
    assert_eq!(written["hooks"], offered["hooks"]);
    let written = json(&alice.read(".gemini/settings.json"));
    let offered = json(&package("hooks/gemini-extension/hooks/hooks.json"));
    assert_eq!(written["hooks"], offered["hooks"]);
    let plugin = json(&package("hooks/claude-plugin/.claude-plugin/plugin.json"));
    assert_eq!(plugin["version"], env!("CARGO_PKG_VERSION"));
    let market = json(&package(".claude-plugin/marketplace.json"));
    let source = market["plugins"][0]["source"].as_str().unwrap();
    assert!(
        root()
            .join(source)
            .join(".claude-plugin/plugin.json")
            .is_file()
    );
    // Commands that texts for agents name are those of the program.
    let known = alice.coord(["man", "--markdown"]).ok().stdout;
    let command = regex::Regex::new(r"git coord ([a-z]+)(?: ([a-z]+))?").unwrap();
    let mut count = 0;
    for (path, text) in packages() {
        for found in command.captures_iter(&text) {
            let is_known = |words: &str| known.contains(&format!("## `git coord {words}`"));
            let both = found
                .get(2)
                .map(|word| format!("{} {}", &found[1], word.as_str()));
            let is_group = known.contains(&format!("## `git coord {} ", &found[1]));
            let is_right =
                is_known(&found[1]) && (!is_group || both.is_none_or(|both| is_known(&both)));
            assert!(is_right, "{path}: {}", &found[0]);
            count += 1;
        }
    }
    assert!(count > 20, "only {count} were found");
}

#[test]
fn the_hooks_of_the_framework_refuse_as_git_s_do() {
    let sandbox = Sandbox::new();
    let hub = sandbox.bare("hub");
    let alice = hub.clone_as("alice");
    let bob = alice.worktree("work").beside("bob");
    alice.coord(["lock", "src/a.rs"]).ok();
    let text = packages()
        .into_iter()
        .find(|(path, _)| path == ".pre-commit-hooks.yaml")
        .unwrap()
        .1;
    // Folded lines are one command.
    let entry = text
        .split("entry: >-\n")
        .nth(1)
        .unwrap()
        .split("  language:")
        .next()
        .unwrap();
    let entry = entry.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(text.contains("\n  entry: git-coord hook pre-commit\n"));
    let base = bob.ask_git(["rev-parse", "HEAD"]);
    let push = |new: &str| {
        bob.command("sh", ["-c", &entry])
            .env("PRE_COMMIT_LOCAL_BRANCH", "refs/heads/work")
            .env("PRE_COMMIT_REMOTE_BRANCH", "refs/heads/work")
            .env("PRE_COMMIT_FROM_REF", &base)
            .env("PRE_COMMIT_TO_REF", new)
            .env("PRE_COMMIT_REMOTE_NAME", "origin")
            .env("PRE_COMMIT_REMOTE_URL", hub.path())
            .run()
    };
    let free = bob.commit("src/b.rs", "");
    push(&free).ok();
    let held = bob.commit("src/a.rs", "");
    let refused = push(&held).failed();
    assert!(refused.stderr.contains("lock_held"), "{refused}");
}
