//! Properties that hold for every key, tried on random ones and against slow, obvious oracles.

#![allow(clippy::unwrap_used)] // a panic is how a test says no

use std::sync::LazyLock;

use proptest::prelude::*;
use unicode_normalization::UnicodeNormalization;

use super::*;
use crate::model::place::{Place, decode_component, encode_component};

/// Components that have tripped programs before, beside random bytes.
fn component() -> impl Strategy<Value = Vec<u8>> {
    prop_oneof![
        3 => proptest::collection::vec(any::<u8>(), 1..6),
        3 => "[a-bA-B.:*?\\[\\]\\\\ !\"%^+=~é\u{e9}-]{1,4}".prop_map(String::into_bytes),
        2 => "(con|nul|com1|\\.git|\\.gitmodules|\\.GIT|a\\.|e\u{301}|CON\\.txt|\\.\\.a)"
            .prop_map(String::into_bytes),
        1 => proptest::collection::vec(any::<u8>(), 190..260),
    ]
}

fn kind() -> impl Strategy<Value = Kind> {
    prop_oneof![Just(Kind::File), Just(Kind::Dir)]
}

/// Any path key.
fn path() -> impl Strategy<Value = PathKey> {
    (proptest::collection::vec(component(), 1..4), kind())
        .prop_filter_map("not a path", |(names, kind)| {
            PathKey::new(&names.join(&b'/'), kind).ok()
        })
}

/// Path keys that are often related.
fn near_path() -> impl Strategy<Value = PathKey> {
    ("([abA+.]{1,2}(/[ab]{1,2}){0,3})?", kind()).prop_filter_map("not a path", |(text, kind)| {
        let kind = if text.is_empty() { Kind::Dir } else { kind };
        PathKey::new(text.as_bytes(), kind).ok()
    })
}

/// Small patterns over `a` and `b`: each component has at most two elements, or an extension, so
/// that two that meet do so in one of the names that are tried.
fn near_pattern() -> impl Strategy<Value = String> {
    let name = "(\\*|[ab?]|\\[ab\\]|\\[!a\\]){1,2}";
    let name = name.prop_map(|name| if name == "**" { "*".to_owned() } else { name });
    let file = prop_oneof![Just("*.a"), Just("*.b"), Just("[ab].a")].prop_map(str::to_owned);
    let segment = prop_oneof![3 => name, 1 => file, 1 => Just("**".to_owned())];
    proptest::collection::vec(segment, 1..4)
        .prop_filter("too long", |names| {
            names.iter().filter(|name| *name != "**").count() <= 2
        })
        .prop_map(|names| names.join("/"))
}

fn near_glob() -> impl Strategy<Value = (String, GlobKey)> {
    near_pattern().prop_filter_map("no wildcard", |text| {
        GlobKey::read_exact(text.as_bytes())
            .ok()
            .map(|key| (text, key))
    })
}

/// Keys on the paths that the oracles try.
fn near_key() -> impl Strategy<Value = Key> {
    prop_oneof![
        near_path().prop_map(Key::Path),
        near_glob().prop_map(|(_, key)| Key::Glob(key)),
    ]
}

/// Any pattern that can be read.
fn glob() -> impl Strategy<Value = GlobKey> {
    let wild = "[ab*?\\[\\]!^\\\\/: .\"-]{1,12}".prop_map(String::into_bytes);
    let parts = proptest::collection::vec(component(), 0..3).prop_map(|names| names.join(&b'*'));
    prop_oneof![wild, parts].prop_filter_map("not a pattern", |text| GlobKey::new(&text).ok())
}

fn logical() -> impl Strategy<Value = LogicalKey> {
    let prefix = prop_oneof![
        Just("api"),
        Just("db"),
        Just("event"),
        Just("flag"),
        Just("env"),
        Just("contract"),
        Just("feature"),
        Just("team")
    ];
    let value = prop_oneof![
        "(get |POST |\\* )?/?([aB]?[/.:_-]?){0,3}(/|\\*)?",
        "(schema:)?[abA]{1,2}([.:/_-][ab]{1,2}){0,2}[.:/_-]?\\*?",
        "\\PC{1,8}",
    ];
    (prefix, value).prop_filter_map("not a key", |(prefix, value)| {
        LogicalKey::new(prefix, &value).ok()
    })
}

pub(super) fn any_key() -> impl Strategy<Value = Key> {
    prop_oneof![
        path().prop_map(Key::Path),
        near_path().prop_map(Key::Path),
        glob().prop_map(Key::Glob),
        near_glob().prop_map(|(_, key)| Key::Glob(key)),
        logical().prop_map(Key::Logical),
    ]
}

/// All paths of up to four components with short names.
static PATHS: LazyLock<Vec<String>> = LazyLock::new(|| {
    let names = [
        "a", "b", "aa", "ab", "ba", "bb", ".a", ".b", "a.a", "a.b", "b.a", "b.b",
    ];
    let mut paths: Vec<String> = names.map(str::to_owned).to_vec();
    let mut from = 0;
    for _ in 0..3 {
        let longer: Vec<String> = paths[from..]
            .iter()
            .flat_map(|path| names.map(|name| format!("{path}/{name}")))
            .collect();
        from = paths.len();
        paths.extend(longer);
    }
    paths
});

