//! The pager: that of git, for the log on a terminal, and for nothing else.

use std::fs;

use crate::support::{Agent, Outcome, Sandbox};

/// Keeps what it is given, and says what it finds in its environment.
const PAGER: &str = "#!/bin/sh\n{ echo \"$LESS|$LV\"; cat; } >>\"$HOME/$1\"\n";

/// Alice in a repository with a log of three entries, and a pager at `pager NAME`, which keeps what
/// it is given in the file of that name.
fn alice(sandbox: &Sandbox) -> Agent {
    let alice = sandbox.repo("project").agent("alice");
    for key in ["src/a.rs", "src/b.rs", "src/auth.rs"] {
        alice.coord(["lock", key]).ok();
    }
    sandbox.write_program("home/pager", PAGER);
    alice
}

/// Names and values of variables.
type Vars<'a> = &'a [(&'a str, &'a str)];

/// What the pager got and what the terminal got, of one command that a person types.
#[track_caller]
fn typed(alice: &Agent, words: &[&str], vars: Vars<'_>) -> (Option<String>, Outcome) {
    let file = alice.sandbox().join("home/paged");
    let mut run = alice.command("git", words).on_a_terminal();
    for (name, value) in vars {
        run = run.env(name, value);
    }
    let outcome = run.run().ok();
    let paged = fs::read_to_string(&file).ok();
    let _ = fs::remove_file(file);
    (paged, outcome)
}

const LOG: [&str; 2] = ["coord", "log"];
const VAR: (&str, &str) = ("GIT_PAGER", "$HOME/pager paged");

/// No pager was ever asked.
#[test]
fn the_log_on_a_terminal_goes_through_the_pager() {
    let sandbox = Sandbox::new();
    let alice = alice(&sandbox);
    let (paged, shown) = typed(&alice, &LOG, &[VAR]);
    let paged = paged.unwrap();
    let lines: Vec<&str> = paged.lines().collect();
    assert_eq!(lines[0], "FRX|-c", "{paged}");
    assert!(
        lines[1].ends_with("lock src/auth.rs by alice for 30m"),
        "{paged}"
    );
    assert_eq!(lines.len(), 4, "{paged}");
    assert!(paged.contains('\u{1b}'), "{paged}");
    assert_eq!((&*shown.stdout, &*shown.stderr), ("", ""), "{shown}");
    // What the person has set for the pager stays.
    let (paged, _) = typed(&alice, &LOG, &[VAR, ("LESS", "S"), ("LV", "x")]);
    assert!(paged.unwrap().starts_with("S|x\n"));
    // The way that git has for it.
    alice
        .git(["config", "core.pager", "$HOME/pager paged"])
        .ok();
    assert!(typed(&alice, &LOG, &[]).0.is_some());
    assert!(typed(&alice, &LOG, &[("GIT_PAGER", "cat")]).0.is_none());
    alice.git(["config", "color.pager", "false"]).ok();
    let (paged, _) = typed(&alice, &LOG, &[]);
    assert!(!paged.unwrap().contains('\u{1b}'));
    let (paged, _) = typed(&alice, &["coord", "log", "--verify"], &[]);
    assert!(paged.unwrap().contains("3 of 3 operations"));
    // What is said beside it comes after it, where it is seen.
    let (_, shown) = typed(&alice, &["coord", "log", "-n1"], &[]);
    assert_eq!(shown.stderr, "there is more: see `--count`\n");
}

#[test]
fn nothing_else_is_paged() {
    let sandbox = Sandbox::new();
    let alice = alice(&sandbox);
    alice
        .git(["config", "core.pager", "$HOME/pager paged"])
        .ok();
    let none: &[(&[&str], Vars<'_>)] = &[
        (&["coord"], &[]),
        (&["coord", "locks"], &[]),
        (&["coord", "log", "--json"], &[]),
        (&LOG, &[("GIT_PAGER", "")]),
        (&LOG, &[("GIT_PAGER", "cat")]),
        (&["--no-pager", "coord", "log"], &[]),
        (&["-c", "pager.coord=false", "coord", "log"], &[]),
    ];
    for (words, vars) in none {
        let (paged, shown) = typed(&alice, words, vars);
        assert_eq!(paged, None, "{words:?} {vars:?}");
        assert!(shown.stdout.contains("src/auth.rs"), "{words:?}: {shown}");
    }
    // Into a pipe.
    let piped = alice.git(LOG).ok();
    assert_eq!(piped.stdout.lines().count(), 3, "{piped}");
    assert!(!sandbox.path().join("home/paged").exists());
}

/// As when the program is run by its own name, so that git has not looked at the setting.
#[test]
fn pager_coord_names_another_pager_or_none() {
    let sandbox = Sandbox::new();
    let alice = alice(&sandbox);
    let run = |value: &str| {
        alice.git(["config", "pager.coord", value]).ok();
        let run = alice.command("git-coord", ["log"]).on_a_terminal();
        let shown = run.run().ok().stdout;
        let file = sandbox.path().join("home/own");
        let paged = fs::read_to_string(&file).unwrap_or_default();
        let _ = fs::remove_file(file);
        (paged.lines().count(), shown.lines().count())
    };
    assert_eq!(run("$HOME/pager own"), (4, 0));
    assert_eq!(run("false"), (0, 3));
    alice.git(["config", "core.pager", "$HOME/pager own"]).ok();
    assert_eq!(run("true"), (4, 0));
}

/// Git has started a pager, and the pipe to it is as good as a terminal.
#[test]
fn the_pager_that_git_started_has_colour() {
    let sandbox = Sandbox::new();
    let alice = alice(&sandbox);
    let (paged, _) = typed(&alice, &["-p", "coord", "log"], &[VAR]);
    let paged = paged.unwrap();
    assert!(paged.contains('\u{1b}'), "{paged}");
    assert_eq!(paged.lines().count(), 4, "paged twice: {paged}");
    let words = ["-p", "-c", "color.pager=false", "coord", "log"];
    let (paged, _) = typed(&alice, &words, &[VAR]);
    assert!(!paged.unwrap().contains('\u{1b}'));
}

#[test]
fn a_pager_that_is_missing_or_quits_at_once_is_no_error() {
    let sandbox = Sandbox::new();
    let alice = alice(&sandbox);
    let (_, shown) = typed(&alice, &LOG, &[("GIT_PAGER", "no-such-pager")]);
    assert_eq!(shown.stdout.lines().count(), 3, "{shown}");
    let (_, shown) = typed(&alice, &LOG, &[("GIT_PAGER", "true")]);
    assert_eq!(shown.stdout, "");
    // More than a pipe holds, so that somebody is still writing.
    let body = alice.ask_git(["log", "-1", "--format=%b", "refs/coord/state"]);
    let next = body.replace("\"rev\":3", "\"rev\":4");
    let message = format!("{}\n\n{next}\n", "x".repeat(300_000));
    let words = ["commit-tree", "-p", "refs/coord/state", "-F", "-"];
    let words = [&words[..], &["refs/coord/state^{tree}"]].concat();
    let made = alice.command("git", words).input(message).run().ok().stdout;
    alice
        .git(["update-ref", "refs/coord/state", made.trim()])
        .ok();
    let (_, shown) = typed(&alice, &LOG, &[("GIT_PAGER", "true")]);
    assert_eq!(shown.stdout, "");
    let (paged, _) = typed(&alice, &LOG, &[VAR]);
    assert!(paged.unwrap().len() > 300_000);
}
