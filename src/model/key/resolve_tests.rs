//! What people type, over a working tree that is a table.

#![allow(clippy::unwrap_used)] // a panic is how a test says no

use std::collections::BTreeMap;

use proptest::prelude::*;

use super::properties::any_key;
use super::*;

/// A working tree in memory; a link is followed by its target.
#[derive(Default)]
struct Fake {
    entries: BTreeMap<Vec<u8>, Entry>,
    links: BTreeMap<Vec<u8>, Option<Vec<u8>>>,
}

impl Fake {
    fn new() -> Fake {
        let mut fake = Fake::default();
        for file in [
            "README.md",
            "src/auth.rs",
            "src/db/a.sql",
            "we*rd",
            "api:GET",
            "db:users",
            "odd:name",
            "\"q\"",
            "sub/[x].rs",
            "sub/deep/f",
            "é.txt",
        ] {
            fake.entries.insert(file.into(), Entry::File);
            for (at, _) in file.match_indices('/') {
                fake.entries.insert(file[..at].into(), Entry::Dir);
            }
        }
        for (link, target) in [("link", Some("src")), ("away", None), ("top", Some(""))] {
            fake.entries.insert(link.into(), Entry::Dir);
            fake.links.insert(link.into(), target.map(Into::into));
        }
        fake
    }
}

impl WorkTree for Fake {
    fn entry(&self, path: &[u8]) -> Option<Entry> {
        self.entries.get(path).copied()
    }

    fn real(&self, path: &[u8]) -> Result<Vec<u8>, KeyError> {
        for (link, target) in &self.links {
            let Some(rest) = path
                .strip_prefix(&link[..])
                .filter(|rest| rest.starts_with(b"/"))
            else {
                continue;
            };
            let outside = || KeyError::Outside { text: shown(path) };
            let real = [target.as_ref().ok_or_else(outside)?, rest].concat();
            return Ok(real.strip_prefix(b"/").unwrap_or(&real).to_vec());
        }
        Ok(path.to_vec())
    }

    fn spelling(&self, path: &[u8]) -> Option<Vec<u8>> {
        self.entries
            .keys()
            .find(|known| known.eq_ignore_ascii_case(path))
            .cloned()
    }

    fn absolute(&self, path: &[u8]) -> Result<Vec<u8>, KeyError> {
        match path.strip_prefix(b"/repo") {
            Some(b"") => Ok(Vec::new()),
            Some([b'/', rest @ ..]) => Ok(rest.to_vec()),
            _ => Err(KeyError::Outside { text: shown(path) }),
        }
    }
}

