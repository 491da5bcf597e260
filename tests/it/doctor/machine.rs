//! What surrounds the state: settings, hooks, lock files, clocks, leftovers, no repository at all.

use std::fs;
use std::path::Path;

use super::{FORMATS, STATE, check, doctor, formats, found, held, locked, tip, works};
use crate::support::git::{as_git, knows};
use crate::support::{Sandbox, Shell};

/// Makes a file look as if it had been left some days ago.
#[track_caller]
fn age(shell: &Shell, file: &Path) {
    let file = file.to_str().unwrap();
    shell
        .command("touch", ["-d", "3 days ago", file])
        .run()
        .ok();
}

#[test]
fn a_repository_without_any_state_is_well_and_stays_untouched() {
    for init in formats() {
        let sandbox = Sandbox::new();
        let repo = sandbox.repo_with("project", init);
        let report = doctor(&repo, &["--fix", "--probe"]);
        for check in report["checks"].as_array().unwrap() {
            assert_eq!(check["state"], "ok", "{check:#}");
        }
        assert!(!repo.path().join(".git/coord").exists());
        let outcome = repo.coord(["doctor"]).ok();
        assert!(outcome.stdout.contains("All is well."), "{outcome}");
    }
}

#[test]
fn numbers_and_names_are_in_order() {
    let sandbox = Sandbox::new();
    let report = doctor(&sandbox.repo("project"), &[]);
    let checks = report["checks"].as_array().unwrap();
    for (at, check) in checks.iter().enumerate() {
        assert_eq!(check["number"], at + 1);
    }
    assert_eq!(checks.len(), 23);
}

#[test]
fn without_a_repository_it_says_so() {
    let sandbox = Sandbox::new();
    let report = doctor(&sandbox, &["--fix"]);
    found(&report, "repository", "problem", "not a git repository");
    found(&report, "records", "note", "not looked at");
    found(&report, "git-version", "ok", "git 2");
}

#[test]
fn a_repository_of_another_owner_is_named() {
    let sandbox = Sandbox::new();
    let repo = sandbox.repo("project");
    let stranger = Shell::clone(&repo).with("GIT_TEST_ASSUME_DIFFERENT_OWNER", "1");
    let report = doctor(&stranger, &[]);
    found(&report, "repository", "problem", "safe.directory");
}

#[test]
fn without_git_it_says_so() {
    let sandbox = Sandbox::new();
    let repo = Shell::clone(&sandbox.repo("project")).with("PATH", "/nowhere");
    let report = doctor(&repo, &["--fix"]);
    found(&report, "git-version", "problem", "install git");
}

#[test]
fn settings_that_stop_every_command_are_findings_here() {
    let sandbox = Sandbox::new();
    let alice = locked(&sandbox, &[]);
    for (key, value, text) in [
        ("coord.maxAge", "soon", "no duration"),
        ("coord.remote", "nowhere", "no such remote"),
        ("coord.ref", "HEAD", "no place for the state"),
        ("coord.requireLock", "maybe", "`off`, `warn` or `require`"),
    ] {
        alice.git(["config", key, value]).ok();
        let _ = alice.coord(["locks"]).code(2);
        let report = doctor(&alice, &["--fix"]);
        found(&report, "settings", "problem", text);
        // The rest is looked at all the same.
        found(&report, "records", "ok", "all 4");
        alice.git(["config", "--unset", key]).ok();
    }
    for (key, value, text) in [
        ("coord.remot", "origin", "did you mean `coord.remote`?"),
        ("coord.nonsense", "1", "no effect"),
        ("coord.fsync", "false", "power cut"),
        ("coord.sign", "perhaps", "neither true nor false"),
        ("coord.timeout", "0", "no remote can answer"),
        ("coord.backend", "svn", "`git` and `auto`"),
    ] {
        alice.git(["config", key, value]).ok();
        found(&doctor(&alice, &[]), "settings", "warning", text);
        alice.git(["config", "--unset", key]).ok();
    }
    found(&doctor(&alice, &[]), "settings", "ok", "defaults");
}

