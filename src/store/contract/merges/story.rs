//! Histories told in a few lines, and written by one `git fast-import`.

use std::io::Write;
use std::path::Path;
use std::process::{Command, Stdio};

use super::super::rig::git;
use super::Tips;

pub(super) enum Edit<'a> {
    Put(&'a str, &'a str),
    Run(&'a str, &'a str),
    Link(&'a str, &'a str),
    /// A submodule at the n-th of its commits, which are nowhere.
    Module(&'a str, u8),
    Gone(&'a str),
    Moved(&'a str, &'a str),
}

use Edit::{Gone, Link, Module, Moved, Put, Run};

/// Commits, each with a branch of its own.
#[derive(Default)]
pub(super) struct Story(Vec<(String, Vec<String>, Vec<String>)>);

impl Story {
    /// A commit named `name` on `parents`: the tree of the first, edited.
    pub(super) fn then(mut self, name: &str, parents: &[&str], edits: &[Edit<'_>]) -> Self {
        let lines = edits.iter().map(line).collect();
        let parents = parents.iter().map(|name| (*name).into()).collect();
        self.0.push((name.into(), parents, lines));
        self
    }

    /// Writes it into a repository.
    pub(super) fn tell(&self, dir: &Path) -> Tips {
        let id_length = git(dir, &["hash-object", "-t", "tree", "--stdin"]).len();
        let mut stream = String::new();
        for (at, (name, parents, lines)) in self.0.iter().enumerate() {
            stream.push_str(&format!(
                "commit refs/heads/{name}\ncommitter A <a@b> {} +0000\ndata {}\n{name}\n",
                1_700_000_000 + at,
                name.len()
            ));
            for (parent, word) in parents.iter().zip(["from", "merge"]) {
                stream.push_str(&format!("{word} refs/heads/{parent}\n"));
            }
            for line in lines {
                let ids = "0123456789abcdef".repeat(4);
                stream.push_str(&line.replace("ID", &ids[..id_length - 1]));
            }
            stream.push('\n');
        }
        let mut import = Command::new("git")
            .args(["fast-import", "--quiet", "--force"])
            .current_dir(dir)
            .stdin(Stdio::piped())
            .spawn()
            .expect("git is installed");
        let mut pipe = import.stdin.take().expect("it is piped");
        pipe.write_all(stream.as_bytes()).expect("git reads");
        drop(pipe);
        assert!(import.wait().expect("git ends").success());
        let format = ["for-each-ref", "--format=%(refname:short) %(objectname)"];
        let listed = git(dir, &format);
        let pairs = listed.lines().filter_map(|line| line.split_once(' '));
        pairs
            .map(|(name, id)| (name.into(), id.parse().expect("an id")))
            .collect()
    }
}

/// One change. A path may be quoted as git quotes it.
fn line(edit: &Edit<'_>) -> String {
    let put = |mode: &str, path: &str, text: &str| {
        format!("M {mode} inline {path}\ndata {}\n{text}\n", text.len())
    };
    match edit {
        Put(path, text) => put("100644", path, text),
        Run(path, text) => put("100755", path, text),
        Link(path, to) => put("120000", path, to),
        Module(path, n) => format!("M 160000 ID{n:x} {path}\n"),
        Gone(path) => format!("D {path}\n"),
        Moved(from, to) => format!("R {from} {to}\n"),
    }
}

/// A text of lines, of which some are others.
pub(super) fn text(changed: &[(usize, &str)]) -> String {
    let mut lines: Vec<String> = (1..=12).map(|n| format!("line {n}")).collect();
    for (at, new) in changed {
        lines[*at - 1] = (*new).into();
    }
    lines.join("\n") + "\n"
}
