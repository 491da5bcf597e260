//! Where text goes: data to standard output, the rest to standard error, colour if wanted.

use std::ffi::OsString;
use std::io::{self, ErrorKind, IsTerminal, Write};
use std::sync::OnceLock;

use anstream::{AutoStream, ColorChoice};
use anstyle::{AnsiColor, Style};

use crate::coord::{ColorWish, Failure};
use crate::env;
use crate::model::key::Here;
use crate::model::text::shown;

/// When to colour.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub(super) enum Color {
    /// On a terminal, as NO_COLOR, CLICOLOR and CLICOLOR_FORCE say
    Auto,
    /// Always
    Always,
    /// Never
    Never,
}

impl Color {
    /// What words ask for that have not been parsed, or cannot be.
    pub(super) fn among(args: &[OsString]) -> Option<Self> {
        let mut words = args
            .iter()
            .filter_map(|word| word.to_str())
            .take_while(|word| *word != "--");
        let mut color = None;
        while let Some(word) = words.next() {
            let value = match word.strip_prefix("--color") {
                Some("") => words.next(),
                Some(rest) => rest.strip_prefix('='),
                None => None,
            };
            match value {
                Some("always") => color = Some(Self::Always),
                Some("never") => color = Some(Self::Never),
                Some("auto") => color = Some(Self::Auto),
                _ => {}
            }
        }
        color
    }
}

impl From<Color> for clap::ColorChoice {
    fn from(color: Color) -> Self {
        match color {
            Color::Auto => Self::Auto,
            Color::Always => Self::Always,
            Color::Never => Self::Never,
        }
    }
}

/// Why data was not read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Unread {
    /// The reader closed the pipe, which is the way to say that it has enough.
    Closed,
    /// It could not be written, say to a full disk.
    Lost,
}

/// What became of standard output, which the whole process has only once.
static UNREAD: OnceLock<Unread> = OnceLock::new();

/// Why some of the data was not read, if so.
pub(super) fn unread() -> Option<Unread> {
    UNREAD.get().copied()
}

/// The two streams of the program.
#[derive(Clone, Copy)]
pub(super) struct Page {
    /// Whether answers are printed as JSON.
    pub(super) is_json: bool,
    /// What the command line says.
    asked: Option<Color>,
    out_color: bool,
    err_color: bool,
}

/// What a word is, for colour; the text says the same without it.
#[derive(Clone, Copy)]
pub(super) enum Ink {
    Good,
    Bad,
    Faint,
    Key,
}

impl Page {
    /// As the command line and the environment say.
    pub(super) fn new(asked: Option<Color>, is_json: bool) -> Self {
        let is_wanted = |found: ColorChoice| match asked {
            Some(Color::Always) => true,
            Some(Color::Never) => false,
            Some(Color::Auto) | None => found != ColorChoice::Never,
        };
        Self {
            is_json,
            asked,
            out_color: is_wanted(AutoStream::choice(&io::stdout())),
            err_color: is_wanted(AutoStream::choice(&io::stderr())),
        }
    }

    /// The same in a clone, whose config may say something about colour.
    pub(super) fn in_clone(self, wish: ColorWish) -> Self {
        match wish.always {
            _ if is_said() => self,
            Some(color) if self.asked.is_none() => Self {
                out_color: color,
                err_color: color,
                ..self
            },
            // Git has a pager at the other end of the pipe, which is as good as a terminal.
            Some(_) | None if self.is_auto(wish) && is_paged() => Self {
                out_color: wish.in_pager,
                ..self
            },
            Some(_) | None => self,
        }
    }

    /// The same for data that goes through a pager.
    pub(super) fn in_pager(self, wish: ColorWish) -> Self {
        let is_plain = !wish.in_pager && self.is_auto(wish);
        Self {
            out_color: self.out_color && !is_plain,
            ..self
        }
    }

    /// Whether nobody wants colour always or never.
    fn is_auto(&self, wish: ColorWish) -> bool {
        match self.asked {
            Some(Color::Always | Color::Never) => false,
            Some(Color::Auto) => !is_said(),
            None => !is_said() && wish.always.is_none(),
        }
    }