#[test]
fn who_may_push_as_whom_is_no_unknown_setting() {
    let sandbox = Sandbox::new();
    let alice = locked(&sandbox, &[]);
    let rule = ["config", "coord.pusher.alice.agent", "claude*"];
    alice.git(rule).ok();
    found(&doctor(&alice, &[]), "settings", "ok", "1 set");
    alice.git(["config", "coord.pusher.agent", "claude*"]).ok();
    found(&doctor(&alice, &[]), "settings", "warning", "no effect");
}

#[test]
fn ignored_and_unreadable_team_settings_are_named() {
    let sandbox = Sandbox::new();
    let alice = locked(&sandbox, &[]);
    alice.write(
        ".coordconfig",
        "[coord]\n\tmaxAge = 20s\n\tfsync = false\n[core]\n\tpager = evil\n",
    );
    let report = doctor(&alice, &[]);
    found(&report, "team-file", "warning", "clone's own config");
    found(&report, "team-file", "warning", "core.pager");
    for broken in ["[coord\n", "[coord]\n\tmaxAge = never\n"] {
        alice.write(".coordconfig", broken);
        let report = doctor(&alice, &["--fix"]);
        assert_eq!(report["problems"], 1, "{report:#}");
        assert!(report.to_string().contains("coord"), "{report:#}");
    }
}

#[test]
fn a_name_that_is_none_is_a_finding() {
    let sandbox = Sandbox::new();
    let alice = locked(&sandbox, &[]);
    let report = doctor(&alice, &["--as", "not a name"]);
    found(&report, "identity", "problem", "is no name");
    found(&report, "records", "ok", "all 4");
}

#[test]
fn stale_lock_files_are_moved_aside() {
    for (init, lock) in [
        (FORMATS[0], ".git/refs/coord/state.lock"),
        (FORMATS[1], ".git/reftable/tables.list.lock"),
    ] {
        if !knows(init) {
            continue;
        }
        let sandbox = Sandbox::new();
        let alice = locked(&sandbox, init);
        let lock = alice.path().join(lock);
        fs::write(&lock, "").unwrap();
        // A fresh one may be a living writer's.
        let report = doctor(&alice, &["--fix"]);
        found(&report, "stale-locks", "note", "at work");
        assert!(lock.exists());
        age(&alice, &lock);
        let _ = alice.coord(["lock", "src/c.rs"]).code(4);
        found(
            &doctor(&alice, &[]),
            "stale-locks",
            "problem",
            lock.to_str().unwrap(),
        );
        let report = doctor(&alice, &["--fix"]);
        assert_eq!(report["problems"], 0, "{report:#}");
        assert_eq!(check(&report, "stale-locks")["fix"], "done");
        assert!(!lock.exists());
        works(&alice);
        // What was kept to be looked at goes with the next repair.
        found(&doctor(&alice, &["--fix"]), "leftovers", "ok", "removed 1");
    }
}

#[test]
fn the_note_of_a_killed_writer_is_settled() {
    let sandbox = Sandbox::new();
    let alice = locked(&sandbox, &[]);
    let note = format!("{STATE} {}\n", tip(&alice));
    alice.write(".git/coord/lock", &note);
    found(&doctor(&alice, &[]), "writer", "note", "was killed");
    assert_eq!(alice.read(".git/coord/lock"), note);
    found(&doctor(&alice, &["--fix"]), "writer", "ok", "settled");
    assert!(
        alice.read(".git/coord/lock").starts_with('\n'),
        "it is over"
    );
    works(&alice);
}

