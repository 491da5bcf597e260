//! How far something reaches in the text of a script that begins with brackets.

/// Where the bracket is that ends what begins here; the end of the text if there is none.
pub(super) fn past_brackets(text: &[u8], mut at: usize) -> usize {
    let mut depth = 1_usize;
    let mut quote = None;
    let mut texts: Vec<Vec<u8>> = Vec::new();
    while let Some(&byte) = text.get(at) {
        let rest = text.get(at..).unwrap_or_default();
        match (quote, byte) {
            (Some(b'\''), b'\'') | (Some(b'"'), b'"') | (Some(b'`'), b'`') => quote = None,
            (Some(b'\''), _) => {}
            (_, b'\\') => at += 1,
            (Some(_), _) => {}
            (None, b'\'' | b'"' | b'`') => quote = Some(byte),
            (None, b'(') => depth += 1,
            (None, b')') => {
                depth -= 1;
                if depth == 0 {
                    return at;
                }
            }
            // Quotes and brackets in a text below count for nothing.
            (None, b'<') if rest.starts_with(b"<<") && !rest.starts_with(b"<<<") => {
                let (end, length) = end_of_text(rest);
                texts.push(end);
                at += length;
                continue;
            }
            (None, b'\n') if !texts.is_empty() => {
                at += 1;
                for end in std::mem::take(&mut texts) {
                    at = past_text(text, at, &end);
                }
                continue;
            }
            (None, _) => {}
        }
        at += 1;
    }
    text.len()
}

/// The word that ends a text, and how long it is with the angles before it.
fn end_of_text(rest: &[u8]) -> (Vec<u8>, usize) {
    let is_before = |byte: &u8| b"<- \t".contains(byte);
    let before = rest.iter().take_while(|byte| is_before(byte)).count();
    let word = rest.get(before..).unwrap_or_default();
    let is_part = |byte: &u8| !b" \t\r\n;|&()<>".contains(byte);
    let length = word.iter().take_while(|byte| is_part(byte)).count();
    let end = word.get(..length).unwrap_or_default().iter();
    let end = end.filter(|byte| !b"'\"\\".contains(byte));
    (end.copied().collect(), before + length)
}

/// Behind the line that ends a text.
fn past_text(text: &[u8], mut at: usize, end: &[u8]) -> usize {
    while let Some(rest) = text.get(at..).filter(|rest| !rest.is_empty()) {
        let mut lines = rest.splitn(2, |byte| *byte == b'\n');
        let line = lines.next().unwrap_or_default();
        at += line.len() + 1;
        let tabs = line.iter().take_while(|byte| **byte == b'\t').count();
        if line.get(tabs..) == Some(end) {
            break;
        }
    }
    at.min(text.len())
}

/// Behind `))`, or at the end of the text.
pub(super) fn past_arithmetic(text: &[u8], from: usize) -> usize {
    let rest = text.get(from..).unwrap_or_default();
    let end = rest.windows(2).position(|pair| pair == b"))");
    end.map_or(text.len(), |end| from + end + 2)
}
