//! What common commands write, by their words.

use std::path::{Path, PathBuf};

use super::super::patch::patched;
use super::lex::Word;
use super::options::Options;
use super::word::Arg;
use super::{Input, Shell, Walk, Write};

/// Words before a command that change nothing of what it writes, with those of their options that
/// take a value.
const BEFORE: &[(&str, &[&str])] = &[
    ("!", &[]),
    ("{", &[]),
    ("builtin", &[]),
    ("command", &[]),
    ("do", &[]),
    ("doas", &["-u", "-C"]),
    ("elif", &[]),
    ("else", &[]),
    ("env", &["-u", "-C", "--unset", "--chdir"]),
    ("exec", &["-a"]),
    ("if", &[]),
    ("ionice", &["-c", "-n", "-p"]),
    ("nice", &["-n", "--adjustment"]),
    ("nohup", &[]),
    ("setsid", &[]),
    ("stdbuf", &["-i", "-o", "-e"]),
    ("sudo", &["-u", "-g", "-h", "-p", "-C", "-D", "-R", "-T"]),
    ("then", &[]),
    ("time", &["-f", "-o"]),
    ("timeout", &["-s", "-k", "--signal", "--kill-after"]),
    ("until", &[]),
    ("while", &[]),
];

/// The last name of a program's path.
pub(super) fn base(text: &[u8]) -> &str {
    let name = text.rsplit(|byte| *byte == b'/').next().unwrap_or_default();
    std::str::from_utf8(name).unwrap_or_default()
}

/// The command itself, behind what only surrounds it.
fn inner<'a>(mut words: &'a [Word], mut args: &'a [Arg]) -> (&'a [Word], &'a [Arg]) {
    while let Some((first, rest)) = args.split_first() {
        let name = base(&first.text);
        let Some((_, valued)) = BEFORE.iter().find(|(before, _)| *before == name) else {
            break;
        };
        let mut skipped = 1;
        let mut at = rest.iter();
        while let Some(arg) = at.next() {
            let text = String::from_utf8_lossy(&arg.text);
            let is_setting = name == "env" && text.contains('=');
            if !text.starts_with('-') && !is_setting {
                break;
            }
            skipped += 1;
            if valued.contains(&text.as_ref()) {
                skipped += 1;
                at.next();
            }
        }
        // How long it may take.
        skipped += usize::from(name == "timeout");
        args = args.get(skipped..).unwrap_or_default();
        words = words.get(skipped..).unwrap_or_default();
    }
    (words, args)
}