/// How pre-commit stands, as `hooks list` has it: whether it is there, and whether it fires. Asserts
/// that the doctor says the same of both guards.
#[track_caller]
fn pre_commit(alice: &Shell) -> (String, bool) {
    let listed = alice.coord(["hooks", "list", "--json"]).ok().json();
    let guards = &listed["hooks"].as_array().unwrap()[..2];
    let dead = guards
        .iter()
        .filter(|hook| !hook["by"].is_null() && hook["fires"] == false);
    let absent = guards.iter().filter(|hook| hook["by"].is_null());
    let state = match (dead.count(), absent.count()) {
        (0, 0) => "ok",
        (0, 2) => "note",
        _ => "warning",
    };
    let report = doctor(alice, &[]);
    let checked = check(&report, "hooks");
    assert_eq!(checked["state"], state, "{listed:#} {checked:#}");
    for guard in guards {
        for word in ["by", "why_not"] {
            if let (false, Some(text)) = (guard["by"].is_null(), guard[word].as_str()) {
                assert!(checked.to_string().contains(text), "{text}: {checked:#}");
            }
        }
    }
    let by = guards[0]["by"].as_str().unwrap_or("nobody").to_owned();
    (by, guards[0]["fires"].as_bool().unwrap())
}

/// The two had rules of their own: the doctor believed settings that an older git passes over, and
/// the list believed a tool's file although git did not run the tool, and no script but ours.
#[test]
fn hooks_are_found_wherever_git_runs_them() {
    let sandbox = Sandbox::new();
    let alice = locked(&sandbox, &[]);
    let chmod = |mode: &str, file: &str| {
        alice.command("chmod", [mode, file]).run().ok();
    };
    assert_eq!(pre_commit(&alice), ("nobody".into(), false));
    let own = "#!/bin/sh\nexec git-coord hook pre-commit\n";
    alice.write_program(".git/hooks/pre-commit", own);
    assert_eq!(pre_commit(&alice), ("own script".into(), true));
    chmod("-x", ".git/hooks/pre-commit");
    assert_eq!(pre_commit(&alice), ("own script".into(), false));
    chmod("+x", ".git/hooks/pre-commit");
    alice.write_program(".git/hooks/pre-push", "#!/bin/sh\n# git-coord, some day\n");
    assert_eq!(pre_commit(&alice), ("own script".into(), true));

    // Git looks elsewhere now, and there is nothing.
    alice.git(["config", "core.hooksPath", ".githooks"]).ok();
    assert_eq!(pre_commit(&alice), ("own script".into(), false));
    alice.write_program(".githooks/pre-commit", own);
    assert_eq!(pre_commit(&alice), ("core.hooksPath".into(), true));
    chmod("-x", ".githooks/pre-commit");
    fs::remove_file(alice.path().join(".git/hooks/pre-commit")).unwrap();
    assert_eq!(pre_commit(&alice), ("core.hooksPath".into(), false));
    alice.git(["config", "--unset", "core.hooksPath"]).ok();
    assert_eq!(pre_commit(&alice), ("nobody".into(), false));

    // A tool that is told and not yet installed in this clone, and then is.
    for (file, by) in [
        ("lefthook.yml", "lefthook"),
        (".pre-commit-config.yaml", ".pre-commit-config.yaml"),
        ("package.json", "package.json"),
    ] {
        alice.write(file, "run: git-coord hook pre-commit\n");
        assert_eq!(pre_commit(&alice), (by.into(), false));
        alice.write_program(".git/hooks/pre-commit", "#!/bin/sh\nexec the-tool\n");
        assert_eq!(pre_commit(&alice), (by.into(), true));
        fs::remove_file(alice.path().join(".git/hooks/pre-commit")).unwrap();
        fs::remove_file(alice.path().join(file)).unwrap();
    }

    // Settings, which a git before 2.54 passes over.
    alice.git(["config", "hook.own.event", "pre-commit"]).ok();
    alice
        .git(["config", "hook.own.command", "git coord hook pre-commit"])
        .ok();
    let (by, fires) = pre_commit(&alice);
    assert_eq!(by, "config");
    let report = doctor(&alice, &[]);
    assert_eq!(
        check(&report, "hooks")
            .to_string()
            .contains("older than 2.54"),
        !fires
    );
    // What runs is the answer, whatever else is there.
    alice.write_program(".git/hooks/pre-commit", own);
    assert!(pre_commit(&alice).1);
    alice.coord(["hooks", "install"]).ok();
    assert!(pre_commit(&alice).1);
    assert!(!pre_commit(&alice.without_program()).1);
}

