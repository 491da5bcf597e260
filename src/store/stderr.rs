//! What git writes on standard error: only for people, so bounded and made safe for a terminal.

/// How much of it is kept, in bytes.
pub(super) const STDERR_BYTES_MAX: usize = 4096;

/// Bounds git's words and makes them safe for a terminal.
pub(super) fn clean(bytes: &[u8]) -> String {
    let tail = &bytes[bytes.len().saturating_sub(STDERR_BYTES_MAX)..];
    let text = String::from_utf8_lossy(tail);
    let mut chars = text.trim().chars().peekable();
    let mut cleaned = String::with_capacity(text.len());
    while let Some(c) = chars.next() {
        if c == '\x1b' && chars.next_if_eq(&'[').is_some() {
            // A colour, as servers send it: without its first letter it would be noise.
            while chars.next_if(|c| (' '..='?').contains(c)).is_some() {}
            chars.next_if(|c| ('@'..='~').contains(c));
            continue;
        }
        match c {
            // Git begins the next line with it where a terminal would draw over this one.
            '\r' if chars.peek() != Some(&'\n') => cleaned.push('\n'),
            '\r' => {}
            '\n' => cleaned.push(c),
            c if c.is_control() => cleaned.push(' '),
            c => cleaned.push(c),
        }
    }
    cleaned
}

#[cfg(test)]
mod tests {
    use super::clean;

    #[test]
    fn what_draws_on_a_terminal_becomes_plain_lines() {
        for (said, kept) in [
            ("  fatal: no\n", "fatal: no"),
            ("one\r\ntwo\rthree\n", "one\ntwo\nthree"),
            ("\x1b[1;31mred\x1b[0m\x1b[K \x07bell", "red  bell"),
            ("\x1b]0;title\x07 cut \x1b[31", " ]0;title  cut "),
        ] {
            assert_eq!(clean(said.as_bytes()), kept, "{said:?}");
        }
    }
}
