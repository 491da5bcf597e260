//! After a tool, before what it knows is cut short, and at the end.

use serde_json::{Value, json};

use super::{SESSION, World, context, hook};

fn edited(world: &World, below: &str) {
    let input = json!({"tool_name": "Edit", "tool_input": {"file_path": world.path(below)},
        "tool_response": {"success": true}});
    let told = hook(&world.bob, &["claude"], &world.claude("PostToolUse", input));
    assert_eq!((&*told.stdout, &*told.stderr), ("", ""));
}

fn tip(world: &World) -> String {
    world.repo.ask_git(["rev-parse", "refs/coord/state"])
}

fn checkpoint(world: &World) -> Value {
    let shown = world
        .alice
        .coord(["--json", "agent", "show", "bob"])
        .ok()
        .json();
    shown["checkpoints"][0]["point"].clone()
}

#[test]
fn what_was_changed_is_kept_for_who_goes_on() {
    let world = World::new();
    world.fires("SessionStart").ok();
    edited(&world, "src/b.rs");
    edited(&world, "src/a.rs");
    edited(&world, "../elsewhere.rs");
    let run = json!({"tool_name": "Bash", "tool_input": {"command": "echo x > src/b.rs; git reset --hard"}});
    hook(&world.bob, &["claude"], &world.claude("PostToolUse", run)).ok();
    // Nothing of it is worth a change of the state.
    let before = tip(&world);
    edited(&world, "src/a.rs");
    assert_eq!(tip(&world), before);
    assert_eq!(checkpoint(&world), Value::Null);
    assert_eq!(world.fires("PreCompact").stdout, "");
    assert_eq!(checkpoint(&world)["files"], json!(["src/b.rs", "src/a.rs"]));
}

#[test]
fn a_handoff_is_offered_once() {
    let world = World::new();
    assert_eq!(world.fires("Stop").stdout, "");
    edited(&world, "src/a.rs");
    let told = world.fires("Stop").json();
    let text = told["systemMessage"].as_str().unwrap();
    assert!(text.contains("git coord handoff write"), "{text}");
    assert_eq!(told.as_object().unwrap().len(), 1, "it blocks nothing");
    // A stop after each turn is no reason to write each time.
    let before = tip(&world);
    edited(&world, "src/b.rs");
    assert_eq!(world.fires("Stop").stdout, "");
    assert_eq!(tip(&world), before);
    let told = context(&world.fires("UserPromptSubmit")).unwrap();
    assert!(told.contains("git coord handoff write"), "{told}");
    assert_eq!(context(&world.fires("UserPromptSubmit")), None);
}

#[test]
fn at_the_end_everything_goes_back() {
    let world = World::new();
    world.fires("SessionStart").ok();
    let bob = world.bob.clone().with("COORD_SESSION", SESSION);
    bob.coord(["lock", "src/a.rs", "src/b.rs"]).ok();
    world
        .bob
        .clone()
        .with("COORD_SESSION", "another")
        .coord(["lock", "README.md"])
        .ok();
    edited(&world, "src/a.rs");
    let told = world.fires("SessionEnd");
    assert_eq!((&*told.stdout, &*told.stderr), ("", ""));
    assert_eq!(world.locks(), ["README.md bob", "src/auth.rs alice"]);
    let listed = world.alice.coord(["agent", "list"]).ok().stdout;
    assert!(!listed.contains(SESSION), "{listed}");
    assert_eq!(checkpoint(&world)["files"], json!(["src/a.rs"]));
    // Nothing is left of it here, and a second time is none.
    let before = tip(&world);
    world.fires("SessionEnd").ok();
    assert_eq!(tip(&world), before);
    let notes = std::fs::read_dir(world.repo.path().join(".git/coord/agents")).unwrap();
    let notes: Vec<String> = notes
        .map(|note| note.unwrap().file_name().into_string().unwrap())
        .collect();
    assert_eq!(notes, ["fired.json"]);
}

#[test]
fn locks_live_on_while_tools_are_used() {
    let world = World::new();
    let bob = world.bob.clone().with("COORD_SESSION", SESSION);
    bob.coord(["lock", "src/b.rs", "--ttl", "10m"]).ok();
    let aged = crate::hooks::age_lock(&world.repo, "locks/path/src/b.rs=");
    edited(&world, "src/b.rs");
    assert_ne!(tip(&world), aged);
    let log = world.alice.coord(["log", "-n", "1"]).ok().stdout;
    assert!(log.contains("renew"), "{log}");
}
