//! What git commands do to a working tree, by their words. Moving to another commit (`switch`,
//! `merge`, `rebase`, `pull`) is git's own business and no edit.

use std::path::PathBuf;

use super::options::Options;
use super::word::Arg;
use super::{Files, Input, Lost, Shell, Walk, Write};

/// Options of git itself that take a value.
const GLOBAL: &[&str] = &[
    "-C",
    "-c",
    "--git-dir",
    "--work-tree",
    "--namespace",
    "--exec-path",
    "--config-env",
];

impl Walk<'_> {
    /// One call of git.
    pub(super) fn git(&mut self, args: &[Arg], input: Option<&Input>, shell: &Shell) {
        let Some((name, args, dir)) = command(args, shell) else {
            return;
        };
        let shell = &Shell {
            dir,
            variables: shell.variables.clone(),
        };
        match name.as_str() {
            "mv" => {
                let options = Options::read(args, &[]);
                if !options.has(&["-n", "--dry-run"]) {
                    self.moved(&options, true, shell);
                }
            }
            "rm" => {
                let options = Options::read(args, &["--pathspec-from-file"]);
                if !options.has(&["--cached", "-n", "--dry-run"]) {
                    self.write_all(&options.operands, shell);
                }
            }
            "checkout" => self.checkout(args, shell),
            "restore" => {
                let options = Options::read(args, &["-s", "--source", "--pathspec-from-file"]);
                let is_index = options.has(&["-S", "--staged"]);
                if !is_index || options.has(&["-W", "--worktree"]) {
                    let from = options.value(&["-s", "--source"]).map(text);
                    self.put_back(from, &options.operands, shell);
                }
            }
            "reset" => {
                let options = Options::read(args, &[]);
                if options.has(&["--hard", "--merge", "--keep"]) {
                    let to = options.operands.first().map(text);
                    self.lose(Files::Differ(to.or_else(head)), &[], shell);
                }
            }
            "clean" => {
                let options = Options::read(args, &["-e", "--exclude"]);
                if !options.has(&["-n", "--dry-run", "-i", "--interactive"]) {
                    let ignored = options.has(&["-x", "-X"]);
                    self.lose(Files::Untracked { ignored }, &options.operands, shell);
                }
            }
            "stash" => self.stash(args, shell),
            "apply" => {
                let options = Options::read(args, &["-p", "--directory", "--exclude", "--include"]);
                self.apply(&options, input, shell);
            }
            _ => {}
        }
    }

    fn checkout(&mut self, args: &[Arg], shell: &Shell) {
        let end = args.iter().position(|arg| arg.text == b"--");
        let (before, paths) = match end {
            Some(end) => (
                args.get(..end).unwrap_or_default(),
                args.get(end + 1..).unwrap_or_default().to_vec(),
            ),
            None => (args, Vec::new()),
        };
        let options = Options::read(before, &["-b", "-B", "--orphan", "--conflict"]);
        if options.has(&["-b", "-B", "--orphan", "--detach", "-d"]) {
            return;
        }
        if end.is_some() {
            self.put_back(options.operands.first().map(text), &paths, shell);
            return;
        }
        // Without `--` the first may be a commit; a file of that name is taken for one.
        let is_path = |arg: &Arg| {
            let path = shell.path(&arg.text);
            arg.pattern.is_some() || path.is_some_and(|path| self.disk.exists(&path))
        };
        match options.operands.as_slice() {
            [] => {}
            [first, ..] if is_path(first) => self.put_back(None, &options.operands, shell),
            [_] if options.has(&["-f", "--force"]) => {
                self.lose(Files::Differ(head()), &[], shell);
            }
            [first, paths @ ..] if !paths.is_empty() => {
                self.put_back(Some(text(first)), paths, shell);
            }
            _ => {}
        }
    }

    /// Files that become what a commit, or the index, has. Of a whole directory only those that
    /// differ are written.
    fn put_back(&mut self, from: Option<String>, paths: &[Arg], shell: &Shell) {
        let is_one = |arg: &&Arg| {
            let path = shell.path(&arg.text);
            arg.pattern.is_none()
                && !arg.text.starts_with(b":")
                && path.is_some_and(|path| !self.disk.is_dir(&path))
        };
        let (files, many): (Vec<&Arg>, Vec<&Arg>) = paths.iter().partition(is_one);
        self.write_all(files, shell);
        if !many.is_empty() {
            let many: Vec<Arg> = many.into_iter().cloned().collect();
            self.lose(Files::Differ(from), &many, shell);
        }
    }

    fn stash(&mut self, args: &[Arg], shell: &Shell) {
        let word = args.first().map(text).unwrap_or_default();
        let rest = args.get(1..).unwrap_or_default();
        match word.as_str() {
            "pop" | "apply" => {
                let options = Options::read(rest, &[]);
                let name = options.operands.first().map(text);
                let name = match name {
                    Some(number) if number.parse::<u32>().is_ok() => format!("stash@{{{number}}}"),
                    Some(name) => name,
                    None => "stash@{0}".into(),
                };
                self.lose(Files::Stashed(name), &[], shell);
            }
            "push" | "save" | "" => self.put_away(rest, word == "push", shell),
            option if option.starts_with('-') => self.put_away(args, true, shell),
            _ => {}
        }
    }

    fn put_away(&mut self, args: &[Arg], has_paths: bool, shell: &Shell) {
        let options = Options::read(args, &["-m", "--message"]);
        let below = match has_paths {
            true => &options.operands[..],
            false => &[],
        };
        self.lose(Files::Differ(head()), below, shell);
        if options.has(&["-u", "--include-untracked", "-a", "--all"]) {
            let ignored = options.has(&["-a", "--all"]);
            self.lose(Files::Untracked { ignored }, below, shell);
        }
    }

    fn apply(&mut self, options: &Options, input: Option<&Input>, shell: &Shell) {
        let looks = ["--check", "--stat", "--numstat", "--summary"];
        if options.has(&looks) && !options.has(&["--apply"]) || options.has(&["--cached"]) {
            return;
        }
        let strip = options.value(&["-p"]).map(text);
        let strip = strip.and_then(|strip| strip.parse().ok()).unwrap_or(1);
        let dir = match options.value(&["--directory"]) {
            Some(below) => shell.path(&below.text),
            None => shell.dir.clone(),
        };
        let files = options.operands.iter().filter(|file| file.text != b"-");
        let mut texts: Vec<Vec<u8>> = Vec::new();
        for file in files {
            texts.extend(self.text_of(Some(&Input::File(file.clone())), shell));
        }
        if options.operands.iter().all(|file| file.text == b"-") {
            texts.extend(self.text_of(input, shell));
        }
        for patch in texts {
            self.patched_in(&patch, strip, dir.clone());
        }
    }

    fn lose(&mut self, what: Files, below: &[Arg], shell: &Shell) {
        let Some(dir) = shell.dir.clone() else { return };
        let is_sane = |name: &String| !name.starts_with('-');
        let is_known = match &what {
            Files::Differ(Some(name)) | Files::Stashed(name) => is_sane(name),
            Files::Differ(None) | Files::Untracked { .. } => true,
        };
        if is_known && below.iter().all(|arg| arg.is_known) {
            let below = below.iter().map(text).collect();
            self.add(Write::Git(Lost { dir, what, below }));
        }
    }
}

/// The command, its arguments, and where git runs.
fn command<'a>(args: &'a [Arg], shell: &Shell) -> Option<(String, &'a [Arg], Option<PathBuf>)> {
    let mut dir = shell.dir.clone();
    let mut at = 0;
    while let Some(arg) = args.get(at) {
        if !arg.text.starts_with(b"-") {
            return Some((text(arg), args.get(at + 1..)?, dir)).filter(|_| arg.is_known);
        }
        let name = text(arg);
        if name.starts_with("--git-dir") || name.starts_with("--work-tree") {
            dir = None;
        }
        if name == "-C" {
            let to = args.get(at + 1).filter(|to| to.is_known);
            let from = Shell {
                dir,
                variables: shell.variables.clone(),
            };
            dir = to.and_then(|to| from.path(&to.text));
        }
        at += 1 + usize::from(GLOBAL.contains(&name.as_str()));
    }
    None
}

fn text(arg: &Arg) -> String {
    String::from_utf8_lossy(&arg.text).into_owned()
}

fn head() -> Option<String> {
    Some("HEAD".into())
}