#[test]
fn hooks_that_are_settings_count_where_git_runs_them() {
    let sandbox = Sandbox::with_script_hooks();
    let alice = locked(&sandbox, &[]);
    for (key, value) in [
        ("hook.coord-a.command", "git coord hook pre-commit"),
        ("hook.coord-a.event", "pre-commit"),
        ("hook.coord-b.command", "git coord hook pre-push"),
        ("hook.coord-b.event", "pre-push"),
    ] {
        alice.git(["config", key, value]).ok();
    }
    let hooks = |version: &str| {
        let report = as_git(&alice, version).coord(["doctor", "--json"]).json();
        check(&report, "hooks").clone()
    };
    assert_eq!(hooks("2.54.0")["state"], "ok");
    let old = hooks("2.53.0");
    assert_eq!(old["state"], "warning");
    assert!(old.to_string().contains("older than 2.54"), "{old}");
    // The switch for a whole event came with 2.55.
    alice.git(["config", "hook.pre-push.enabled", "false"]).ok();
    assert_eq!(hooks("2.54.0")["state"], "ok");
    let off = hooks("2.55.0");
    assert!(off.to_string().contains("`hook.pre-push.enabled` is false"));
    alice.git(["config", "hook.coord-a.enabled", "no"]).ok();
    assert_eq!(hooks("2.54.0")["state"], "warning");
    alice.git(["config", "hook.coord-a.enabled", "yes"]).ok();
    assert_eq!(hooks("2.54.0")["state"], "ok");
    alice
        .git(["config", "--add", "hook.coord-a.event", ""])
        .ok();
    assert_eq!(hooks("2.54.0")["state"], "warning");
}

/// Where the git program reads the config, our own `core.hooksPath=/dev/null` was taken for the
/// user's, and hooks that fire were said to be missing.
#[test]
fn hooks_are_found_where_libgit2_cannot_open_the_repository() {
    let sandbox = Sandbox::new();
    let alice = locked(&sandbox, &["--object-format=sha256"]);
    alice.coord(["hooks", "install"]).ok();
    found(&doctor(&alice, &[]), "hooks", "ok", "are checked");
    // As everywhere where a setting comes with the command line.
    let alice = sandbox.repo("plain").agent("alice");
    alice.coord(["hooks", "install"]).ok();
    let shell = Shell::clone(&alice).with("GIT_CONFIG_PARAMETERS", "'core.abbrev'='9'");
    let report = shell.coord(["doctor", "--json"]).json();
    found(&report, "hooks", "ok", "are checked");
}

#[test]
fn commits_from_the_future_are_named() {
    let sandbox = Sandbox::new();
    let alice = locked(&sandbox, &[]);
    let message = alice.ask_git(["log", "-1", "--format=%B", STATE]);
    let future = Shell::clone(&alice).with("GIT_COMMITTER_DATE", "4000000000 +0000");
    let commit = future.command(
        "git",
        ["commit-tree", "-p", STATE, &format!("{STATE}^{{tree}}")],
    );
    let commit = commit.input(message).run().ok().stdout;
    alice.git(["update-ref", STATE, commit.trim_end()]).ok();
    found(&doctor(&alice, &[]), "clock", "warning", "2096");
}

#[test]
fn leases_that_have_ended_are_noted() {
    let sandbox = Sandbox::new();
    let alice = locked(&sandbox, &[]);
    // The file of a session that died proves that its locks are free.
    let sessions = alice.path().join(".git/coord/sessions/alice");
    fs::write(sessions.join("s1.alive"), "").unwrap();
    let bob = alice.beside("bob");
    let report = doctor(&bob, &["--fix"]);
    found(&report, "leases", "note", "src/a.rs, of alice");
    assert!(
        sessions.join("s1.alive").exists(),
        "the proof is needed yet"
    );
    // Had alice acted again herself, that would have taken the proof back.
    bob.coord(["lock", "src/a.rs", "src/b.rs"]).ok();
    let report = doctor(&bob, &["--fix"]);
    found(&report, "leftovers", "ok", "removed 1");
    assert!(!sessions.join("s1.alive").exists());
}