    /// Prints data. What cannot be printed never changes what the exit code says of the rest: a
    /// refusal that nobody reads is none the less one.
    pub(super) fn data(&self, text: &str) {
        self.written(put(&mut io::stdout().lock(), text));
    }

    /// Takes note of what became of data.
    pub(super) fn written(&self, result: io::Result<()>) {
        let Err(why) = result else { return };
        let unread = match why.kind() {
            ErrorKind::BrokenPipe => Unread::Closed,
            _ => Unread::Lost,
        };
        if UNREAD.set(unread).is_ok() && unread == Unread::Lost {
            self.raw_note(&format!("error: the answer could not be written: {why}"));
        }
    }

    /// Prints data in place of what is on the terminal; below it where that is none.
    pub(super) fn screen(&self, text: &str) {
        let clear = match io::stdout().is_terminal() {
            true => "\x1b[H\x1b[2J",
            false => "",
        };
        self.data(&format!("{clear}{text}"));
    }

    /// A word of data in its colour.
    pub(super) fn ink(&self, ink: Ink, text: &str) -> String {
        painted(self.out_color, ink, text)
    }

    /// Tells a person what happens, beside the data.
    pub(super) fn note(&self, text: &str) {
        self.raw_note(&shown_lines(text));
    }

    /// Writes what is written over later, as it is.
    pub(super) fn live(&self, text: &str) {
        // What is written over later is missed by nobody.
        let _ = put(&mut io::stderr().lock(), text);
    }

    /// As [`Page::note`], for a line that is clean and coloured already.
    pub(super) fn painted_note(&self, line: &str) {
        self.raw_note(line);
    }

    /// A word beside the data in its colour.
    pub(super) fn err_ink(&self, ink: Ink, text: &str) -> String {
        painted(self.err_color, ink, text)
    }

    /// Tells a person what a command waits for; nobody but a person wants to know.
    pub(super) fn progress(&self, text: &str) {
        if io::stderr().is_terminal() {
            self.note(text);
        }
    }

    /// What went wrong, and what to do next, as it is typed here.
    pub(super) fn failure(&self, failure: &Failure, here: &Here) {
        let word = match failure {
            Failure::Refused(_) | Failure::Queued { .. } => "refused",
            // Nothing went wrong; it takes longer.
            Failure::Pending { .. } => "asked",
            _ => "error",
        };
        let code = failure.code();
        let head = painted(self.err_color, Ink::Bad, &format!("{word}[{code}]:"));
        self.raw_note(&format!("{head} {}", shown_lines(&failure.to_string())));
        if let Some(hint) = failure.hint(here) {
            let head = painted(self.err_color, Ink::Faint, "hint:");
            self.raw_note(&format!("{head} {}", shown_lines(&hint)));
        }
    }

    fn raw_note(&self, text: &str) {
        // There is nobody left to tell when this fails.
        let _ = put(&mut io::stderr().lock(), &format!("{text}\n"));
    }
}

fn put(out: &mut dyn Write, text: &str) -> io::Result<()> {
    out.write_all(text.as_bytes()).and_then(|()| out.flush())
}

/// Whether the environment says it, for this one command and more strongly than any config.
fn is_said() -> bool {
    let is_set = |name| std::env::var_os(name).is_some_and(|value| !value.is_empty());
    ["NO_COLOR", "CLICOLOR_FORCE"].into_iter().any(is_set)
}

/// Whether git has started a pager and this program for it.
fn is_paged() -> bool {
    let is_dumb = env::var("TERM").is_none_or(|term| term == "dumb");
    !is_dumb && env::var("GIT_PAGER_IN_USE").is_some_and(|paged| paged == "true" || paged == "1")
}

/// Cleans a text but keeps its lines.
fn shown_lines(text: &str) -> String {
    text.lines().map(shown).collect::<Vec<_>>().join("\n")
}

fn painted(is_on: bool, ink: Ink, text: &str) -> String {
    let style = match ink {
        Ink::Good => Style::new().fg_color(Some(AnsiColor::Green.into())),
        Ink::Bad => Style::new().fg_color(Some(AnsiColor::Red.into())).bold(),
        Ink::Faint => Style::new().dimmed(),
        Ink::Key => Style::new().bold(),
    };
    if is_on {
        format!("{style}{text}{style:#}")
    } else {
        text.to_owned()
    }
}