/// Matches by the words of the documentation, trying everything.
fn matches(pattern: &[&str], path: &[&str]) -> bool {
    match (pattern, path) {
        ([], []) => true,
        (["**"], []) => false,
        (["**"], _) => true,
        (["**", rest @ ..], _) => (0..=path.len()).any(|skip| matches(rest, &path[skip..])),
        ([name, rest @ ..], [first, others @ ..]) => {
            name_matches(name.as_bytes(), first.as_bytes()) && matches(rest, others)
        }
        _ => false,
    }
}

fn name_matches(pattern: &[u8], name: &[u8]) -> bool {
    match (pattern, name) {
        ([], []) => true,
        ([b'*', rest @ ..], _) => (0..=name.len()).any(|skip| name_matches(rest, &name[skip..])),
        ([b'?', rest @ ..], [_, others @ ..]) => name_matches(rest, others),
        ([b'[', b'!', not, b']', rest @ ..], [byte, others @ ..]) => {
            not != byte && name_matches(rest, others)
        }
        ([b'[', one, two, b']', rest @ ..], [byte, others @ ..]) => {
            (one == byte || two == byte) && name_matches(rest, others)
        }
        ([b'?' | b'[', ..], []) => false,
        ([own, rest @ ..], [byte, others @ ..]) => own == byte && name_matches(rest, others),
        _ => false,
    }
}

/// Says whether the pattern matches the path, or a directory above it if it is not about files.
fn guards(pattern: &str, path: &str) -> bool {
    let about_files = pattern.ends_with(".a") || pattern.ends_with(".b");
    let pattern: Vec<&str> = pattern.split('/').collect();
    let path: Vec<&str> = path.split('/').collect();
    let first = if about_files { path.len() } else { 1 };
    (first..=path.len()).any(|end| matches(&pattern, &path[..end]))
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 256, failure_persistence: None, ..Default::default() })]

    #[test]
    fn components_come_back(bytes in proptest::collection::vec(any::<u8>(), 0..700)) {
        let text = encode_component(&bytes);
        prop_assert_eq!(decode_component(&text), Ok(bytes));
        prop_assert!(Place::new(&text).is_ok(), "{}", text);
    }

    #[test]
    fn only_encodings_decode(text in "[ab%^+/.0-9efg=]{0,8}") {
        if let Ok(bytes) = decode_component(&text) {
            prop_assert_eq!(encode_component(&bytes), text);
        }
    }

    #[test]
    fn text_and_place_lead_back(key in any_key()) {
        let text = key.to_string();
        prop_assert!(!text.contains(text::is_deceptive));
        prop_assert_eq!(Key::parse(&text), Ok(key.clone()));
        prop_assert_eq!(Key::from_place(&key.place()), Ok(key.clone()));
        prop_assert!(Place::new(key.place().as_str()).is_ok());
        let json = serde_json::to_string(&key).unwrap();
        prop_assert_eq!(serde_json::from_str::<Key>(&json).unwrap(), key);
    }

    /// A place leads back to its key, so two keys never share one; and since folding changes no
    /// place, they do not share one after folding either.
    #[test]
    fn places_survive_every_disk(key in any_key()) {
        let place = key.place();
        let text = place.as_str();
        prop_assert_eq!(text.to_lowercase(), text);
        prop_assert_eq!(text.nfc().collect::<String>(), text);
        prop_assert_eq!(text.nfkd().collect::<String>(), text);
        for level in place.components() {
            prop_assert_eq!(level.trim_end_matches(['.', ' ']), level);
            prop_assert!(level.len() <= 201 && !level.contains(['\\', ':', '*', '?', '<', '>', '|', '"']));
        }
    }

    #[test]
    fn no_place_is_below_another(one in any_key(), two in any_key()) {
        let (one, two) = (one.place(), two.place());
        let below = format!("{}/", one.as_str());
        prop_assert!(!two.as_str().starts_with(&below), "{} {}", one, two);
    }

    #[test]
    fn canonical_patterns_stay(pattern in "[ab*?\\[\\]!^\\\\/: .-]{1,12}") {
        if let Ok(key) = GlobKey::new(pattern.as_bytes()) {
            let exact = key.exact();
            prop_assert_eq!(GlobKey::read_exact(&exact), Ok(key));
        }
    }

    #[test]
    fn canonical_values_stay(key in logical()) {
        prop_assert_eq!(LogicalKey::new(key.prefix(), key.value()), Ok(key));
    }

    #[test]
    fn overlap_is_symmetric_and_looked_up(one in any_key(), two in any_key()) {
        prop_assert!(one.overlaps(&one));
        let overlap = one.overlaps(&two);
        prop_assert_eq!(two.overlaps(&one), overlap);
        prop_assert!(!overlap || one.lookups().contains(&two.place()), "{} misses {}", one, two);
        prop_assert!(!overlap || two.lookups().contains(&one.place()), "{} misses {}", two, one);
    }

    #[test]
    fn path_lookups_are_exact(one in near_path(), two in near_path()) {
        let (one, two) = (Key::Path(one), Key::Path(two));
        prop_assert_eq!(one.lookups().contains(&two.place()), one.overlaps(&two), "{} {}", one, two);
    }

    #[test]
    fn logical_lookups_miss_nothing(one in logical(), two in logical()) {
        let two = LogicalKey::new(one.prefix(), two.value()).unwrap_or(two);
        let (one, two) = (Key::Logical(one), Key::Logical(two));
        prop_assert_eq!(one.overlaps(&two), two.overlaps(&one));
        if one.overlaps(&two) {
            prop_assert!(one.lookups().contains(&two.place()), "{} misses {}", one, two);
            prop_assert!(two.lookups().contains(&one.place()), "{} misses {}", two, one);
        }
    }

    #[test]
    fn path_overlap_is_a_common_ancestor_line(one in near_path(), two in near_path()) {
        let [names, others] = [&one, &two].map(|key| key.components().collect::<Vec<_>>());
        let expected = names.iter().zip(&others).all(|(name, other)| name == other);
        prop_assert_eq!(one.overlaps(&two), expected);
    }

}

