//! Manual pages: `git coord --help` makes git open git-coord(1), so that page has to exist.

use std::path::Path;

use clap::Command;
use clap_mangen::Man;
use clap_mangen::roff::{Roff, bold, roman};

use crate::coord::Failure;

use super::{help, whole};

/// How users get them.
pub(super) const INSTALL: &str = "\
For `git coord --help` and `man git-coord-lock` of your own user:
  git coord man ~/.local/share/man/man1";

/// The main page.
///
/// # Errors
/// Never; writing into memory does not fail.
pub(super) fn page() -> Result<String, Failure> {
    text(&whole())
}

/// Writes every page into a directory and tells which.
///
/// # Errors
/// When the directory cannot be made or a file in it cannot be written.
pub(super) fn write(dir: &Path) -> Result<String, Failure> {
    let failed = |path: &Path, why: std::io::Error| {
        let what = format!("{} cannot be written: {why}", path.display());
        Failure::usage(
            what,
            "name a directory of your own, such as ~/.local/share/man/man1",
        )
    };
    std::fs::create_dir_all(dir).map_err(|why| failed(dir, why))?;
    let mut count = 0;
    for command in all(&whole()) {
        let path = dir.join(format!("{}.1", name(command)));
        std::fs::write(&path, text(command)?).map_err(|why| failed(&path, why))?;
        count += 1;
    }
    Ok(format!(
        "wrote {count} manual pages to {}\n",
        crate::model::text::shown(&dir.to_string_lossy())
    ))
}

/// The command and all below it that are shown.
pub(super) fn all(command: &Command) -> Vec<&Command> {
    let below = command
        .get_subcommands()
        .filter(|below| !below.is_hide_set());
    std::iter::once(command)
        .chain(below.flat_map(all))
        .collect()
}

/// `git-coord-lock`.
fn name(command: &Command) -> &str {
    command.get_display_name().unwrap_or(command.get_name())
}

fn text(command: &Command) -> Result<String, Failure> {
    let version = env!("CARGO_PKG_VERSION");
    let is_main = command.get_name() == "git-coord";
    // What every command takes is told once, on the main page.
    let own = |arg: clap::Arg| {
        let is_hidden = arg.is_hide_set() || !is_main && arg.is_global_set();
        arg.hide(is_hidden)
    };
    let man = Man::new(command.clone().mut_args(own))
        .title(name(command).to_ascii_uppercase())
        .source(format!("git-coord {version}"))
        .manual("Git Coord Manual");
    let usage = command.clone().render_usage().to_string();
    let mut page = Vec::new();
    let write = |page: &mut Vec<u8>| -> std::io::Result<()> {
        man.render_title(page)?;
        man.render_name_section(page)?;
        let mut synopsis = Roff::new();
        section(
            &mut synopsis,
            "SYNOPSIS",
            usage.trim_start_matches("Usage: "),
        );
        synopsis.to_writer(page)?;
        man.render_description_section(page)?;
        man.render_options_section(page)?;
        if command.get_subcommands().next().is_some() {
            man.render_subcommands_section(page)?;
        }
        let mut roff = Roff::new();
        if is_main {
            for (title, body) in help::manual_sections() {
                section(&mut roff, title, body);
            }
        } else if let Some(more) = command.get_after_help() {
            section(&mut roff, "NOTES", &more.to_string());
        }
        roff.control("SH", ["SEE ALSO"]);
        let also = if is_main { "git" } else { "git-coord" };
        let why = if is_main {
            ""
        } else {
            ", also for the options that every command takes"
        };
        roff.text([bold(also), roman("(1)"), roman(why)]);
        roff.to_writer(page)
    };
    write(&mut page).map_err(|why| Failure::usage(why.to_string(), "report this"))?;
    Ok(String::from_utf8_lossy(&page).into_owned())
}

/// Plain text as it stands, lines and columns kept.
fn section(roff: &mut Roff, title: &str, body: &str) {
    roff.control("SH", [title]);
    roff.control("nf", []);
    for line in body.lines().map(str::trim_end) {
        roff.text([roman(line)]);
    }
    roff.control("fi", []);
}
