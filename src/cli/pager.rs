//! The person's pager, for what may be longer than their screen: the one that git would use, and
//! only where git would use one.

use std::io::{self, IsTerminal, Write};
use std::process::Command;

use crate::child;
use crate::env;
use crate::ops::Context;

/// What git gives its pagers unless the person has set it: short texts stay on the screen.
const GIVEN: [(&str, &str); 2] = [("LESS", "FRX"), ("LV", "-c")];

/// How a shell says that there is no such program.
const NOT_FOUND: u8 = 127;

/// A command line that shows what it is given.
pub(super) struct Pager(String);

impl Pager {
    /// The pager, if standard output is a terminal and the person wants one.
    pub(super) fn find(context: &Context<'_>) -> Option<Self> {
        if !io::stdout().is_terminal() {
            return None;
        }
        let repo = context.coord.repo();
        // Git has looked at this one already when it was git who started this program.
        let own = repo.config().get("pager.coord");
        let words = ["true", "yes", "on", "1"];
        let own = own.filter(|own| !words.contains(&own.to_ascii_lowercase().as_str()));
        let line = match own {
            Some(_) if !repo.config().bool("pager.coord", true) => return None,
            Some(own) if std::env::var_os("GIT_PAGER").is_none() => own.to_owned(),
            // Variables, settings and what git was built with: git knows best.
            Some(_) | None => {
                let asked = repo.git().run(&["var", "GIT_PAGER"], None, None).ok()?;
                asked.success().then(|| asked.text())?
            }
        };
        (!matches!(line.trim(), "" | "cat")).then_some(Self(line))
    }

    /// Shows a text and returns when the person is done with it.
    ///
    /// # Errors
    /// When there is no such program; nothing was shown then.
    pub(super) fn show(&self, text: &str) -> io::Result<()> {
        let mut command = Command::new("sh");
        command.args(["-c", &self.0]);
        for (name, value) in GIVEN {
            if env::var(name).is_none() {
                command.env(name, value);
            }
        }
        let (reader, mut writer) = io::pipe()?;
        command.stdin(reader);
        std::thread::scope(|scope| {
            // A pager may be quit before it has read everything, which closes the pipe.
            scope.spawn(move || drop(writer.write_all(text.as_bytes())));
            let status = child::run(&mut command);
            // The last one that could read.
            drop(command);
            match child::code(status?) {
                NOT_FOUND => Err(io::ErrorKind::NotFound.into()),
                _ => Ok(()),
            }
        })
    }
}
