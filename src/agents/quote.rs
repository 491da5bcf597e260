//! Words of others on their way into what a model reads: in one line, cut, cleaned, in quotes.

use crate::model::id::Actor;
use crate::model::text::shown;

/// Longest reason for a no, in characters.
pub(super) const REASON_MAX: usize = 3_000;

/// A text of somebody else, of at most so many characters.
pub(super) fn quoted(text: &str, most: usize) -> String {
    let line = text.split_whitespace().collect::<Vec<_>>().join(" ");
    // A quotation must not seem to end before it does.
    format!("\"{}\"", cut(&shown(&line).replace('"', "'"), most))
}

/// A text, or the beginning of it.
pub(super) fn cut(text: &str, most: usize) -> String {
    match text.char_indices().nth(most) {
        None => text.to_owned(),
        Some(_) => {
            let kept: String = text.chars().take(most.saturating_sub(1)).collect();
            format!("{kept}…")
        }
    }
}

/// Several lines, each of them clean, and not too many.
pub(super) fn lines(text: &str) -> String {
    lines_of(text, REASON_MAX)
}

/// The same of at most so many characters.
pub(super) fn lines_of(text: &str, most: usize) -> String {
    let lines: Vec<String> = text.lines().map(shown).collect();
    cut(&lines.join("\n"), most)
}

/// An agent and its session as they are typed.
pub(super) fn name(actor: &Actor) -> String {
    format!("{}/{}", actor.agent, actor.session)
}

#[cfg(test)]
mod tests {
    use super::{cut, lines, quoted};

    #[test]
    fn what_others_say_stays_within_its_quotes() {
        assert_eq!(quoted(" a\n b\t\"c\" ", 20), "\"a b 'c'\"");
        assert_eq!(quoted("\u{1b}[2J\u{202e}x", 40), "\"\\u{1b}[2J\\u{202e}x\"");
        assert_eq!(quoted("ääääää", 4), "\"äää…\"");
        assert_eq!(cut("abc", 3), "abc");
        assert_eq!(lines("a\u{7}\nb"), "a\\u{7}\nb");
    }
}