impl Walk<'_> {
    /// One command with its arguments.
    pub(super) fn command(
        &mut self,
        words: &[Word],
        args: &[Arg],
        input: Option<&Input>,
        shell: &mut Shell,
    ) {
        let (words, args) = inner(words, args);
        let Some((program, args)) = args.split_first() else {
            return;
        };
        let words = words.get(1..).unwrap_or_default();
        let plain = |valued: &[&str]| Options::read(args, valued);
        match base(&program.text) {
            "cd" | "pushd" => self.change_dir(&plain(&[]).operands, shell),
            "popd" => shell.go(None),
            "export" | "local" | "declare" | "readonly" | "typeset" => self.assign(words, shell),
            "for" | "select" => each(args, shell),
            "rm" | "rmdir" | "unlink" | "tee" | "sponge" | "ed" => {
                self.write_all(&plain(&[]).operands, shell);
            }
            "shred" => self.write_all(&plain(&["-n", "-s", "--iterations"]).operands, shell),
            "touch" => {
                let options = plain(&["-t", "-d", "-r", "--date", "--reference"]);
                self.write_all(&options.operands, shell);
            }
            "truncate" => {
                let options = plain(&["-s", "-r", "--size", "--reference"]);
                self.write_all(&options.operands, shell);
            }
            "chmod" => self.write_all(plain(&[]).after_first(&["--reference"]), shell),
            "mv" => self.moved(
                &plain(&["-t", "-S", "--target-directory", "--suffix"]),
                true,
                shell,
            ),
            "cp" => self.moved(
                &plain(&["-t", "-S", "--target-directory", "--suffix"]),
                false,
                shell,
            ),
            "ln" => self.linked(
                &plain(&["-t", "-S", "--target-directory", "--suffix"]),
                shell,
            ),
            "install" => {
                let options = plain(&[
                    "-m",
                    "-o",
                    "-g",
                    "-t",
                    "-S",
                    "--mode",
                    "--owner",
                    "--group",
                    "--target-directory",
                ]);
                if !options.has(&["-d", "--directory"]) {
                    self.moved(&options, false, shell);
                }
            }
            "rsync" => {
                let options = plain(&["-e", "-f", "--rsh", "--exclude", "--include", "--filter"]);
                if options
                    .operands
                    .last()
                    .is_some_and(|to| !to.text.contains(&b':'))
                {
                    self.moved(&options, false, shell);
                }
            }
            "dd" => {
                let to = args.iter().filter_map(|arg| arg.text.strip_prefix(b"of="));
                let to: Vec<Arg> = to.map(Arg::of).collect();
                self.write_all(&to, shell);
            }
            "sed" | "gsed" => self.sed(args, shell),
            "perl" | "ruby" => self.one_liner(args, shell),
            "awk" | "gawk" => {
                let options = plain(&["-f", "-v", "-F", "-i", "--include"]);
                let is_inplace = |arg: &Arg| arg.text == b"inplace";
                if options.values(&["-i", "--include"]).any(is_inplace) {
                    self.write_all(options.after_first(&["-f"]), shell);
                }
            }
            "curl" => self.write_all(
                plain(&["-o", "--output"]).values(&["-o", "--output"]),
                shell,
            ),
            "wget" => {
                let options = plain(&["-O", "--output-document"]);
                self.write_all(options.values(&["-O", "--output-document"]), shell);
            }
            "patch" => self.patch(args, input, shell),
            "apply_patch" | "applypatch" => {
                let text = args.first().map(|arg| arg.text.clone());
                let text = text.or_else(|| self.text_of(input, shell));
                self.patched_in(&text.unwrap_or_default(), 1, shell.dir.clone());
            }
            "git" => self.git(args, input, shell),
            "find" => self.find(args, shell),
            "eval" => {
                let text: Vec<&[u8]> = args.iter().map(|arg| &arg.text[..]).collect();
                if args.iter().all(|arg| arg.is_known) {
                    self.script(&text.join(&b' '), shell);
                }
            }
            "sh" | "bash" | "dash" | "zsh" | "ksh" | "ash" => self.shell(args, input, shell),
            _ => {}
        }
    }

    fn change_dir(&mut self, to: &[Arg], shell: &mut Shell) {
        let dir = match to.first() {
            None => self.home.as_ref().map(PathBuf::from),
            Some(to) if to.text == b"-" || !to.is_known || to.pattern.is_some() => None,
            Some(to) => shell.path(&to.text),
        };
        shell.go(dir);
    }

    /// `sh -c SCRIPT`, or a script from standard input.
    fn shell(&mut self, args: &[Arg], input: Option<&Input>, shell: &Shell) {
        let is_script = |arg: &Arg| {
            arg.text.starts_with(b"-") && !arg.text.starts_with(b"--") && arg.text.contains(&b'c')
        };
        let mut inner = shell.clone();
        if let Some(at) = args.iter().position(is_script) {
            let mut rest = args.get(at + 1..).unwrap_or_default().iter();
            let script = rest.find(|arg| !arg.text.starts_with(b"-"));
            if let Some(script) = script.filter(|script| script.is_known) {
                self.script(&script.text, &mut inner);
            }
        } else if args.iter().all(|arg| arg.text.starts_with(b"-"))
            && let Some(Input::Text(script)) = input
        {
            self.script(script, &mut inner);
        }
    }

    /// What stands in a command's input, as far as it can be seen.
    pub(super) fn text_of(&self, input: Option<&Input>, shell: &Shell) -> Option<Vec<u8>> {
        match input? {
            Input::Text(text) => Some(text.clone()),
            Input::File(file) if file.is_known => {
                let text = self.disk.read(&shell.path(&file.text)?)?;
                Some(text.into_bytes())
            }
            Input::File(_) => None,
        }
    }

    /// The files of a patch.
    pub(super) fn patched_in(&mut self, text: &[u8], strip: usize, dir: Option<PathBuf>) {
        let Some(dir) = dir else { return };
        for path in patched(&String::from_utf8_lossy(text), strip) {
            self.add(Write::Path(dir.join(Path::new(&path))));
        }
    }
}

/// The variable of a loop stands for all of its words.
fn each(args: &[Arg], shell: &mut Shell) {
    if let Some((name, [word, values @ ..])) = args.split_first()
        && word.text == b"in"
    {
        shell.set(&name.text, values.to_vec());
    }
}
