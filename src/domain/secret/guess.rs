//! Whether a value looks as if a machine or a careful person made it up, or only stands for one.

/// Words of examples and of values that are to be filled in.
const STANDS_FOR: &[&[u8]] = &[
    b"example",
    b"placeholder",
    b"redacted",
    b"removed",
    b"changeme",
    b"change-me",
    b"change_me",
    b"replace",
    b"insert",
    b"your",
    b"dummy",
    b"sample",
    b"fake",
    b"foobar",
    b"xxxx",
    b"****",
    b"....",
];
/// Fewer different characters than this are a row of something.
const DIFFERENT_MIN: usize = 4;
/// Entropy of a character, in bits, of what is random enough at the length of a password.
const BITS_MIN: f64 = 2.9;
/// Most digits that a name or a word has at its end: `sha256`, `v2`, `ed25519` are names.
const TAIL_DIGITS_MAX: usize = 3;

/// Whether a value only stands for one: `xxxx`, `<token>`, `your-key-here`, `EXAMPLE`.
pub(super) fn is_placeholder(value: &[u8]) -> bool {
    let mut seen = [false; 256];
    value
        .iter()
        .for_each(|byte| seen[usize::from(*byte)] = true);
    if seen.iter().filter(|seen| **seen).count() < DIFFERENT_MIN {
        return true;
    }
    STANDS_FOR.iter().any(|word| has(value, word))
}

/// Whether a text has a lower-case word in it, in any case.
fn has(value: &[u8], word: &[u8]) -> bool {
    value
        .windows(word.len())
        .any(|part| part.eq_ignore_ascii_case(word))
}

/// Whether there are both letters and digits.
pub(super) fn is_mixed(value: &[u8]) -> bool {
    value.iter().any(u8::is_ascii_digit) && value.iter().any(u8::is_ascii_alphabetic)
}

/// Whether a value is too irregular for a name, a path, a number or a sentence.
pub(super) fn is_random(value: &[u8]) -> bool {
    !is_placeholder(value)
        && !has(value, b"1234567")
        && !is_uuid(value)
        && !is_made_of_words(value)
        && bits(value) >= BITS_MIN
}

/// Shannon entropy of a byte, in bits.
fn bits(value: &[u8]) -> f64 {
    let mut counts = [0_u32; 256];
    value
        .iter()
        .for_each(|byte| counts[usize::from(*byte)] += 1);
    let all = value.len() as f64;
    let parts = counts.iter().filter(|count| **count > 0).map(|count| {
        let share = f64::from(*count) / all;
        -share * share.log2()
    });
    parts.sum()
}

/// `8-4-4-4-12` hexadecimal digits.
fn is_uuid(value: &[u8]) -> bool {
    let groups = value.split(|byte| *byte == b'-');
    groups.clone().map(<[u8]>::len).eq([8, 4, 4, 4, 12])
        && groups.flatten().all(u8::is_ascii_hexdigit)
}

/// Whether what stands between punctuation are words and numbers: `next_token`, `SecretString`,
/// `vault-v2`, `2024-05-01`.
fn is_made_of_words(value: &[u8]) -> bool {
    value
        .split(|byte| !byte.is_ascii_alphanumeric() && byte.is_ascii())
        .all(is_word)
}

fn is_word(part: &[u8]) -> bool {
    let is_letter = |byte: &u8| byte.is_ascii_alphabetic() || !byte.is_ascii();
    let letters = part.iter().take_while(|byte| is_letter(byte)).count();
    let digits = part[letters..].iter().filter(|byte| byte.is_ascii_digit());
    let digits = digits.count();
    if letters + digits < part.len() {
        return false;
    }
    // A word in mixed case changes it at the beginning of each part; what is drawn by lot changes
    // it at every other letter.
    let turns = part[..letters].windows(2);
    let turns = turns.filter(|two| two[0].is_ascii_lowercase() && two[1].is_ascii_uppercase());
    let is_drawn = letters >= 12 && turns.count() * 5 > letters;
    !is_drawn && (digits <= TAIL_DIGITS_MAX || letters == 0 && digits <= 10)
}
