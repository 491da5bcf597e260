//! Work changes hands, in one step and once.

use serde_json::Value;

use crate::support::{Agent, Outcome, Sandbox, race};

const NOTES: &str = "refs/notes/coord/handoffs";

/// Writes a handoff and returns its id.
#[track_caller]
fn write(agent: &Agent, args: &[&str]) -> String {
    let printed = agent.coord([&["--json", "handoff", "write"], args].concat());
    id_of(printed)
}

#[track_caller]
fn id_of(printed: Outcome) -> String {
    let printed = printed.ok().json();
    printed["handoff"]["id"].as_str().unwrap().to_owned()
}

fn holders(agent: &Agent) -> Vec<(String, String)> {
    let locks = agent.coord(["locks", "--json"]).ok().json();
    let word = |value: &Value| value.as_str().unwrap().to_owned();
    let locks = locks["locks"].as_array().unwrap().iter();
    locks
        .map(|lock| (word(&lock["key"]), word(&lock["by"]["agent"])))
        .collect()
}

fn notes_of(agent: &Agent, commit: &str) -> String {
    agent.ask_git(["log", "-1", "--notes=coord/*", "--format=%N", commit])
}

#[test]
fn work_goes_over_with_its_locks() {
    let sandbox = Sandbox::new();
    let alice = sandbox.repo("project").agent("alice");
    let bob = alice.beside("bob");
    alice
        .coord(["lock", "src/a.rs", "docs/", "--reason", "parser"])
        .ok();
    let id = write(
        &alice,
        &[
            "The parser stands; speed is open",
            "--done",
            "the grammar",
            "--in-progress",
            "messages",
            "--decision",
            "a table: it is short",
            "--question",
            "is .. needed?",
            "--next",
            "measure",
            "--path",
            "src/a.rs: the rules",
            "--feature",
            "Parser",
            "--to",
            "bob",
        ],
    );
    let shown = bob.coord(["handoff", "show", &id[..4]]).ok().stdout;
    for part in [
        "The parser stands",
        "- the grammar",
        "- a table\n  - why: it is short",
        "- src/a.rs: the rules",
        "- feature: parser",
        "- branch: main",
        "offers docs/, src/a.rs",
    ] {
        assert!(shown.contains(part), "{part} is not in\n{shown}");
    }
    alice
        .beside("carol")
        .coord(["handoff", "accept", &id])
        .refused();
    let accepted = bob.coord(["handoff", "accept", &id]).ok();
    assert!(accepted.stdout.contains("git switch main"), "{accepted}");
    let bobs = ["docs/", "src/a.rs"].map(|key| (key.to_owned(), "bob".to_owned()));
    assert_eq!(holders(&bob), bobs);
    // The session knows what it holds now, and the earlier one is told that it does not.
    let told = alice.coord(["status"]).ok();
    assert!(told.stderr.contains("accepted your handoff"), "{told}");
    bob.coord(["unlock", "src/a.rs", "docs/"]).ok();
    let list = alice.coord(["handoff", "list"]).ok().stdout;
    assert!(list.contains("accepted by bob"), "{list}");
    assert_eq!(
        alice.coord(["handoff", "list", "--open"]).ok().stdout,
        "no handoffs\n"
    );
    let verified = alice.coord(["log", "--verify", "--json"]).ok().json();
    assert_eq!(verified["commits"], verified["confirmed"]);
}

