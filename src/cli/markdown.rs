//! The whole command line as one Markdown page: `docs/cli.md` is this text.

use clap::{Arg, ArgAction, Command};

use super::{help, man, whole};

const HEAD: &str = "\
# The command line

This page is generated from the program itself; a test fails when it is not current. Write it anew
with `cargo run --quiet -- man --markdown > docs/cli.md`.

";

/// The page.
pub(super) fn page() -> String {
    let whole = whole();
    let mut text = HEAD.to_owned();
    let commands = man::all(&whole);
    for command in &commands {
        text.push_str(&of_command(command));
    }
    text.push_str("## Topics\n");
    for (name, body) in help::topics() {
        text.push_str(&format!(
            "\n### `git coord help {name}`\n\n```text\n{body}```\n"
        ));
    }
    text
}

fn of_command(command: &Command) -> String {
    let name = command.get_bin_name().unwrap_or(command.get_name());
    let about = command.get_long_about().or(command.get_about());
    let usage = command.clone().render_usage().to_string();
    let usage = usage.trim_start_matches("Usage:").trim();
    let mut text = format!("## `{name}`\n\n");
    if let Some(about) = about {
        text.push_str(&format!("{about}\n\n"));
    }
    let usage: Vec<&str> = usage.lines().map(str::trim).collect();
    text.push_str(&format!("```text\n{}\n```\n\n", usage.join("\n")));
    // What every command takes is said once, with the first.
    let is_main = command.get_name() == "git-coord";
    let shown = |arg: &&Arg| {
        !arg.is_hide_set() && (is_main || !arg.is_global_set()) && arg.get_id() != "help"
    };
    let mut rows = command.get_arguments().filter(shown).peekable();
    if rows.peek().is_some() {
        text.push_str("| | |\n|---|---|\n");
        rows.for_each(|arg| text.push_str(&of_arg(arg)));
        text.push('\n');
    }
    if let Some(more) = command.get_after_help().filter(|_| !is_main) {
        text.push_str(&format!("```text\n{more}\n```\n\n"));
    }
    text
}

fn of_arg(arg: &Arg) -> String {
    let values = arg.get_value_names().unwrap_or_default().join(" ");
    let takes_value = matches!(arg.get_action(), ArgAction::Set | ArgAction::Append);
    let name = match (arg.get_short(), arg.get_long()) {
        (None, None) => format!("<{values}>"),
        (short, long) => {
            let short = short.map(|short| format!("-{short}"));
            let long = long.map(|long| format!("--{long}"));
            let names: Vec<String> = short.into_iter().chain(long).collect();
            let equals = if arg.is_require_equals_set() {
                "[="
            } else {
                " <"
            };
            let close = if arg.is_require_equals_set() {
                "]"
            } else {
                ">"
            };
            let value = if takes_value {
                format!("{equals}{values}{close}")
            } else {
                String::new()
            };
            format!("{}{value}", names.join(", "))
        }
    };
    let about = arg.get_long_help().or(arg.get_help());
    let mut about = about
        .map(ToString::to_string)
        .unwrap_or_default()
        .replace('\n', " ");
    let choices: Vec<String> = arg
        .get_possible_values()
        .iter()
        .filter(|value| !value.is_hide_set() && takes_value)
        .map(|value| format!("`{}`", value.get_name()))
        .collect();
    if !choices.is_empty() {
        about.push_str(&format!(": {}", choices.join(", ")));
    }
    let default: Vec<_> = arg
        .get_default_values()
        .iter()
        .map(|value| value.to_string_lossy())
        .collect();
    if takes_value && !default.is_empty() {
        about.push_str(&format!(" [default: {}]", default.join(" ")));
    }
    let [name, about] = [name, about].map(|cell| cell.replace('|', "\\|"));
    format!("| `{name}` | {about} |\n")
}
