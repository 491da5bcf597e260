//! Completion scripts, run by the shells that are here, and the candidates that they ask for.

use std::path::Path;

use crate::support::{Agent, Sandbox, Shell};

/// Where Debian keeps git's own completion.
const GITS_OWN: &str = "/usr/share/bash-completion/completions/git";

/// Sources the script and completes a line as bash would: `words` are broken at `:` and `=`.
const BASH: &str = r#"
source "$HOME/git-coord.bash"
[[ ! -e $GITS_OWN ]] || source "$GITS_OWN"
COMP_LINE=$1 COMP_POINT=${#1} COMP_TYPE=9 COMP_CWORD=$(($# - 2))
shift
COMP_WORDS=("$@")
if [[ $1 == git-coord ]]; then
    __git_coord_alone
elif [[ -e $GITS_OWN ]]; then
    __git_wrap__git_main git "${COMP_WORDS[COMP_CWORD]}" ""
else
    # What git's completion has set when it calls the function.
    words=("$@") cword=$COMP_CWORD __git_cmd_idx=1 __git_C_args=()
    _git_coord
fi
printf '<%s>\n' "${COMPREPLY[@]}"
"#;

fn agent(sandbox: &Sandbox) -> Agent {
    let alice = sandbox.repo("project").agent("alice");
    for shell in ["bash", "zsh", "fish"] {
        let script = alice.coord(["completion", shell]).ok().stdout;
        sandbox.write(&format!("home/git-coord.{shell}"), &script);
    }
    alice
}

/// What bash offers at the end of a line.
#[track_caller]
fn bash(shell: &Shell, line: &str, words: &[&str]) -> Vec<String> {
    let args = [&["--norc", "-c", BASH, "bash", line], words].concat();
    let run = shell
        .command("bash", args)
        .env("GITS_OWN", GITS_OWN)
        .run()
        .ok();
    run.stdout
        .lines()
        .map(|line| line[1..line.len() - 1].to_owned())
        .collect()
}

#[test]
fn bash_completes_both_spellings_with_live_values() {
    let sandbox = Sandbox::new();
    let alice = agent(&sandbox);
    alice
        .coord(["lock", "src/auth.rs", "src/**/*.sql", "api:GET /v1/users"])
        .ok();
    alice.beside("bob").coord(["lock", "docs/"]).ok();
    let table: &[(&str, &[&str], &[&str])] = &[
        ("git coord un", &["git", "coord", "un"], &["unlock "]),
        ("git-coord un", &["git-coord", "un"], &["unlock "]),
        (
            "git coord unlock ",
            &["git", "coord", "unlock", ""],
            &[
                "api:GET\\ /v1/users ",
                "src/\\*\\*/\\*.sql ",
                "src/auth.rs ",
            ],
        ),
        (
            "git-coord unlock src/a",
            &["git-coord", "unlock", "src/a"],
            &["src/auth.rs "],
        ),
        // Bash replaces only what follows the last colon.
        (
            "git coord unlock api:",
            &["git", "coord", "unlock", "api", ":"],
            &["GET\\ /v1/users "],
        ),
        (
            "git-coord unlock api:G",
            &["git-coord", "unlock", "api", ":", "G"],
            &["GET\\ /v1/users "],
        ),
        (
            "git-coord unlock \"api:G",
            &["git-coord", "unlock", "\"api:G"],
            &["api:GET /v1/users"],
        ),
        (
            "git-coord unlock api:GET\\ /",
            &["git-coord", "unlock", "api", ":", "GET\\ /"],
            &["GET\\ /v1/users "],
        ),
        (
            "git coord lock --steal ",
            &["git", "coord", "lock", "--steal", ""],
            &["docs/"],
        ),
        (
            "git coord lock --rev ",
            &["git", "coord", "lock", "--rev", ""],
            &["2 "],
        ),
        (
            "git-coord locks --agent ",
            &["git-coord", "locks", "--agent", ""],
            &["alice ", "bob "],
        ),
        (
            "git-coord locks --agent=b",
            &["git-coord", "locks", "--agent", "=", "b"],
            &["bob "],
        ),
        (
            "git coord --as a",
            &["git", "coord", "--as", "a"],
            &["alice "],
        ),
        (
            "git coord lock sr",
            &["git", "coord", "lock", "sr"],
            &["src/"],
        ),
        (
            "git-coord lock --rea",
            &["git-coord", "lock", "--rea"],
            &["--reason "],
        ),
        (
            "git coord help e",
            &["git", "coord", "help", "e"],
            &["exit-codes "],
        ),
        ("git coord -C s", &["git", "coord", "-C", "s"], &["src/"]),
        (
            "git coord completion z",
            &["git", "coord", "completion", "z"],
            &["zsh "],
        ),
    ];
    for (line, words, offered) in table {
        assert_eq!(bash(&alice, line, words), *offered, "{line}");
    }
    if Path::new(GITS_OWN).exists() {
        let there = alice.path().to_str().unwrap();
        let line = format!("git -C {there} coord unlock src/au");
        let words = ["git", "-C", there, "coord", "unlock", "src/au"];
        let outside = Shell::clone(&alice).at(sandbox.path());
        assert_eq!(bash(&outside, &line, &words), ["src/auth.rs "]);
        assert!(bash(&alice, "git coor", &["git", "coor"]).contains(&"coord ".to_owned()));
    }
}

/// Keys were offered as from the top, so that in a subdirectory they were those of other files.
#[test]
fn keys_that_are_offered_in_a_subdirectory_can_be_typed_there() {
    let sandbox = Sandbox::new();
    let alice = agent(&sandbox);
    alice
        .coord(["lock", "src/auth.rs", "docs/", "api:GET /v1/users"])
        .ok();
    let below = Shell::clone(&alice).at(alice.path().join("src"));
    let words = ["git", "coord", "unlock", ""];
    let offered = ["../docs/", "api:GET\\ /v1/users ", "auth.rs "];
    assert_eq!(bash(&below, "git coord unlock ", &words), offered);
    // What an option takes that is no path is the same everywhere.
    let words = ["git-coord", "locks", "--key", "src/a"];
    let line = "git-coord locks --key src/a";
    assert_eq!(bash(&below, line, &words), ["src/auth.rs "]);
}

#[test]
fn ids_are_completed_where_they_are_typed() {
    let sandbox = Sandbox::new();
    let alice = agent(&sandbox);
    alice.git(["switch", "--quiet", "-c", "side"]).ok();
    alice.commit("side", "1");
    alice.git(["switch", "--quiet", "main"]).ok();
    for args in [
        &["task", "add", "one", "--id", "t-open"][..],
        &["task", "add", "two", "--id", "t-mine"],
        &["task", "add", "three", "--id", "t-over"],
        &[
            "task",
            "add",
            "four",
            "--id",
            "t-blocked",
            "--depends-on",
            "t-open",
        ],
        &["task", "claim", "t-mine"],
        &["task", "cancel", "t-over"],
        &["state", "set", "build/last", "7"],
        &["feature", "register", "f-open", "--branch", "side"],
        &["feature", "register", "f-over", "--branch", "gone"],
        &["feature", "done", "f-over"],
        &["queue", "add", "side", "--id", "e-side"],
    ] {
        alice.coord(args).ok();
    }
    let id = |args: &[&str], list: &str| {
        let made = alice.coord([&["--json"], args].concat()).ok().json();
        let first = made[list].get(0).unwrap_or(&made[list]);
        first["id"].as_str().unwrap().to_owned()
    };
    let handoff = id(&["handoff", "write", "half of it"], "handoff");
    let memory = id(&["remember", "the cache is stale"], "memories");
    let table: &[(&[&str], &[&str])] = &[
        (
            &["task", "show"],
            &["t-blocked", "t-mine", "t-open", "t-over"],
        ),
        (&["task", "edit"], &["t-blocked", "t-mine", "t-open"]),
        (&["task", "claim"], &["t-open"]),
        (&["task", "done"], &["t-mine"]),
        (&["task", "retry"], &["t-over"]),
        (
            &["task", "cancel", "t-open"],
            &["t-blocked", "t-mine", "t-open"],
        ),
        (
            &["task", "add", "--depends-on"],
            &["t-blocked", "t-mine", "t-open"],
        ),
        (
            &["task", "next", "--preempt"],
            &["t-blocked", "t-mine", "t-open"],
        ),
        (&["report", "--epic"], &["t-blocked", "t-mine", "t-open"]),
        (
            &["agent", "checkpoint", "--task"],
            &["t-blocked", "t-mine", "t-open"],
        ),
        (&["handoff", "show"], &[&handoff]),
        (&["handoff", "accept"], &[&handoff]),
        (&["forget"], &[&memory]),
        (&["feature", "show"], &["f-open", "f-over"]),
        (&["feature", "update"], &["f-open"]),
        (&["task", "add", "--feature"], &["f-open"]),
        (&["queue", "why"], &["e-side"]),
        (&["queue", "add", "--after"], &["e-side"]),
        (&["state", "get"], &["build/last"]),
    ];
    for (words, offered) in table {
        let index = (words.len() + 1).to_string();
        let words = [&["--", "git-coord"], *words, &[""]].concat();
        let asked = alice.command("git-coord", &words).env("COMPLETE", "fish");
        let said = asked.env("_CLAP_COMPLETE_INDEX", &index).run().ok().stdout;
        let values = said.lines().map(|line| line.split('\t').next().unwrap());
        let values: Vec<&str> = values.filter(|value| !value.starts_with('-')).collect();
        assert_eq!(values, *offered, "{words:?}");
    }
}

#[test]
fn shells_read_their_scripts() {
    let sandbox = Sandbox::new();
    let alice = agent(&sandbox);
    for (shell, flag) in [("bash", "-n"), ("zsh", "-n"), ("fish", "--no-execute")] {
        let script = sandbox.path().join(format!("home/git-coord.{shell}"));
        let is_here = alice
            .command("sh", ["-c", "command -v $0 >/dev/null", shell])
            .run()
            .is_ok();
        if is_here {
            let read = alice
                .command(shell, [flag, script.to_str().unwrap()])
                .run()
                .ok();
            assert_eq!(read.stderr, "");
        }
        let script = alice.read(script.to_str().unwrap());
        assert!(script.contains(&format!("COMPLETE={shell}")), "{script}");
    }
}

#[test]
fn zsh_and_fish_are_given_descriptions() {
    let sandbox = Sandbox::new();
    let alice = agent(&sandbox);
    alice.coord(["lock", "api:GET /v1/users"]).ok();
    let ask = |shell: &str, index: &str| {
        let words = ["--", "git-coord", "unlock", "api"];
        let asked = alice.command("git-coord", words).env("COMPLETE", shell);
        asked.env("_CLAP_COMPLETE_INDEX", index).run().ok().stdout
    };
    assert_eq!(ask("zsh", "2"), "api\\:GET /v1/users:held by you");
    assert_eq!(ask("fish", "2"), "api:GET /v1/users\theld by you\n");
}

#[test]
fn completion_is_silent_where_there_is_nothing_to_offer() {
    let sandbox = Sandbox::new();
    let alice = agent(&sandbox);
    let ask = |shell: &Shell| {
        let words = ["--", "git-coord", "locks", "--agent", ""];
        let asked = shell.command("git-coord", words).env("COMPLETE", "bash");
        let said = asked.env("_CLAP_COMPLETE_INDEX", "3").run().ok();
        (said.stdout, said.stderr)
    };
    let nothing = (String::new(), String::new());
    assert_eq!(ask(&sandbox), nothing);
    assert_eq!(ask(&alice), nothing);
    // Not even a remote that would hang is asked.
    alice
        .git(["remote", "add", "origin", "ssh://192.0.2.1/never.git"])
        .ok();
    alice.git(["config", "coord.remote", "origin"]).ok();
    alice.write_program("ssh", "#!/bin/sh\ntouch \"$HOME/asked\"\n");
    let ssh = alice.path().join("ssh");
    let wired = alice.session("s1");
    let wired = Shell::clone(&wired).with("GIT_SSH_COMMAND", &ssh);
    assert_eq!(ask(&wired), nothing);
    assert!(!sandbox.path().join("home/asked").exists());
    // The same settings do ask it when a command needs it, so the test can fail.
    wired.coord(["lock", "x"]).failed().code(3);
    assert!(sandbox.path().join("home/asked").exists());
    alice.git(["config", "coord.remote", "nowhere"]).ok();
    assert_eq!(ask(&alice), nothing);
}

#[test]
fn completion_of_git_itself_is_left_alone() {
    // The script that clap_complete would write claims the words `git` and `coord`.
    let sandbox = Sandbox::new();
    let alice = agent(&sandbox);
    let registered = alice
        .command("git-coord", None::<&str>)
        .env("COMPLETE", "bash");
    let registered = registered.run().ok().stdout;
    let script = alice.coord(["completion", "bash"]).ok().stdout;
    for text in [registered, script] {
        let lines = text
            .lines()
            .filter(|line| line.trim_start().starts_with("complete "));
        for line in lines {
            assert!(line.ends_with(" git-coord"), "{line}");
        }
    }
}