#[test]
fn of_many_who_accept_at_once_one_has_it() {
    let sandbox = Sandbox::new();
    let hub = sandbox.bare("hub");
    let clones: Vec<Agent> = (0..3)
        .map(|number| hub.clone_as(&format!("a{number}")))
        .collect();
    for clone in &clones {
        clone.git(["config", "coord.remote", "origin"]).ok();
    }
    for round in 0..3 {
        let key = format!("src/{round}.rs");
        clones[0].coord(["lock", &key]).ok();
        let id = write(&clones[0], &["take it"]);
        // Two sessions beside each other in each clone.
        let racers: Vec<Agent> = clones
            .iter()
            .flat_map(|clone| [clone.session("r1"), clone.session("r2")])
            .collect();
        let said = race(racers.len(), |number| {
            racers[number].command("git-coord", ["handoff", "accept", &id])
        });
        let winners: Vec<usize> = (0..said.len()).filter(|n| said[*n].is_ok()).collect();
        assert_eq!(winners.len(), 1, "{winners:?}");
        assert!(said.iter().all(|outcome| outcome.code <= 1));
        clones[2].coord(["sync"]).ok();
        let held = holders(&clones[2]);
        let holder = held.iter().find(|(held, _)| *held == key).unwrap();
        assert_eq!(holder.1, racers[winners[0]].name());
        racers[winners[0]].coord(["unlock", &key]).ok();
    }
    clones[1].coord(["sync"]).ok();
    let verified = clones[1].coord(["log", "--verify", "--json"]).ok().json();
    assert_eq!(verified["commits"], verified["confirmed"]);
}

#[test]
fn reading_finds_the_newest_that_is_meant() {
    let sandbox = Sandbox::new();
    let alice = sandbox.repo("project").agent("alice");
    let bob = alice.beside("bob");
    bob.coord(["handoff", "read"]).refused();
    let read = |agent: &Agent, args: &[&str]| {
        id_of(agent.coord([&["--json", "handoff", "read"], args].concat()))
    };
    let other = write(&alice, &["elsewhere", "--branch", "other", "--task", "t-1"]);
    // Nothing is about this branch, so what is for bob.
    assert_eq!(read(&bob, &[]), other);
    let main = write(&alice, &["here"]);
    let to_carol = write(
        &bob,
        &[
            "for carol",
            "--to",
            "carol",
            "--branch",
            "other",
            "--feature",
            "x",
        ],
    );
    assert_eq!(read(&bob, &[]), main);
    assert_eq!(read(&bob, &["--branch", "other"]), to_carol);
    assert_eq!(read(&bob, &["--task", "t-1"]), other);
    assert_eq!(read(&bob, &["--feature", "X"]), to_carol);
    assert_eq!(read(&bob, &["--agent", "alice"]), main);
    assert_eq!(read(&bob, &["--mine"]), to_carol);
    bob.coord(["handoff", "read", "--task", "none"]).refused();
    alice.git(["switch", "--quiet", "-c", "third"]).ok();
    assert_eq!(read(&alice.beside("carol"), &[]), to_carol);
    assert_eq!(read(&bob, &[]), main);
}

