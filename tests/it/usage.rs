//! Wrong use, colour, and what belongs on which stream.

use crate::support::{Sandbox, Shell};

#[test]
fn wrong_use_says_what_and_what_to_do() {
    let sandbox = Sandbox::new();
    let mut all = String::new();
    for args in [
        &["lokc"][..],
        &["lock"],
        &["lock", "--jsno", "x"],
        &[
            "lock", "--shared", "--steal", "--rev", "1", "--reason", "r", "x",
        ],
        &["locks", "--mine=3"],
        &["--color", "sometimes"],
        &["completion", "csh"],
        &["schema", "lok"],
        &["lock", "--\u{1b}[31m"],
    ] {
        let outcome = sandbox.coord(args).code(2);
        assert_eq!(outcome.stdout, "");
        all.push_str(&format!("{outcome}\n\n"));
    }
    insta::assert_snapshot!(all, @r"
    exit 2
    --- stderr
    error[usage]: unrecognized subcommand 'lokc'
    hint: did you mean `lock` or `locks` or `unlock`?

    exit 2
    --- stderr
    error[usage]: the following required arguments were not provided: <KEY>...
    hint: use it as `git coord lock <KEY>...`; `git coord help lock` explains

    exit 2
    --- stderr
    error[usage]: unexpected argument '--jsno' found
    hint: did you mean `--json`?

    exit 2
    --- stderr
    error[usage]: the argument '--shared' cannot be used with '--steal'
    hint: use it as `git coord lock --shared --rev <N> --reason <TEXT> <KEY>...`; `git coord help lock` explains

    exit 2
    --- stderr
    error[usage]: unexpected value '3' for '--mine' found; no more were expected
    hint: use it as `git coord locks --mine`; `git coord help locks` explains

    exit 2
    --- stderr
    error[usage]: invalid value 'sometimes' for '--color <WHEN>' [possible values: auto, always, never]
    hint: `git coord help` explains

    exit 2
    --- stderr
    error[usage]: invalid value 'csh' for '<SHELL>' [possible values: bash, zsh, fish]
    hint: did you mean `zsh`?

    exit 2
    --- stderr
    error[usage]: invalid value 'lok' for '[KIND]' [possible values: lock, wait, notice, task, comment, event, answer, failure]
    hint: did you mean `lock`?

    exit 2
    --- stderr
    error[usage]: unexpected argument '--' found
    hint: use it as `git coord lock [OPTIONS] <KEY>...`; `git coord help lock` explains
    ");
}

#[test]
fn wrong_use_is_json_when_json_is_wanted() {
    let sandbox = Sandbox::new();
    for args in [
        &["lokc", "--json"][..],
        &["--json", "lock"],
        &["--json", "help", "lokc"],
    ] {
        let outcome = sandbox.coord(args).code(2);
        assert_eq!(outcome.stderr, "");
        assert_eq!(outcome.json()["code"], "usage", "{outcome}");
        assert_eq!(outcome.stdout.lines().count(), 1);
    }
    // After `--` it is a key like any other.
    let outcome = sandbox.coord(["lokc", "--", "--json"]).code(2);
    assert_eq!(outcome.stdout, "");
}

/// Names and values of variables.
type Vars<'a> = &'a [(&'a str, &'a str)];

/// Whether each stream of a command has colour.
fn colours(shell: &Shell, args: &[&str], vars: Vars<'_>) -> (bool, bool) {
    let mut run = shell.command("git-coord", args);
    for (name, value) in vars {
        run = run.env(name, value);
    }
    let outcome = run.run();
    (
        outcome.stdout.contains('\u{1b}'),
        outcome.stderr.contains('\u{1b}'),
    )
}

#[test]
fn colour_is_as_wanted() {
    let sandbox = Sandbox::new();
    let alice = sandbox.repo("project").agent("alice");
    alice.coord(["lock", "src/auth.rs"]).ok();
    let bob = alice.beside("bob");
    let list: &[&str] = &["locks"];
    let refused: &[&str] = &["lock", "src/auth.rs"];
    // The pipes of this test are no terminal.
    let table: &[(&[&str], Vars<'_>, bool)] = &[
        (&[], &[], false),
        (&["--color=always"], &[], true),
        (&["--color", "always"], &[("NO_COLOR", "1")], true),
        (&[], &[("CLICOLOR_FORCE", "1")], true),
        (&[], &[("CLICOLOR_FORCE", "1"), ("NO_COLOR", "1")], false),
        (&["--color=never"], &[("CLICOLOR_FORCE", "1")], false),
        (&["--color=auto"], &[("CLICOLOR_FORCE", "1")], true),
    ];
    for (flags, vars, is_on) in table {
        let on_out = colours(&bob, &[flags, list].concat(), vars);
        assert_eq!(on_out, (*is_on, false), "{flags:?} {vars:?}");
        let on_err = colours(&bob, &[flags, refused].concat(), vars);
        assert_eq!(on_err, (false, *is_on), "{flags:?} {vars:?}");
        let unparsed = colours(&bob, &[flags, &["lokc"][..]].concat(), vars);
        assert_eq!(unparsed, (false, *is_on), "{flags:?} {vars:?}");
        let help = colours(&bob, &[flags, &["-h"][..]].concat(), vars);
        assert_eq!(help, (*is_on, false), "{flags:?} {vars:?}");
        // JSON has none, ever.
        let json = colours(&bob, &[flags, &["--json"][..], list].concat(), vars);
        assert_eq!(json, (false, false), "{flags:?} {vars:?}");
    }
}

#[test]
fn a_reader_that_has_enough_is_no_error() {
    let sandbox = Sandbox::new();
    let alice = sandbox.repo("project").agent("alice");
    let line = "git-coord man --markdown | head -n 1; echo ${PIPESTATUS[0]}";
    let outcome = alice.command("bash", ["-c", line]).run().ok();
    assert_eq!(outcome.stdout, "# The command line\n0\n");
    assert_eq!(outcome.stderr, "");
}
