//! Commands that change files where they are.

use super::commands::base;
use super::options::Options;
use super::word::{Arg, escaped};
use super::{Input, Shell, Walk, Write};

impl Walk<'_> {
    pub(super) fn sed(&mut self, args: &[Arg], shell: &Shell) {
        let scripts = &["-e", "-f", "--expression", "--file"];
        let valued = [
            "-e",
            "-f",
            "--expression",
            "--file",
            "-l",
            "--line-length",
            "-i=",
        ];
        let options = Options::read(args, &valued);
        if !options.has(&["-i", "--in-place"]) {
            return;
        }
        // Where `-i` takes a word of its own, that is mostly an empty one.
        let is_word = |arg: &&Arg| !arg.is_known || !arg.text.is_empty();
        let operands: Vec<&Arg> = options.operands.iter().filter(is_word).collect();
        let scripts = usize::from(!options.has(scripts));
        self.write_all(operands.into_iter().skip(scripts), shell);
    }

    /// `perl -i -pe CODE FILE…`
    pub(super) fn one_liner(&mut self, args: &[Arg], shell: &Shell) {
        let valued = [
            "-e", "-E", "-i=", "-M=", "-m=", "-I", "-r", "-F=", "-l=", "-0=",
        ];
        let options = Options::read(args, &valued);
        if options.has(&["-i"]) && options.has(&["-e", "-E"]) {
            self.write_all(&options.operands, shell);
        }
    }

    /// `find … -delete`, and `-exec` of what writes. Only by a name, for all that is below would be
    /// too much.
    pub(super) fn find(&mut self, args: &[Arg], shell: &Shell) {
        let is_option =
            |arg: &Arg| arg.text.starts_with(b"-") || matches!(&arg.text[..], b"(" | b"!");
        let roots = args.iter().take_while(|arg| !is_option(arg));
        let roots: Vec<&Arg> = roots.collect();
        let after = |name: &[u8]| {
            let at = args.iter().position(|arg| arg.text == name)?;
            args.get(at + 1..)
        };
        let is_written = after(b"-delete").is_some()
            || [&b"-exec"[..], b"-execdir"].iter().any(|name| {
                let program = after(name).and_then(|rest| rest.split_first());
                program.is_some_and(|(program, rest)| match base(&program.text) {
                    "rm" | "mv" | "unlink" | "truncate" | "chmod" | "shred" => true,
                    "sed" => rest.iter().any(|arg| arg.text.starts_with(b"-i")),
                    "perl" => rest
                        .iter()
                        .any(|arg| arg.text.starts_with(b"-") && arg.text.contains(&b'i')),
                    _ => false,
                })
            });
        let name = after(b"-name").and_then(|rest| rest.first());
        let Some(name) = name.filter(|name| is_written && name.is_known) else {
            return;
        };
        for root in roots
            .iter()
            .filter(|root| root.is_known && root.pattern.is_none())
        {
            let Some(root) = shell.path(&root.text) else {
                continue;
            };
            let root = escaped(root.as_os_str().as_encoded_bytes());
            let pattern = [&root[..], b"/**/", &name.text].concat();
            if let Ok(pattern) = String::from_utf8(pattern) {
                self.add(Write::Pattern(pattern));
            }
        }
    }

    pub(super) fn patch(&mut self, args: &[Arg], input: Option<&Input>, shell: &Shell) {
        let options = Options::read(
            args,
            &[
                "-p",
                "-i",
                "-d",
                "-o",
                "-r",
                "-D",
                "-F",
                "-B",
                "-V",
                "-x",
                "-Y",
                "-z",
                "-g",
                "--strip",
                "--input",
                "--directory",
                "--output",
            ],
        );
        if options.has(&["--dry-run"]) {
            return;
        }
        self.write_all(options.values(&["-o", "--output"]), shell);
        if let Some(file) = options.operands.first() {
            self.write(file, shell);
            return;
        }
        let text = match options.value(&["-i", "--input"]) {
            Some(file) => self.text_of(Some(&Input::File(file.clone())), shell),
            None => self.text_of(input, shell),
        };
        let dir = match options.value(&["-d", "--directory"]) {
            Some(dir) => shell.path(&dir.text).filter(|_| dir.is_known),
            None => shell.dir.clone(),
        };
        let strip = options.value(&["-p", "--strip"]);
        let strip = strip.and_then(|strip| std::str::from_utf8(&strip.text).ok()?.parse().ok());
        self.patched_in(&text.unwrap_or_default(), strip.unwrap_or(0), dir);
    }
}
