//! Where text goes: data to standard output, the rest to standard error, colour if wanted.

use std::ffi::OsString;
use std::io::IsTerminal;

use anstream::{AutoStream, ColorChoice};
use anstyle::{AnsiColor, Style};

use crate::coord::Failure;
use crate::model::key::Here;
use crate::model::text::shown;

use super::put;

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
    pub(super) fn among(args: &[OsString]) -> Self {
        let mut words = args
            .iter()
            .filter_map(|word| word.to_str())
            .take_while(|word| *word != "--");
        let mut color = Self::Auto;
        while let Some(word) = words.next() {
            let value = match word.strip_prefix("--color") {
                Some("") => words.next(),
                Some(rest) => rest.strip_prefix('='),
                None => None,
            };
            match value {
                Some("always") => color = Self::Always,
                Some("never") => color = Self::Never,
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

/// The two streams of the program.
pub(super) struct Page {
    /// Whether answers are printed as JSON.
    pub(super) is_json: bool,
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
    pub(super) fn new(color: Color, is_json: bool) -> Self {
        let is_wanted = |found: ColorChoice| match color {
            Color::Always => true,
            Color::Never => false,
            Color::Auto => found != ColorChoice::Never,
        };
        Self {
            is_json,
            out_color: is_wanted(AutoStream::choice(&std::io::stdout())),
            err_color: is_wanted(AutoStream::choice(&std::io::stderr())),
        }
    }

    /// Prints data.
    pub(super) fn data(&self, text: &str) {
        put(&mut std::io::stdout().lock(), text);
    }

    /// Prints data in place of what is on the terminal; below it where that is none.
    pub(super) fn screen(&self, text: &str) {
        let clear = match std::io::stdout().is_terminal() {
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
        put(
            &mut std::io::stderr().lock(),
            &format!("{}\n", shown_lines(text)),
        );
    }

    /// Tells a person what a command waits for; nobody but a person wants to know.
    pub(super) fn progress(&self, text: &str) {
        if std::io::stderr().is_terminal() {
            self.note(text);
        }
    }

    /// What went wrong, and what to do next, as it is typed here.
    pub(super) fn failure(&self, failure: &Failure, here: &Here) {
        let word = match failure {
            Failure::Refused(_) => "refused",
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
        put(&mut std::io::stderr().lock(), &format!("{text}\n"));
    }
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
