//! The action by itself: how it gets the program, and how it runs one command.

use std::fs;

use serde_json::{Value, json};

use super::runner::Runner;
use super::text;
use crate::support::{Hub, Sandbox, Shell};

/// Stands in for cargo: it keeps what it was asked, and installs the program under test.
const CARGO: &str = "#!/bin/sh
printf '%s\\n' \"$*\" >>\"$TMPDIR/cargo\"
while [ \"$1\" != --root ]; do shift; done
mkdir -p \"$2/bin\"
ln -s @PROGRAM@ \"$2/bin/git-coord\"
";

fn hub(sandbox: &Sandbox) -> Hub {
    let hub = sandbox.bare("hub");
    let alice = hub.clone_as("alice");
    alice.write(".github/actions/coord/action.yml", &text("action.yml"));
    alice.git(["add", "."]).ok();
    alice.git(["commit", "--quiet", "-m", "action"]).ok();
    alice.git(["push", "--quiet", "origin", "main"]).ok();
    hub
}

/// A workflow that uses the action so often, each time with these inputs.
fn workflow(uses: &[Value]) -> String {
    let mut steps = vec![json!({"uses": "actions/checkout@x", "with": {}})];
    let step = |with: &Value| json!({"uses": "./.github/actions/coord", "with": with});
    steps.extend(uses.iter().map(step));
    json!({"jobs": {"one": {"steps": steps}}}).to_string()
}

fn github() -> Value {
    json!({"repository": "o/r", "run_id": "5", "run_attempt": "2", "token": "secret"})
}

/// Without the program, and with a cargo that has it.
fn bare(sandbox: &Sandbox) -> Shell {
    let cargo = CARGO.replace("@PROGRAM@", env!("CARGO_BIN_EXE_git-coord"));
    sandbox.write_program("fake/cargo", &cargo);
    sandbox
        .without_program()
        .finding(&sandbox.path().join("fake"))
}

fn asked(sandbox: &Sandbox) -> String {
    fs::read_to_string(sandbox.path().join("tmp/cargo")).unwrap_or_default()
}

#[test]
fn a_program_that_is_there_is_used() {
    let sandbox = Sandbox::new();
    let hub = hub(&sandbox);
    let runner = Runner::of(&hub, &sandbox);
    let ran = runner.run(&workflow(&[json!({"args": "whoami"})]), &github());
    let ran = ran.ok();
    assert!(ran.log.contains("github-actions"), "{}", ran.log);
    assert!(ran.log.contains("run-5-2"), "{}", ran.log);
    assert!(!ran.log.contains("# Install it"), "{}", ran.log);
}

#[test]
fn one_that_is_missing_is_installed_once_and_pinned() {
    let sandbox = Sandbox::new();
    let hub = hub(&sandbox);
    let runner = Runner::of(&hub, &bare(&sandbox));
    let both = [json!({"args": "whoami"}), json!({"args": "locks"})];
    let ran = runner.run(&workflow(&both), &github()).ok();
    assert!(ran.log.contains("no locks"), "{}", ran.log);
    let version = env!("CARGO_PKG_VERSION");
    let root = sandbox.path().join("runner-tools/git-coord");
    let root = format!("{}/{version}/Linux-X64", root.display());
    assert_eq!(
        asked(&sandbox),
        format!("install --locked --root {root} --version ={version} git-coord\n")
    );
}

#[test]
fn a_commit_can_be_pinned_and_nothing_else_is_a_version() {
    let sandbox = Sandbox::new();
    let hub = hub(&sandbox);
    let runner = Runner::of(&hub, &bare(&sandbox));
    let commit = "0123456789abcdef0123456789abcdef01234567";
    let with = json!({"version": commit});
    runner.run(&workflow(&[with]), &github()).ok();
    let asked_for = asked(&sandbox);
    let from = format!("--git https://github.com/git-coord/git-coord --rev {commit} git-coord\n");
    assert!(asked_for.ends_with(&from), "{asked_for}");
    for bad in ["", "main", "1.0 --git x", "../x", "deadbeef", "$(id)"] {
        let ran = runner.run(&workflow(&[json!({"version": bad})]), &github());
        let ran = ran.failed();
        assert!(ran.log.contains("::error::"), "{bad}: {}", ran.log);
    }
    assert_eq!(asked(&sandbox), asked_for);
}

#[test]
fn arguments_are_words_and_no_script() {
    let sandbox = Sandbox::new();
    let hub = hub(&sandbox);
    let runner = Runner::of(&hub, &sandbox);
    let args = "lock\nsrc/a b.rs\n--reason=$(touch evil); `id` \"x\" 'y' *\n\n";
    let with = json!({"args": args, "agent": "robot"});
    let ran = runner.run(&workflow(&[with]), &github()).ok();
    assert!(ran.log.contains("src/a b.rs"), "{}", ran.log);
    let alice = hub.clone_as("someone");
    alice.git(["config", "coord.remote", "origin"]).ok();
    let locks = alice.coord(["locks"]).ok().stdout;
    assert!(locks.contains("robot (session run-5-2)"), "{locks}");
    assert!(locks.contains("$(touch evil); `id` \"x\" 'y' *"), "{locks}");
    assert!(!sandbox.path().join("workspace/evil").exists());
}

#[test]
fn what_others_wrote_is_no_command_to_the_runner() {
    let sandbox = Sandbox::new();
    let hub = hub(&sandbox);
    let runner = Runner::of(&hub, &sandbox);
    let ran = runner.run(&workflow(&[json!({"args": "locks"})]), &github());
    let ran = ran.ok();
    let lines: Vec<&str> = ran.log.lines().collect();
    let stop = lines
        .iter()
        .position(|line| line.starts_with("::stop-commands::"))
        .unwrap();
    let word = lines[stop].strip_prefix("::stop-commands::").unwrap();
    assert_eq!(word.len(), 32);
    assert_eq!(lines[stop + 1], "no locks");
    assert_eq!(lines[stop + 2], format!("::{word}::"));
    // The exit code is the command's, also behind that.
    let bad = runner.run(
        &workflow(&[json!({"args": "check\n../elsewhere"})]),
        &github(),
    );
    bad.failed();
    let bad = runner.run(
        &workflow(&[json!({"args": "unlock\nsrc/a.rs\n--nonsense"})]),
        &github(),
    );
    bad.failed();
}

#[test]
fn a_team_that_names_its_remote_is_asked_there() {
    let sandbox = Sandbox::new();
    let hub = hub(&sandbox);
    let runner = Runner::of(&hub, &sandbox);
    let show = json!({"args": "whoami\n--settings"});
    let ran = runner
        .run(&workflow(std::slice::from_ref(&show)), &github())
        .ok();
    assert!(ran.log.contains("coord.remote = origin"), "{}", ran.log);
    let alice = hub.clone_as("bob");
    alice.commit(".coordconfig", "[coord]\n\tremote = upstream\n");
    alice.git(["push", "--quiet", "origin", "main"]).ok();
    // It is no remote of this clone, which is said, and nothing else is asked in its place.
    let ran = runner.run(&workflow(&[show]), &github()).failed();
    assert!(
        ran.log.contains("`coord.remote` is `upstream`"),
        "{}",
        ran.log
    );
}

#[test]
fn git_has_the_token_for_one_command_and_never_twice() {
    let sandbox = Sandbox::new();
    let hub = hub(&sandbox);
    let key = "http.https://github.example/.extraheader";
    let fake = format!("#!/bin/sh\necho run $#\ngit config --get-all {key}\nexit 0\n");
    sandbox.write_program("fake/git-coord", &fake);
    let shell = sandbox
        .without_program()
        .finding(&sandbox.path().join("fake"));
    let runner = Runner::of(&hub, &shell).with("GITHUB_SERVER_URL", "https://github.example");
    let own = "AUTHORIZATION: basic eC1hY2Nlc3MtdG9rZW46c2VjcmV0";
    let workflow = |persist: bool| {
        workflow(&[json!({"args": "locks"})]).replace(
            "\"with\":{}",
            &format!("\"with\":{{\"persist-credentials\":{persist}}}"),
        )
    };
    let ran = runner.run(&workflow(false), &github()).ok();
    assert_eq!(ran.log.matches("AUTHORIZATION").count(), 1, "{}", ran.log);
    assert!(ran.log.contains(own), "{}", ran.log);
    let mask = ran.log.find("::add-mask::eC1h").unwrap();
    assert!(mask < ran.log.find("AUTHORIZATION").unwrap());
    // Two of them, and GitHub would take neither.
    let ran = runner.run(&workflow(true), &github()).ok();
    assert!(ran.log.contains("basic left"), "{}", ran.log);
    assert!(!ran.log.contains(own), "{}", ran.log);
}