#[test]
fn leftovers_are_removed_and_live_files_stay() {
    let sandbox = Sandbox::new();
    let alice = locked(&sandbox, &[]);
    let carol = alice.beside("carol");
    carol.coord(["lock", "docs/guide.md"]).ok();
    carol.coord(["unlock", "--all"]).ok();
    let dir = alice.path().join(".git/coord");
    fs::create_dir_all(dir.join("queue")).unwrap();
    let ours = dir.join("sessions/alice/s1.json");
    let gone = [
        "sessions/carol/s1.json",
        "queue/01ARZ3NDEKTSV4RRFFQ69G5FAV.ask",
        "queue/01ARZ3NDEKTSV4RRFFQ69G5FAV.answer",
        "push-01ARZ3NDEKTSV4RRFFQ69G5FAV.trace",
        "pin.123.tmp",
        "pack-01ARZ3NDEKTSV4RRFFQ69G5FAV.pack",
        "stale-01ARZ3NDEKTSV4RRFFQ69G5FAV.lock",
    ]
    .map(|name| dir.join(name));
    for file in &gone {
        if !file.exists() {
            fs::write(file, "").unwrap();
        }
        age(&alice, file);
    }
    age(&alice, &ours);
    let bob = alice.beside("bob");
    let report = doctor(&bob, &[]);
    found(&report, "leftovers", "note", "7 files");
    assert!(gone.iter().all(|file| file.exists()));
    let report = doctor(&bob, &["--fix"]);
    found(&report, "leftovers", "ok", "removed 7");
    assert!(!gone.iter().any(|file| file.exists()));
    assert!(ours.exists(), "alice holds two files yet");
    assert_eq!(held(&alice), ["src/a.rs", "src/b.rs"]);
    works(&alice);
}

#[test]
fn the_text_reads_well() {
    let sandbox = Sandbox::new();
    let alice = locked(&sandbox, &[]);
    alice.git(["update-ref", STATE, &format!("{STATE}~1")]).ok();
    let outcome = alice.coord(["doctor"]).code(4);
    let shown = outcome.to_string();
    let about = shown
        .lines()
        .skip_while(|line| !line.starts_with(" 9"))
        .take(4);
    insta::assert_snapshot!(about.collect::<Vec<_>>().join("\n"), @r"
     9 problem state ref and pin: the state was set back by 1
               ref: [oid], number 1, [duration] ago: lock src/a.rs by alice for [duration]
               pin: [oid], number 2, [duration] ago: lock src/b.rs by alice for [duration]
               do: `git coord doctor --fix` puts it back to the pin and sets the other aside; to take the other instead: `git coord doctor --fix --accept COMMIT`
    ");
    let last = shown.lines().last().unwrap_or_default();
    insta::assert_snapshot!(last, @"1 problem. `git coord doctor --fix` can repair 1.");
}

/// A setting that the doctor does not know would be called a typing error.
#[test]
fn every_setting_that_is_read_is_known() {
    let pattern = regex::Regex::new(r#""(coord\.[a-z]+)""#).unwrap();
    let mut dirs = vec![Path::new(env!("CARGO_MANIFEST_DIR")).join("src")];
    let mut seen = 0;
    while let Some(dir) = dirs.pop() {
        for entry in fs::read_dir(dir).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                // The doctor itself names mistyped ones.
                dirs.extend((!path.ends_with("doctor")).then_some(path));
                continue;
            }
            let text = fs::read_to_string(&path).unwrap();
            for found in pattern.captures_iter(&text) {
                seen += 1;
                let mut known = git_coord::coord::settings::KNOWN.iter();
                let is_known = known.any(|known| known.eq_ignore_ascii_case(&found[1]));
                assert!(is_known, "{} reads {}", path.display(), &found[1]);
            }
        }
    }
    assert!(seen > 10);
}
