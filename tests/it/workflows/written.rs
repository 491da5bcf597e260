//! `github init`: the files come, stay as people change them, and go.

use std::fs;

use serde_json::Value;

use super::offered;
use crate::support::{Agent, Sandbox};

const FILES: [&str; 4] = [
    ".github/actions/coord/action.yml",
    ".github/workflows/coord-sync.yml",
    ".github/workflows/coord-queue.yml",
    ".github/workflows/coord-check.yml",
];

fn alice(sandbox: &Sandbox) -> Agent {
    sandbox.repo("project").agent("alice")
}

fn init(agent: &Agent, args: &[&str]) -> Value {
    let args = [&["github", "init", "--json"], args].concat();
    agent.coord(args).ok().json()
}

/// What became of each file, in order.
fn did(answer: &Value) -> Vec<String> {
    let files = answer["files"].as_array().unwrap().iter();
    files
        .map(|file| file["did"].as_str().unwrap().to_owned())
        .collect()
}

fn check(agent: &Agent) -> Value {
    let report = agent.coord(["doctor", "--json"]).json();
    let mut checks = report["checks"].as_array().unwrap().iter();
    checks
        .find(|check| check["id"] == "workflows")
        .unwrap()
        .clone()
}

#[test]
fn the_files_and_what_is_to_do_then() {
    let sandbox = Sandbox::new();
    let alice = alice(&sandbox);
    insta::assert_snapshot!(alice.coord(["github", "init", "--dry-run"]), @r"
    exit 0
    --- stdout
    this would be done:
    created     .github/actions/coord/action.yml
    created     .github/workflows/coord-sync.yml
    created     .github/workflows/coord-queue.yml
    created     .github/workflows/coord-check.yml
    now: commit these files on the main branch: GitHub runs most of them from there alone
    now: for agents that may push nothing but their branches, say in `.coordconfig` which branch may speak for whom (coord.relayRule); see `git coord help relay`
    now: say in `.coordconfig` what has to pass before anything lands (coord.check)
    now: make `coord-check` a required check of the main branch
    ");
    assert!(!alice.path().join(".github").exists());
    insta::assert_snapshot!(alice.coord(["github", "init"]), @r"
    exit 0
    --- stdout
    created     .github/actions/coord/action.yml
    created     .github/workflows/coord-sync.yml
    created     .github/workflows/coord-queue.yml
    created     .github/workflows/coord-check.yml
    now: commit these files on the main branch: GitHub runs most of them from there alone
    now: for agents that may push nothing but their branches, say in `.coordconfig` which branch may speak for whom (coord.relayRule); see `git coord help relay`
    now: say in `.coordconfig` what has to pass before anything lands (coord.check)
    now: make `coord-check` a required check of the main branch
    ");
    alice.write(
        ".coordconfig",
        "[coord]\n\tcheck = make test\n\trelayRule = claude/* claude\n",
    );
    insta::assert_snapshot!(alice.coord(["github", "init"]), @r"
    exit 0
    --- stdout
    unchanged   .github/actions/coord/action.yml
    unchanged   .github/workflows/coord-sync.yml
    unchanged   .github/workflows/coord-queue.yml
    unchanged   .github/workflows/coord-check.yml
    nothing to do
    now: make `coord-check` a required check of the main branch
    ");
    insta::assert_snapshot!(alice.coord(["github", "init", "--uninstall"]), @r"
    exit 0
    --- stdout
    removed     .github/actions/coord/action.yml
    removed     .github/workflows/coord-sync.yml
    removed     .github/workflows/coord-queue.yml
    removed     .github/workflows/coord-check.yml
    ");
    assert!(!alice.path().join(".github").exists());
}

/// Two levels of directories were handed on in the wrong order, and the outer one stayed.
#[test]
fn directories_that_were_made_go_with_the_last_file_in_them() {
    let sandbox = Sandbox::new();
    let alice = alice(&sandbox);
    init(&alice, &[]);
    init(&alice, &["--uninstall"]);
    assert!(!alice.path().join(".github").exists());
    // One that was there before stays.
    fs::create_dir(alice.path().join(".github")).unwrap();
    init(&alice, &[]);
    init(&alice, &["--uninstall"]);
    assert!(alice.path().join(".github").exists());
    assert!(!alice.path().join(".github/workflows").exists());
}

#[test]
fn what_is_written_is_what_this_repository_offers() {
    let sandbox = Sandbox::new();
    let alice = alice(&sandbox);
    init(&alice, &[]);
    for (name, text) in offered() {
        let path = FILES.iter().find(|path| path.ends_with(&name)).unwrap();
        let (first, rest) = alice
            .read(path)
            .split_once('\n')
            .map(|(a, b)| (a.to_owned(), b.to_owned()))
            .unwrap();
        assert!(
            first.starts_with("# Written by `git coord github init`"),
            "{first}"
        );
        assert_eq!(rest, text, "{name}");
    }
    assert_eq!(offered().len(), FILES.len());
}

#[test]
fn what_somebody_changed_or_wrote_stays() {
    let sandbox = Sandbox::new();
    let alice = alice(&sandbox);
    alice.write(FILES[3], "name: theirs\n");
    let first = init(&alice, &[]);
    assert_eq!(did(&first), ["created", "created", "created", "left-alone"]);
    assert_eq!(alice.read(FILES[3]), "name: theirs\n");
    let changed = alice.read(FILES[1]).replace("7,22,37,52", "0");
    alice.write(FILES[1], &changed);
    let again = init(&alice, &[]);
    // It was made from the text of this version: there is nothing newer to say.
    assert_eq!(
        did(&again),
        ["unchanged", "unchanged", "unchanged", "left-alone"]
    );
    assert_eq!(alice.read(FILES[1]), changed);
    // One of an older version that was changed is said, with the text of this one.
    let older = changed.replacen("changes it: ", "changes it: 00", 1);
    alice.write(FILES[1], &older);
    let again = init(&alice, &[]);
    assert_eq!(
        did(&again),
        ["unchanged", "left-alone", "unchanged", "left-alone"]
    );
    let left = &again["files"][1]["by_hand"][0];
    assert!(left["why"].as_str().unwrap().contains("changed"), "{left}");
    assert!(
        left["add"].as_str().unwrap().contains("7,22,37,52"),
        "{left}"
    );
    assert_eq!(alice.read(FILES[1]), older);
    let out = init(&alice, &["--uninstall"]);
    assert_eq!(did(&out), ["removed", "left-alone", "removed", "unchanged"]);
    assert_eq!(alice.read(FILES[1]), older);
    assert_eq!(alice.read(FILES[3]), "name: theirs\n");
}

#[test]
fn the_doctor_knows_them() {
    let sandbox = Sandbox::new();
    let alice = alice(&sandbox);
    let says = |state: &str, text: &str| {
        let check = check(&alice);
        assert_eq!(check["state"], state, "{check:#}");
        assert!(check.to_string().contains(text), "{check:#}");
    };
    says("ok", "none of git-coord");
    init(&alice, &[]);
    says("ok", "complete");
    fs::remove_file(alice.path().join(FILES[2])).unwrap();
    says("warning", "coord-queue.yml: it is not there");
    says("warning", "git coord github init");
    init(&alice, &[]);
    says("ok", "complete");
    alice.write(FILES[3], "name: theirs\n");
    says("note", "coord-check.yml: it is somebody else's");
}
