//! The end of what a check printed, as it goes into a record that everybody gets.

use crate::domain::secret;
use crate::model::text::{Long, shown};

/// How much of the output is looked at, in bytes.
pub(super) const WINDOW: usize = 16 * 1024;
/// Most lines of it.
const LINES_MAX: usize = 20;
/// Most of it, in bytes.
const BYTES_MAX: usize = 2 * 1024;

/// The last lines of an output, without what a terminal would obey; nothing where the output is
/// blank, or looks as if there were a secret in it.
pub(super) fn of(window: &[u8]) -> Option<Long> {
    let text = plain(&String::from_utf8_lossy(window));
    if secret::is_suspect(&text) {
        return None;
    }
    let lines: Vec<&str> = text.trim_end().lines().collect();
    let last = lines[lines.len().saturating_sub(LINES_MAX)..].join("\n");
    if last.len() <= BYTES_MAX {
        return last.try_into().ok();
    }
    let mut starts = last.len() - BYTES_MAX + '…'.len_utf8()..last.len();
    let from = starts.find(|from| last.is_char_boundary(*from))?;
    format!("…{}", &last[from..]).try_into().ok()
}

/// A text without colours and cursor movements: of a line that was written over, what stood there
/// last.
fn plain(text: &str) -> String {
    let line = |line: &str| {
        let line = without_escapes(line.trim_end_matches('\r'));
        let last = line.rsplit('\r').next().unwrap_or_default();
        shown(&last.replace('\t', "    "))
    };
    text.lines().map(line).collect::<Vec<_>>().join("\n")
}

/// Leaves out what begins with an escape character, as ECMA-48 has it.
fn without_escapes(line: &str) -> String {
    let mut out = String::with_capacity(line.len());
    let mut rest = line.chars();
    while let Some(c) = rest.next() {
        if c != '\u{1b}' {
            out.push(c);
            continue;
        }
        match rest.next() {
            // Parameters, until a letter ends them.
            Some('[') => drop(rest.find(|c| matches!(c, '\u{40}'..='\u{7e}'))),
            // A text, such as a title or a link, until a bell or another escape ends it.
            Some(']' | 'P' | 'X' | '^' | '_') => {
                if rest.find(|c| matches!(c, '\u{7}' | '\u{1b}')) == Some('\u{1b}') {
                    rest.next();
                }
            }
            Some('(' | ')' | '*' | '+' | '#' | '%' | ' ') => drop(rest.next()),
            Some(_) | None => {}
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::{BYTES_MAX, of};

    fn tail(text: &str) -> String {
        of(text.as_bytes()).map_or_else(String::new, |tail| tail.as_str().to_owned())
    }

    #[test]
    fn what_a_terminal_obeys_is_left_out() {
        for (printed, kept) in [
            ("\u{1b}[31mred\u{1b}[0m\n", "red"),
            ("10%\r50%\r100%\r\ndone\n", "100%\ndone"),
            (
                "\u{1b}]8;;http://x\u{1b}\\link\u{1b}]8;;\u{7} end",
                "link end",
            ),
            ("a\tb\u{7}\n", "a    b\\u{7}"),
            ("\u{1b}(Bplain\u{1b}", "plain"),
            ("\n\n", ""),
            ("", ""),
        ] {
            assert_eq!(tail(printed), kept, "{printed:?}");
        }
        assert_eq!(
            of(b"bad \xff byte").map(|tail| tail.as_str().to_owned()),
            Some("bad \u{fffd} byte".into())
        );
    }

    #[test]
    fn only_the_end_is_kept() {
        let many: String = (1..=30).map(|n| format!("line {n}\n")).collect();
        let kept = tail(&many);
        assert!(
            kept.starts_with("line 11\n") && kept.ends_with("line 30"),
            "{kept}"
        );
        let long = "ä".repeat(3000);
        let kept = tail(&long);
        assert!(
            kept.starts_with('…') && kept.len() <= BYTES_MAX,
            "{}",
            kept.len()
        );
        assert!(kept.ends_with('ä') && kept.len() > BYTES_MAX - 8);
    }

    #[test]
    fn an_output_with_a_secret_is_kept_here() {
        let secret = ["AKIA", "QYLPMN5HFIQR7XYA"].concat();
        let printed = format!("{secret}\n{}", "fine\n".repeat(40));
        assert_eq!(tail(&printed), "");
    }
}
