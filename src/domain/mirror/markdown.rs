//! Texts of others on a page: nothing in them is markup, a link, a mention or a reference.

use crate::model::text::shown;

/// Most characters of one text.
const CHARS_MAX: usize = 160;

/// A text as code, in which a page finds neither people nor issues. It may stand in a table.
pub(super) fn code(text: &str) -> String {
    let text = bounded(text).replace('|', "\\|");
    let longest = text.split(|c| c != '`').map(str::len).max().unwrap_or(0);
    let fence = "`".repeat(longest + 1);
    // A backtick at an end would be part of the fence; one blank at each end is taken off.
    let needs_room = text.starts_with(['`', ' ']) || text.ends_with(['`', ' ']) || text.is_empty();
    let room = if needs_room { " " } else { "" };
    format!("{fence}{room}{text}{room}{fence}")
}

/// A text in a line without markup, such as a status.
pub(super) fn plain(text: &str, most: usize) -> String {
    let text = shown(text);
    match text.char_indices().nth(most) {
        None => text,
        Some(_) => format!("{}…", text.chars().take(most - 1).collect::<String>()),
    }
}

/// A text in a node of a Mermaid chart.
pub(super) fn node(text: &str) -> String {
    let plain = |c: char| match c {
        c if c.is_alphanumeric() || " ./-_:,".contains(c) => c.to_string(),
        c => format!("#{};", u32::from(c)),
    };
    bounded(text).chars().map(plain).collect()
}

fn bounded(text: &str) -> String {
    plain(text, CHARS_MAX)
}

#[cfg(test)]
mod tests {
    use super::{code, node, plain};

    #[test]
    fn nothing_gets_out_of_code() {
        for (text, is) in [
            ("src/a.rs", "`src/a.rs`"),
            ("a`b", "``a`b``"),
            ("`a", "`` `a ``"),
            ("a | b", "`a \\| b`"),
            ("", "`  `"),
            ("@all #1", "`@all #1`"),
            ("a\nb", "`a\\u{a}b`"),
        ] {
            assert_eq!(code(text), is);
        }
        assert!(code(&"`".repeat(1000)).chars().count() < 600);
        assert_eq!(node("a\"]:::x"), "a#34;#93;:::x");
        assert_eq!(plain("abcdef", 4), "abc…");
    }
}