fn with<R>(prefix: &str, ask: impl FnOnce(&mut Surroundings<'_>) -> R) -> R {
    let tree = Fake::new();
    let team_prefixes = ["team".to_owned()];
    ask(&mut Surroundings {
        prefix: prefix.as_bytes(),
        ignore_case: false,
        precompose: false,
        team_prefixes: &team_prefixes,
        strict: false,
        tree: &tree,
    })
}

fn read(prefix: &str, text: &str) -> Result<(String, Option<String>), KeyError> {
    with(prefix, |around| {
        resolve(text.as_bytes(), around).map(|found| (found.key.to_string(), found.note))
    })
}

#[test]
fn plain_readings_need_no_note() {
    let table = [
        ("", "README.md", "README.md"),
        ("", "./README.md", "README.md"),
        ("", "src//auth.rs", "src/auth.rs"),
        ("", "src/../README.md", "README.md"),
        ("", "src", "src/"),
        ("", "src/", "src/"),
        ("", "new", "new"),
        ("", "new/", "new/"),
        ("", ".", "."),
        ("", "./", "."),
        ("src", ".", "src/"),
        ("src", "..", "."),
        ("src", "auth.rs", "src/auth.rs"),
        ("src", "../new", "new"),
        ("src/db", "../../sub/deep", "sub/deep/"),
        ("src", "/repo/README.md", "README.md"),
        ("src", "/repo", "."),
        ("src", "/repo/src/", "src/"),
        ("", "link/auth.rs", "src/auth.rs"),
        ("", "top/README.md", "README.md"),
        ("", "away", "away"),
        ("", ":(literal)link", "link"),
        ("", ":(literal)src", "src/"),
        ("", "odd:name", ":(literal)odd:name"),
        ("", "./db:users", ":(literal)db:users"),
        ("", ":(literal)a*", ":(literal)a*"),
        ("src", ":(literal)a*", ":(literal)src/a*"),
        ("src", ":/README.md", "README.md"),
        ("src", ":/", "."),
        ("src", ":(top)auth.rs", "auth.rs"),
        ("src", ":(top,literal)a*", ":(literal)a*"),
        ("", ":(literal)we*rd", ":(literal)we*rd"),
        ("", ":(top)we*rd", ":(literal)we*rd"),
        ("", "\"src/\\377.rs\"", "\"src/\\377.rs\""),
        ("src", "\"a\\tb\"", "\"src/a\\tb\""),
        ("", "\"q\"", ":(literal)\"q\""),
        ("", "a b", "a b"),
        ("", "-x", "-x"),
        // Patterns.
        ("", "*.sql", "**/*.sql"),
        ("src", "*.sql", "src/**/*.sql"),
        ("src", "./*.sql", "src/*.sql"),
        ("src", "db/*.sql", "src/db/*.sql"),
        ("src", "../*.md", "/*.md"),
        ("src", "/*.md", "/*.md"),
        ("src", "/lib/*.md", "lib/*.md"),
        ("src", "/repo/sub/*.rs", "sub/*.rs"),
        ("src", ":/*.md", "**/*.md"),
        ("src", ":(top)a/*.md", "a/*.md"),
        ("", ":(glob)*.md", "/*.md"),
        ("src", ":(glob)*.md", "src/*.md"),
        ("src", ":(top,glob)**/*.md", "**/*.md"),
        ("", ":(glob)we*rd", "/we*rd"),
        ("", "b*/", "**/b*/**"),
        ("", "src/**", "src/**"),
        ("", "link/*.rs", "src/*.rs"),
        ("", "./a\\*", ":(literal)a*"),
        ("src", "a\\*b", ":(literal)src/a*b"),
        ("", "[s]rc/", "src/"),
        ("sub", "\\!*", "sub/**/!*"),
        // Logical keys.
        ("src", "api:GET /v1/users", "api:GET /v1/users"),
        ("src", "db:migration-slot", "db:migration-slot"),
        ("src", "flag:billing/*", "flag:billing/*"),
        ("", "team:Some thing", "team:Some thing"),
    ];
    for (prefix, text, key) in table {
        assert_eq!(
            read(prefix, text),
            Ok((key.to_owned(), None)),
            "`{text}` in `{prefix}`"
        );
    }
}

#[test]
fn surprising_readings_come_with_a_note() {
    let table = [
        ("", "link", "src/", "symbolic link"),
        ("", "link/", "src/", "symbolic link"),
        ("", "top", ".", "symbolic link"),
        ("", "README.md/", "README.md/", "is a file now"),
        ("", "we*rd", ":(literal)we*rd", ":(glob)we*rd"),
        ("sub", "[x].rs", ":(literal)sub/[x].rs", ":(glob)[x].rs"),
        ("", "db:users", ":(literal)db:users", "not the `db:` key"),
        (
            "src",
            "db:users",
            "db:schema:users",
            "`db:users` was read as `db:schema:users`",
        ),
        ("", "api:/auth/login", "api:* /auth/login", "was read as"),
        ("", "env:DATABASE_URL", "env:database_url", "was read as"),
        ("", "team: a  b", "team:a b", "was read as"),
    ];
    for (prefix, text, key, note) in table {
        let (found, said) = read(prefix, text).unwrap();
        assert_eq!(found, key, "{text}");
        assert!(
            said.as_deref().unwrap_or_default().contains(note),
            "{text}: {said:?}"
        );
    }
}

#[test]
fn what_cannot_be_a_key_is_refused() {
    let error = |text: &str| read("src", text).unwrap_err();
    let outside = [
        "../..",
        "../../x",
        "/etc/passwd",
        "/",
        "../away/",
        "../away/x",
        "../../*.rs",
    ];
    for text in outside {
        assert!(
            matches!(error(text), KeyError::Outside { .. }),
            "{text}: {}",
            error(text)
        );
    }
    for text in [
        ".git",
        ".git/config",
        "../.GIT",
        "a/.git/*",
        ":(literal).git",
        "/repo/.git",
    ] {
        assert!(
            matches!(error(text), KeyError::GitDir { .. }),
            "{text}: {}",
            error(text)
        );
    }
    for text in [
        "!*.rs",
        "a[",
        ":(glob)a**[b",
        "a/*/../b",
        "a\0*[",
        "*/./[",
        ":(glob)!x*",
    ] {
        let error = error(text);
        let expected = matches!(error, KeyError::Glob { .. } | KeyError::Path { .. });
        assert!(expected, "{text}: {error}");
    }
    for text in [
        ":!x",
        ":^x",
        ":x",
        ":(icase)x",
        ":(exclude)x",
        ":(glob,literal)x",
        ":(top",
    ] {
        assert!(
            matches!(error(text), KeyError::Magic { .. }),
            "{text}: {}",
            error(text)
        );
    }
    assert_eq!(error(""), KeyError::Empty);
    assert!(matches!(error("a\0b"), KeyError::Path { .. }));
    assert!(matches!(error(&"x".repeat(2000)), KeyError::TooLong { .. }));
    assert!(matches!(error("api:GET"), KeyError::Logical { .. }));
    let unknown = error("htpp://x");
    assert!(
        unknown
            .hint()
            .contains("api db event flag env contract feature team"),
        "{unknown}"
    );
    assert!(matches!(
        error("API:GET /x"),
        KeyError::UnknownPrefix { .. }
    ));
    with("", |around| {
        assert!(matches!(
            resolve(b"api:\xff", around),
            Err(KeyError::Logical { .. })
        ));
    });
}

#[test]
fn strict_wants_the_canonical_form() {
    with("src", |around| {
        around.strict = true;
        let error = resolve(b"db:users", around).unwrap_err();
        assert_eq!(error.hint(), "write `db:schema:users`");
        assert!(resolve(b"db:schema:users", around).is_ok());
        assert!(resolve(b"./auth.rs", around).is_ok());
    });
}

#[test]
#[cfg(not(windows))]
fn a_backslash_that_separates_nothing_is_pointed_out() {
    let error = read("", "src\\auth.rs").unwrap_err();
    assert!(error.hint().contains("`src/auth.rs`"), "{error}");
    assert_eq!(read("", "a\\b"), Ok(("a\\b".to_owned(), None)));
}

#[test]
fn case_and_unicode_follow_the_disk() {
    with("", |around| {
        let key = |around: &Surroundings<'_>, text: &str| {
            resolve(text.as_bytes(), around).unwrap().key.to_string()
        };
        assert_eq!(key(around, "SRC/Auth.rs"), "SRC/Auth.rs");
        assert_eq!(key(around, "e\u{301}.txt"), "e\u{301}.txt");
        around.ignore_case = true;
        assert_eq!(key(around, "SRC/Auth.rs"), "src/auth.rs");
        assert_eq!(key(around, "SRC/New.rs"), "src/New.rs");
        assert_eq!(key(around, "SRC"), "src/");
        assert_eq!(key(around, "Src/*.RS"), "src/*.RS");
        around.precompose = true;
        assert_eq!(key(around, "e\u{301}.txt"), "é.txt");
        assert_eq!(key(around, "e\u{301}*"), "**/é*");
    });
}

