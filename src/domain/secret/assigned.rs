//! Values that are given to what is called a password, a secret, a token or a key.

use super::Finding;
use super::carried::is_path;
use super::guess::is_random;

const RULE: &str = "assigned-secret";

/// How a name ends that holds a secret, without its punctuation. What only begins so holds
/// something about one: `token_count`, `password_file`, `secret_id`.
const NAMES: &[&str] = &[
    "password",
    "passwd",
    "passphrase",
    "passcode",
    "pwd",
    "secret",
    "token",
    "apikey",
    "accesskey",
    "authkey",
    "privatekey",
    "secretkey",
    "accountkey",
    "signingkey",
    "encryptionkey",
    "masterkey",
    "sharedkey",
    "credential",
    "credentials",
    "connectionstring",
];
/// Longest name that is looked at.
const NAME_MAX: usize = 64;
/// Shortest value: what is shorter is hardly random, and no rule could tell.
const VALUE_MIN: usize = 8;
/// Most of a value that is judged.
const VALUE_MAX: usize = 512;

pub(super) fn find(text: &str, is_asked: &dyn Fn(&str) -> bool) -> Option<Finding> {
    if !is_asked(RULE) {
        return None;
    }
    let bytes = text.as_bytes();
    // Every assignment has one of these, and most texts have few.
    let signs = bytes
        .iter()
        .enumerate()
        .filter(|(_, byte)| matches!(byte, b'=' | b':'));
    for (at, _) in signs {
        if is_secret_name(&bytes[..at])
            && let Some(at) = value_after(bytes, at)
        {
            return Some(Finding { at, rule: RULE });
        }
    }
    None
}

/// Whether what ends here, before the sign, is a name that holds a secret.
fn is_secret_name(before: &[u8]) -> bool {
    let mut letters = [0_u8; NAME_MAX];
    let mut from = NAME_MAX;
    let mut has_begun = false;
    for byte in before.iter().rev().take(2 * NAME_MAX) {
        match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' => {
                has_begun = true;
                if from == 0 {
                    break;
                }
                from -= 1;
                letters[from] = byte.to_ascii_lowercase();
            }
            b'_' | b'-' | b'.' => {}
            // Between the name and the sign: blanks, the end of a quote, `?` of an optional one.
            b' ' | b'\t' | b'"' | b'\'' | b'`' | b'\\' | b']' | b'?' | b':' if !has_begun => {}
            _ => break,
        }
    }
    let name = &letters[from..];
    NAMES.iter().any(|known| name.ends_with(known.as_bytes()))
}

/// Where the value behind the sign begins, if it looks like a secret.
fn value_after(bytes: &[u8], sign: usize) -> Option<usize> {
    let mut at = sign + 1;
    // `:=`, `=>`, `==`, and the beginning of a quote.
    while bytes.get(at).is_some_and(|byte| b"=>: \t\\".contains(byte)) {
        at += 1;
    }
    let quote = bytes.get(at).copied().filter(|byte| b"\"'`".contains(byte));
    at += usize::from(quote.is_some());
    let ends = |byte: &u8| match quote {
        Some(quote) => *byte == quote || *byte == b'\\' || *byte == b'\n',
        None => byte.is_ascii_whitespace() || b",;\"'`)}]&|\\".contains(byte),
    };
    let rest = &bytes[at..bytes.len().min(at + VALUE_MAX)];
    let length = rest.iter().position(ends).unwrap_or(rest.len());
    let value = &rest[..length];
    (value.len() >= VALUE_MIN && is_literal(value) && !is_path(value) && is_random(value))
        .then_some(at)
}

/// Whether a value is given itself, and not where it comes from: a variable, a call, a template, an
/// address.
fn is_literal(value: &[u8]) -> bool {
    let begins = [&b"$"[..], b"%", b"{", b"<", b"[", b"(", b"&", b"*", b"@"];
    let is_part = |part: &[u8]| value.windows(part.len()).any(|window| window == part);
    !begins.iter().any(|begin| value.starts_with(begin))
        && ![&b"("[..], b"[", b"${", b"{{", b"<", b"::", b"://", b" "]
            .iter()
            .any(|part| is_part(part))
        && !is_part(b"env.")
        && !is_part(b"ENV.")
}