#[test]
fn it_is_written_in_every_way() {
    let sandbox = Sandbox::new();
    let alice = sandbox.repo("project").agent("alice");
    let template = alice.coord(["handoff", "write", "--template"]).ok().stdout;
    let filled = template
        .replacen("-->\n", "-->\nIt stands.\n", 1)
        .replace("## Done\n\n-", "## Done\n\n- all of it")
        .replace("- feature:", "- feature: parser");
    let show =
        |id: &str| alice.coord(["--json", "handoff", "show", id]).ok().json()["handoff"].clone();
    let is_whole = |id: &str| {
        let handoff = show(id);
        assert_eq!(handoff["summary"], "It stands.");
        assert_eq!(handoff["done"][0], "all of it");
        assert_eq!(handoff["feature"], "parser");
        assert_eq!(handoff["branch"], "main");
    };
    alice.write("note.md", &filled);
    is_whole(&write(&alice, &["--file", "note.md"]));
    let json = r#"{"summary":"It stands.","done":["all of it"],"feature":"parser"}"#;
    let from_input = |text: &str, args: &[&str]| {
        let args = [&["--json", "handoff", "write"], args].concat();
        alice.command("git-coord", args).input(text).run()
    };
    is_whole(&id_of(from_input(json, &[])));
    is_whole(&id_of(from_input(json, &["--file", "-"])));
    is_whole(&id_of(from_input(&filled, &[])));
    let more = write(
        &alice,
        &["--file", "note.md", "--next", "rest", "--to", "bob"],
    );
    assert_eq!(show(&more)["next_steps"][0], "rest");
    // Git's editor, whatever it is.
    alice.write_program("edit", "#!/bin/sh\ncp note.md \"$1\"\n");
    let editor = alice.path().join("edit");
    let with = |editor: &str| {
        let shell = (*alice).clone().with("GIT_EDITOR", editor);
        shell.coord(["--json", "handoff", "write", "--edit"])
    };
    is_whole(&id_of(with(editor.to_str().unwrap())));
    let _ = with("true").code(2);
    let _ = with("false").code(2);
    for (text, word) in [
        ("", "summary"),
        (r#"{"summary":"a","dnoe":[]}"#, "dnoe"),
        (r#"{"done":[]}"#, "summary"),
        ("a\n\n## Dnoe\n", "Dnoe"),
    ] {
        let outcome = from_input(text, &[]).code(2);
        assert!(outcome.stdout.contains(word), "{outcome}");
    }
    alice.coord(["log", "--verify"]).ok();
}

#[test]
fn the_log_shows_handoffs_and_the_notes_are_only_a_view() {
    let sandbox = Sandbox::new();
    let alice = sandbox.repo("project").agent("alice");
    let commit = alice.ask_git(["rev-parse", "HEAD"]);
    // Somebody else's notes stay, wherever they are.
    alice
        .git([
            "notes",
            "--ref=coord/handoffs",
            "add",
            "-m",
            "by hand",
            "HEAD",
        ])
        .ok();
    let next = alice.commit("b.txt", "b");
    let first = write(&alice, &["first of all"]);
    let second = write(&alice, &["second of all"]);
    let shown = notes_of(&alice, &next);
    let (one, two) = (shown.find("first of all"), shown.find("second of all"));
    assert!(one.is_some() && one < two, "{shown}");
    assert!(notes_of(&alice, &commit).contains("by hand"));
    // Deleted, they come again.
    alice.git(["update-ref", "-d", NOTES]).ok();
    assert_eq!(notes_of(&alice, &next), "");
    write(&alice, &["third", "--commit", &commit]);
    let shown = notes_of(&alice, &next);
    assert!(shown.contains(&first) && shown.contains(&second), "{shown}");
    assert!(notes_of(&alice, &commit).contains("third"));
    // What cannot be continued fails no command.
    let blob = alice.ask_git(["rev-parse", "HEAD:README.md"]);
    let forced = ["update-ref", "--no-deref", NOTES, &blob];
    if alice.git(forced).is_ok() {
        write(&alice, &["fourth"]);
    }
}

#[test]
fn notes_of_all_clones_come_together() {
    let sandbox = Sandbox::new();
    let hub = sandbox.bare("hub");
    let clones: Vec<Agent> = (0..3)
        .map(|number| hub.clone_as(&format!("a{number}")))
        .collect();
    for clone in &clones {
        clone.git(["config", "coord.remote", "origin"]).ok();
    }
    let commit = clones[0].ask_git(["rev-parse", "HEAD"]);
    // A clone that had its own before the remote had any.
    clones[1]
        .git([
            "notes",
            "--ref=coord/handoffs",
            "add",
            "-m",
            "kept",
            "HEAD:README.md",
        ])
        .ok();
    let said = race(clones.len(), |number| {
        let text = format!("from clone {number}");
        clones[number].command("git-coord", ["handoff", "write", &text])
    });
    assert!(said.iter().all(|outcome| outcome.is_ok()));
    write(&clones[0], &["the last"]);
    for clone in [&clones[0], &clones[2]] {
        clone.coord(["sync"]).ok();
        let shown = notes_of(clone, &commit);
        for text in ["from clone 0", "from clone 1", "from clone 2", "the last"] {
            assert!(shown.contains(text), "{text} is not in\n{shown}");
        }
    }
    let there = hub.ask_git(["notes", "--ref=coord/handoffs", "list"]);
    let blob = clones[1].ask_git(["rev-parse", "HEAD:README.md"]);
    assert!(there.contains(&blob), "{there}");
    // A remote that takes no notes fails no handoff.
    hub.write_program(
        "hooks/update",
        "#!/bin/sh\ncase $1 in refs/notes/*) exit 1;; esac\n",
    );
    let outcome = clones[0].coord(["handoff", "write", "all the same"]).ok();
    assert!(
        outcome
            .stderr
            .contains("the note on the commit comes later"),
        "{outcome}"
    );
}