#[test]
fn a_resolved_key_reads_the_same_again_at_the_top() {
    for text in [
        "src",
        "a*",
        ":(literal)a*",
        "./x:y",
        "src/db/*.sql",
        ".",
        "*.rs",
        "/x*",
    ] {
        let (once, _) = read("", text).unwrap();
        assert_eq!(read("", &once), Ok((once.clone(), None)), "{text}");
    }
}

/// A working tree without anything in it.
struct Bare;

impl WorkTree for Bare {
    fn entry(&self, _: &[u8]) -> Option<Entry> {
        None
    }

    fn real(&self, path: &[u8]) -> Result<Vec<u8>, KeyError> {
        Ok(path.to_vec())
    }

    fn spelling(&self, _: &[u8]) -> Option<Vec<u8>> {
        None
    }

    fn absolute(&self, path: &[u8]) -> Result<Vec<u8>, KeyError> {
        Err(KeyError::Outside { text: shown(path) })
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 512, failure_persistence: None, ..Default::default() })]

    /// What is shown can be typed.
    #[test]
    fn a_canonical_text_means_its_key(key in any_key()) {
        with("", |around| {
            around.strict = true;
            around.tree = &Bare;
            let resolved = resolve(key.to_string().as_bytes(), around);
            prop_assert_eq!(resolved, Ok(Resolved { key: key.clone(), note: None }));
            Ok(())
        })?;
    }

    /// What is suggested to somebody in a directory leads back to the key there.
    #[test]
    fn a_typed_key_means_its_key_where_it_is_typed(
        key in any_key(),
        dir in "[abA]{1,2}(/[ab]{1,2}){0,3}",
    ) {
        with(&dir, |around| {
            around.strict = true;
            around.tree = &Bare;
            for here in [Here::below(dir.as_bytes()), Here::Anywhere] {
                let typed = key.typed(&here);
                let resolved = resolve(typed.as_bytes(), around);
                prop_assert_eq!(resolved, Ok(Resolved { key: key.clone(), note: None }), "{}", typed);
            }
            Ok(())
        })?;
    }

    #[test]
    fn nothing_typed_panics(text in proptest::collection::vec(any::<u8>(), 0..24), ascii in "[ -~]{0,16}") {
        with("src/db", |around| {
            for text in [&text[..], ascii.as_bytes()] {
                if let Ok(resolved) = resolve(text, around) {
                    prop_assert_eq!(Key::parse(&resolved.key.to_string()), Ok(resolved.key));
                }
            }
            Ok(())
        })?;
    }
}
