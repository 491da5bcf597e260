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
    error[usage]: invalid value 'lok' for '[KIND]' [possible values: lock, wait, notice, handoff, memory, value, presence, trust, checkpoints, message, task, comment, feature, queue-entry, queue-line, verdict, request, request-answer, speaker, turned-down, event, answer, failure]
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

/// Words of a command, or settings.
type Words<'a> = &'a [&'a str];

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

/// Git's own settings for it were not read.
#[test]
fn colour_is_as_gits_config_says() {
    let sandbox = Sandbox::new();
    let alice = sandbox.repo("project").agent("alice");
    alice.coord(["lock", "src/auth.rs"]).ok();
    let bob = alice.beside("bob");
    // The settings, the words, and whether a pipe has colour.
    let table: &[(Words<'_>, Words<'_>, Vars<'_>, bool)] = &[
        (&["color.ui=always"], &[], &[], true),
        (&["color.ui=ALWAYS"], &[], &[], true),
        (&["color.ui=true"], &[], &[], false),
        (&["color.ui=auto"], &[], &[], false),
        (&["color.coord=always"], &[], &[], true),
        (&["color.ui=always", "color.coord=never"], &[], &[], false),
        (&["color.ui=always", "color.coord=false"], &[], &[], false),
        (&["color.ui=always", "color.coord=auto"], &[], &[], false),
        (&["color.ui=never", "color.coord=always"], &[], &[], true),
        (&["color.ui=always"], &[], &[("NO_COLOR", "1")], false),
        (&["color.ui=always"], &[], &[("NO_COLOR", "")], true),
        (&["color.ui=never"], &[], &[("CLICOLOR_FORCE", "1")], true),
        (&["color.ui=always"], &["--color=never"], &[], false),
        (&["color.ui=always"], &["--color=auto"], &[], false),
        (&["color.ui=never"], &["--color=always"], &[], true),
    ];
    for (settings, flags, vars, is_on) in table {
        for key in ["color.ui", "color.coord"] {
            let _ = bob.git(["config", "--unset-all", key]);
        }
        for setting in *settings {
            let (key, value) = setting.split_once('=').unwrap();
            bob.git(["config", key, value]).ok();
        }
        let what = format!("{settings:?} {flags:?} {vars:?}");
        let on_out = colours(&bob, &[flags, &["locks"][..]].concat(), vars);
        assert_eq!(on_out, (*is_on, false), "{what}");
        let on_err = colours(&bob, &[flags, &["lock", "src/auth.rs"][..]].concat(), vars);
        assert_eq!(on_err, (false, *is_on), "{what}");
        let json = colours(&bob, &[flags, &["--json", "locks"][..]].concat(), vars);
        assert_eq!(json, (false, false), "{what}");
    }
    let doctor = colours(&bob, &["--color=auto", "doctor"], &[]);
    assert_eq!(doctor, (false, false));
    bob.git(["config", "color.coord", "always"]).ok();
    assert_eq!(colours(&bob, &["doctor"], &[]), (true, false));
    // What a hook says while git works, too.
    bob.coord(["hooks", "install"]).ok();
    bob.write("src/auth.rs", "fn mine() {}\n");
    bob.git(["add", "."]).ok();
    let refused = bob.git(["commit", "-m", "change"]).refused();
    assert!(refused.stderr.contains('\u{1b}'), "{refused}");
}

#[test]
fn a_terminal_has_colour_unless_the_config_is_against_it() {
    let sandbox = Sandbox::new();
    let alice = sandbox.repo("project").agent("alice");
    alice.coord(["lock", "src/auth.rs"]).ok();
    for (value, is_on) in [
        ("auto", true),
        ("true", true),
        ("false", false),
        ("never", false),
    ] {
        alice.git(["config", "color.ui", value]).ok();
        let shown = alice
            .command("git-coord", ["locks"])
            .on_a_terminal()
            .run()
            .ok();
        assert_eq!(shown.stdout.contains('\u{1b}'), is_on, "{value}: {shown}");
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
