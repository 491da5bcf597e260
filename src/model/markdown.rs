//! Text of others on pages of Markdown, such as a board, a comment or the summary of a job.

use super::text::shown;

/// Longest text in a cell, in characters.
const CELL_CHARS_MAX: usize = 160;

/// Text of others in a cell: nothing in it is markup, a link, or the end of the cell.
pub fn cell(text: &str) -> String {
    let mut cell = String::new();
    let text = shown(text);
    let mut chars = text.chars().peekable();
    for _ in 0..CELL_CHARS_MAX {
        let Some(c) = chars.next() else { break };
        // An address is made a link by what stands before its slashes.
        let is_plain = match c {
            ':' => chars.peek() != Some(&'/'),
            c => !c.is_ascii_punctuation() || "./,;='?%^-+()".contains(c),
        };
        if !is_plain {
            cell.push('\\');
        }
        cell.push(c);
    }
    if chars.next().is_some() {
        cell.push('…');
    }
    cell
}

#[cfg(test)]
mod tests {
    use super::cell;

    #[test]
    fn nothing_that_others_write_is_markup() {
        for (text, is) in [
            ("plain text, v1.2", "plain text, v1.2"),
            ("a | b", "a \\| b"),
            ("<img src=x>", "\\<img src=x\\>"),
            ("[x](http://y)", "\\[x\\](http\\://y)"),
            ("at 12:30 (or so)", "at 12:30 (or so)"),
            ("`*_~#", "\\`\\*\\_\\~\\#"),
            ("@all", "\\@all"),
            ("one\ntwo\u{1b}[1m", "one\\\\u\\{a\\}two\\\\u\\{1b\\}\\[1m"),
        ] {
            assert_eq!(cell(text), is);
        }
        assert!(cell(&"x".repeat(1_000)).chars().count() < 200);
    }
}
