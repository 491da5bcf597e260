//! Secrets that are known by what is around them: keys in armour, signed tokens, passwords in
//! addresses, headers.

use super::Finding;
use super::guess::{is_placeholder, is_random};

/// Shortest part of a signed token.
const PART_MIN: usize = 10;
/// Shortest token of a header.
const BEARER_MIN: usize = 16;
/// Longest name of an address's scheme, and of the user and the password in it.
const SCHEME_MAX: usize = 24;
const USER_INFO_MAX: usize = 256;

/// What nobody keeps secret, in addresses that show how one is written.
const WELL_KNOWN: &[&str] = &[
    "password",
    "passwd",
    "pass",
    "pwd",
    "pw",
    "secret",
    "token",
    "user",
    "username",
    "admin",
    "root",
    "test",
    "guest",
    "postgres",
    "mysql",
    "hunter2",
    "x-oauth-basic",
    "key",
    "apikey",
    "pa55word",
    "p",
    "s3cret",
];

/// Where a text has what a rule is about.
type Look = fn(&str) -> Option<usize>;

pub(super) fn find(text: &str, is_asked: &dyn Fn(&str) -> bool) -> Option<Finding> {
    let rules: [(&'static str, Look); 5] = [
        ("private-key", private_key),
        ("jwt", signed_token),
        ("url-password", address),
        ("authorization", header),
        ("telegram-token", telegram),
    ];
    let asked = rules.into_iter().filter(|(rule, _)| is_asked(rule));
    asked
        .filter_map(|(rule, look)| look(text).map(|at| Finding { at, rule }))
        .min()
}

/// The places of a text after which `look` finds something.
fn each(text: &str, mark: &str, look: impl Fn(usize) -> Option<usize>) -> Option<usize> {
    text.match_indices(mark).find_map(|(at, _)| look(at))
}

/// The armour of a key, whatever is in it.
fn private_key(text: &str) -> Option<usize> {
    let armoured = each(text, "-----BEGIN ", |at| {
        // In JSON the end of the line is `\n` in two characters.
        let line = text[at..].lines().next().unwrap_or_default();
        let head = line.find("PRIVATE KEY")?;
        line[head..].contains("-----").then_some(at)
    });
    armoured.or_else(|| text.find("PuTTY-User-Key-File-"))
}

/// Three parts in URL-safe base64, of which the first two are JSON objects.
fn signed_token(text: &str) -> Option<usize> {
    let bytes = text.as_bytes();
    let part = |from: usize| {
        let of_it = |byte: &&u8| byte.is_ascii_alphanumeric() || b"_-".contains(*byte);
        bytes[from..].iter().take_while(of_it).count()
    };
    each(text, "eyJ", |at| {
        let is_inside = at > 0 && bytes[at - 1].is_ascii_alphanumeric();
        let mut next = at;
        for is_last in [false, false, true] {
            let length = part(next);
            let is_object = is_last || text[next..].starts_with("eyJ");
            if length < PART_MIN || !is_object {
                return None;
            }
            next += length;
            if !is_last {
                if bytes.get(next) != Some(&b'.') {
                    return None;
                }
                next += 1;
            }
        }
        (!is_inside).then_some(at)
    })
}

/// `scheme://user:password@host`; the place is that of the password.
fn address(text: &str) -> Option<usize> {
    each(text, "://", |at| {
        let scheme = text.as_bytes()[..at].iter().rev().take(SCHEME_MAX);
        let scheme =
            scheme.take_while(|byte| byte.is_ascii_alphanumeric() || b"+-.".contains(byte));
        if scheme.count() == 0 {
            return None;
        }
        let from = at + 3;
        let ends = |c: char| c.is_whitespace() || "/?#\"'`<>|".contains(c);
        let end = text[from..].find(ends).map_or(text.len(), |end| from + end);
        let info = &text[from..end];
        let info = &info[..info.rfind('@')?];
        let (user, password) = info.split_once(':')?;
        let is_reference = password.contains(['$', '{', '}', '*', '(', '['])
            || password.starts_with('%') && password.ends_with('%')
            || password.starts_with("...");
        let is_known = password == user
            || password.contains('…')
            || WELL_KNOWN
                .iter()
                .any(|word| password.eq_ignore_ascii_case(word));
        let is_one = (1..=USER_INFO_MAX).contains(&info.len())
            && !password.is_empty()
            && !is_reference
            && !is_known
            && !is_placeholder_of_any_length(password);
        is_one.then_some(from + user.len() + 1)
    })
}

/// A short password has few different characters and is none the less one.
fn is_placeholder_of_any_length(password: &str) -> bool {
    let row = password
        .bytes()
        .all(|byte| Some(byte) == password.bytes().next());
    row || password.len() >= 8 && is_placeholder(password.as_bytes())
}

/// `Bearer …` and `Basic …`, as in a request's header.
fn header(text: &str) -> Option<usize> {
    ["Bearer ", "bearer ", "Basic ", "basic "]
        .into_iter()
        .filter_map(|mark| {
            each(text, mark, |at| {
                let from = at + mark.len();
                let of_it = |byte: &u8| byte.is_ascii_alphanumeric() || b"_-./+=~".contains(byte);
                let token = text.as_bytes()[from..]
                    .iter()
                    .take_while(|byte| of_it(byte));
                let token = &text.as_bytes()[from..from + token.count()];
                let is_one = token.len() >= BEARER_MIN && !is_path(token) && is_random(token);
                is_one.then_some(from)
            })
        })
        .min()
}

/// Whether a value names a file. Base64 has a slash too, but not only lower case beside it.
pub(super) fn is_path(value: &[u8]) -> bool {
    let begins = [&b"/"[..], b"./", b"../", b"~/", b"\\\\"];
    let is_drive = value.len() > 2 && value[1] == b':' && b"\\/".contains(&value[2]);
    begins.iter().any(|begin| value.starts_with(begin))
        || is_drive
        || value.contains(&b'/')
            && !value
                .iter()
                .any(|byte| byte.is_ascii_uppercase() || b"+=".contains(byte))
}

/// `123456789:AA…`: the number of a bot and its token.
fn telegram(text: &str) -> Option<usize> {
    let bytes = text.as_bytes();
    each(text, ":AA", |at| {
        let number = bytes[..at]
            .iter()
            .rev()
            .take_while(|byte| byte.is_ascii_digit());
        let number = number.count();
        let before = at.checked_sub(number + 1).map(|at| bytes[at]);
        let is_number =
            (8..=10).contains(&number) && !before.is_some_and(|byte| byte.is_ascii_alphanumeric());
        let of_it = |byte: &&u8| byte.is_ascii_alphanumeric() || b"_-".contains(*byte);
        let token = bytes[at + 1..].iter().take_while(of_it).count();
        let body = &bytes[at + 1..at + 1 + token];
        (is_number && token == 35 && !is_placeholder(body)).then_some(at - number)
    })
}
