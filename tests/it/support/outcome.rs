//! What a program answered.

use std::fmt;
use std::path::PathBuf;

use serde_json::Value;

use super::placeholders::placeholders;

/// Exit code of a refusal: the program worked, and the answer is no.
const REFUSED: i32 = 1;

/// Exit code, output and errors of a program that has ended.
///
/// Its `Display` is meant for `insta::assert_snapshot!`: all three together, with everything that
/// differs from run to run replaced.
///
/// What returns one is `#[must_use]`: an answer that nobody looked at proves nothing.
#[derive(Clone, Debug)]
pub struct Outcome {
    /// The exit code; 128 and the signal's number when a signal ended the program.
    pub code: i32,
    /// Standard output.
    pub stdout: String,
    /// Standard error.
    pub stderr: String,
    /// The command line, for the message of a failed assertion.
    pub(super) shown: String,
    /// The sandbox's root, which is replaced in what is displayed.
    pub(super) sandbox: PathBuf,
}

impl Outcome {
    /// Asserts success.
    #[track_caller]
    pub fn ok(self) -> Self {
        self.code(0)
    }

    /// Asserts that the answer was a refusal.
    #[track_caller]
    pub fn refused(self) -> Self {
        self.code(REFUSED)
    }

    /// Asserts some failure, for programs whose exit codes say no more.
    #[track_caller]
    pub fn failed(self) -> Self {
        assert_ne!(self.code, 0, "{} succeeded:\n{self}", self.shown);
        self
    }

    /// Asserts an exit code.
    #[track_caller]
    pub fn code(self, code: i32) -> Self {
        assert_eq!(self.code, code, "{} answered:\n{self}", self.shown);
        self
    }

    /// Whether the program succeeded, for a race in which either may win.
    pub fn is_ok(&self) -> bool {
        self.code == 0
    }

    /// Parses standard output, which must be one JSON value.
    #[track_caller]
    pub fn json(&self) -> Value {
        match serde_json::from_str(&self.stdout) {
            Ok(value) => value,
            Err(error) => panic!("{} printed no JSON ({error}):\n{self}", self.shown),
        }
    }
}

impl fmt::Display for Outcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "exit {}", self.code)?;
        for (name, text) in [("stdout", &self.stdout), ("stderr", &self.stderr)] {
            if !text.is_empty() {
                let text = placeholders(text, &self.sandbox);
                write!(f, "\n--- {name}\n{text}")?;
            }
        }
        Ok(())
    }
}