proptest! {
    // The oracles try twenty thousand paths a case.
    #![proptest_config(ProptestConfig { cases: 64, failure_persistence: None, ..Default::default() })]

    #[test]
    fn a_pattern_guards_what_it_matches((text, glob) in near_glob()) {
        for path in PATHS.iter() {
            prop_assert_eq!(glob.covers(path.as_bytes()), guards(&text, path));
        }
    }

    #[test]
    fn patterns_overlap_if_a_path_is_guarded_by_both(
        (one, first) in near_glob(), (two, second) in near_glob()
    ) {
        let both = PATHS.iter().find(|path| guards(&one, path) && guards(&two, path));
        prop_assert_eq!(first.overlaps(&second), both.is_some(), "{} {} {:?}", one, two, both);
    }

    #[test]
    fn a_pattern_overlaps_a_path_if_a_file_is_guarded_by_both(
        (text, glob) in near_glob(), path in "[ab]{1,2}(/[ab]{1,2})?", kind in kind()
    ) {
        let key = PathKey::new(path.as_bytes(), kind).unwrap();
        let both = PATHS.iter().find(|file| guards(&text, file) && key.covers(file.as_bytes()));
        // The pattern begins inside of what is a file.
        let inside = kind == Kind::File && text.starts_with(&format!("{path}/"));
        prop_assert_eq!(glob.overlaps_path(&key), both.is_some() || inside, "{} {}", text, path);
        prop_assert!(glob.overlaps_path(&PathKey::root()));
        let (glob, key) = (Key::Glob(glob), Key::Path(key));
        if glob.overlaps(&key) {
            prop_assert!(glob.lookups().contains(&key.place()));
            prop_assert!(key.lookups().contains(&glob.place()));
        }
    }

    #[test]
    fn no_file_is_guarded_by_two_keys_apart(one in near_key(), two in near_key()) {
        if !one.overlaps(&two) {
            for path in PATHS.iter().map(String::as_bytes) {
                prop_assert!(!one.covers_path(path) || !two.covers_path(path), "{} {}", one, two);
            }
        }
    }
}

/// Within one component, with every pattern of up to four elements: shorter than random, complete.
#[test]
fn names_meet_exactly() {
    let mut names: Vec<String> = vec![String::new()];
    let mut strings: Vec<String> = vec![String::new()];
    for _ in 0..3 {
        let longer = |all: &[String], marks: &[&str]| -> Vec<String> {
            all.iter()
                .flat_map(|name| marks.iter().map(move |mark| format!("{name}{mark}")))
                .collect()
        };
        names.extend(longer(&names, &["a", "*", "?", "[!a]"]));
        strings.extend(longer(&strings, &["a", "b"]));
    }
    for _ in 0..2 {
        strings = strings
            .iter()
            .flat_map(|text| ["a", "b", ""].map(|mark| format!("{text}{mark}")))
            .collect();
    }
    for all in [&mut names, &mut strings] {
        all.retain(|text| !text.is_empty() && !text.contains("**"));
        all.sort();
        all.dedup();
    }
    let matched: Vec<Vec<bool>> = names
        .iter()
        .map(|name| {
            strings
                .iter()
                .map(|text| name_matches(name.as_bytes(), text.as_bytes()))
                .collect()
        })
        .collect();
    let globs: Vec<Option<GlobKey>> = names
        .iter()
        .map(|name| GlobKey::read_exact(name.as_bytes()).ok())
        .collect();
    for (one, first) in globs.iter().enumerate() {
        for (two, second) in globs.iter().enumerate() {
            let (Some(first), Some(second)) = (first, second) else {
                continue;
            };
            let expected = matched[one]
                .iter()
                .zip(&matched[two])
                .any(|(one, two)| *one && *two);
            assert_eq!(
                first.overlaps(second),
                expected,
                "{} {}",
                names[one],
                names[two]
            );
        }
    }
}
