//! Manual pages, the Markdown page, and help.

use std::fs;
use std::path::Path;

use crate::support::{Sandbox, Shell};

fn has(shell: &Shell, program: &str) -> bool {
    shell
        .command("sh", ["-c", "command -v $0 >/dev/null", program])
        .run()
        .is_ok()
}

/// The names of all commands, from the help itself.
fn commands(shell: &Shell) -> Vec<String> {
    let help = shell.coord(["-h"]).ok().stdout;
    let list = help.lines().skip_while(|line| *line != "Commands:").skip(1);
    let names = list.take_while(|line| !line.is_empty()).filter_map(|line| {
        let is_name = line.starts_with("  ") && !line.starts_with("   ");
        is_name.then(|| line.split_whitespace().next().unwrap().to_owned())
    });
    let names: Vec<String> = names.collect();
    assert!(names.len() > 10, "{names:?}");
    names
}

#[test]
fn every_command_has_a_manual_page() {
    let sandbox = Sandbox::new();
    let said = sandbox.coord(["man", "share/man/man1"]).ok();
    let dir = sandbox.path().join("share/man/man1");
    let names = commands(&sandbox);
    let mut pages: Vec<String> = names
        .iter()
        .map(|name| format!("git-coord-{name}.1"))
        .collect();
    pages.push("git-coord.1".into());
    for page in &pages {
        let text = fs::read_to_string(dir.join(page)).unwrap();
        for section in ["NAME", "SYNOPSIS", "DESCRIPTION", "OPTIONS", "\"SEE ALSO\""] {
            assert!(
                text.contains(&format!(".SH {section}\n")),
                "{page} has no {section}"
            );
        }
        let title = page.trim_end_matches(".1");
        let head = format!(".TH {} 1 ", title.to_ascii_uppercase());
        assert!(
            text.contains(&head),
            "{page} does not begin with {head}:\n{text}"
        );
        let name = format!("{} \\- ", title.replace('-', "\\-"));
        assert!(text.contains(&name), "{page} does not say {name}");
        if has(&sandbox, "groff") {
            let set = sandbox
                .command("groff", ["-man", "-ww", "-z", "-Kutf8"])
                .input(text)
                .run()
                .ok();
            assert_eq!(set.stderr, "", "{page}");
        }
    }
    let main = fs::read_to_string(dir.join("git-coord.1")).unwrap();
    for section in ["EXIT STATUS", "ENVIRONMENT", "CONFIGURATION"] {
        let head = main.replace('"', "").contains(&format!(".SH {section}\n"));
        assert!(head, "no {section}");
    }
    assert_eq!(sandbox.coord(["man"]).ok().stdout, main);
    let written = fs::read_dir(&dir).unwrap().count();
    assert_eq!(
        said.stdout,
        format!("wrote {written} manual pages to share/man/man1\n")
    );
    assert!(written >= pages.len());
}

#[test]
fn git_opens_the_manual_where_it_is_installed() {
    let sandbox = Sandbox::new();
    if !has(&sandbox, "man") {
        return;
    }
    sandbox.coord(["man", "share/man/man1"]).ok();
    let manual = sandbox.path().join("share/man");
    let reader = Shell::clone(&sandbox)
        .with("MANPATH", &manual)
        .with("PAGER", "cat");
    let opened = reader.git(["coord", "--help"]).ok();
    assert!(opened.stdout.contains("git-coord"), "{opened}");
    let opened = reader.command("man", ["git-coord-lock"]).run().ok();
    assert!(
        opened.stdout.contains("git coord lock [OPTIONS] <KEY>"),
        "{opened}"
    );
}

#[test]
fn help_works_without_a_manual() {
    let sandbox = Sandbox::new();
    for args in [
        &["-h"][..],
        &["help"],
        &["help", "lock"],
        &["lock", "-h"],
        &["lock", "--help"],
    ] {
        let help = sandbox.git([&["coord"], args].concat()).ok();
        assert!(help.stdout.contains("Usage: git coord"), "{help}");
        assert_eq!(help.stderr, "");
    }
    let topic = sandbox.coord(["help", "exit-codes"]).ok().stdout;
    for code in 0..=6 {
        assert!(
            topic
                .lines()
                .any(|line| line.starts_with(&format!("{code}  "))),
            "{topic}"
        );
    }
    for command in commands(&sandbox) {
        let page = sandbox.coord(["help", command.as_str()]).ok().stdout;
        assert!(page.contains(&format!("git coord {command}")), "{page}");
    }
    insta::assert_snapshot!(sandbox.coord(["help", "exit_code"]), @r"
    exit 2
    --- stderr
    error[usage]: there is no command or topic `exit_code`
    hint: did you mean `git coord help exit-codes`?
    ");
    insta::assert_snapshot!(sandbox.coord(["help", "lokc"]), @r"
    exit 2
    --- stderr
    error[usage]: unrecognized subcommand 'lokc'
    hint: did you mean `lock` or `locks` or `unlock`?
    ");
}

#[test]
fn the_command_line_page_is_current() {
    let page = Sandbox::new().coord(["man", "--markdown"]).ok().stdout;
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/cli.md");
    let kept = fs::read_to_string(file).unwrap_or_default();
    assert!(
        page == kept,
        "docs/cli.md is not current: `cargo run --quiet -- man --markdown > docs/cli.md`"
    );
}

#[test]
fn every_setting_is_explained() {
    // In the code they are spelled as git normalises them.
    let name = regex::Regex::new(r#""coord\.([a-z]+)""#).unwrap();
    let topic = Sandbox::new()
        .coord(["help", "settings"])
        .ok()
        .stdout
        .to_ascii_lowercase();
    let mut count = 0;
    let mut dirs = vec![Path::new(env!("CARGO_MANIFEST_DIR")).join("src")];
    while let Some(dir) = dirs.pop() {
        for path in fs::read_dir(dir)
            .unwrap()
            .map(|entry| entry.unwrap().path())
        {
            if path.is_dir() {
                dirs.push(path);
                continue;
            }
            let text = fs::read_to_string(&path).unwrap_or_default();
            for found in name.captures_iter(&text) {
                let setting = &found[1];
                assert!(
                    topic.contains(&format!("  coord.{setting} ")),
                    "coord.{setting} is not explained"
                );
                count += 1;
            }
        }
    }
    assert!(count > 10);
    // What doctor knows and what is explained are the same.
    let names = topic
        .lines()
        .filter_map(|line| line.strip_prefix("  coord."));
    let explained = names.map(|line| format!("coord.{}", line.split(' ').next().unwrap()));
    let mut explained: Vec<String> = explained.collect();
    let known = git_coord::coord::settings::KNOWN;
    let mut known: Vec<String> = known.iter().map(|key| key.to_ascii_lowercase()).collect();
    explained.sort_unstable();
    known.sort_unstable();
    assert_eq!(explained, known);
    // The star says that the team's file may give it, the plus that only the target's may.
    for (mark, given) in [
        (" * ", git_coord::store::TEAM_KEYS),
        (" + ", git_coord::store::TARGET_KEYS),
    ] {
        let names = topic
            .lines()
            .filter_map(|line| line.strip_prefix("  coord."));
        let marked = names.filter_map(|line| {
            line.split_once(mark)
                .map(|(name, _)| format!("coord.{name}"))
        });
        let mut marked: Vec<String> = marked.collect();
        let mut given: Vec<&str> = given.to_vec();
        marked.sort_unstable();
        given.sort_unstable();
        assert_eq!(marked, given);
    }
}
