//! Tables for texts, places and overlaps.

#![allow(clippy::unwrap_used)] // a panic is how a test says no

use super::*;
use crate::model::place::Place;

fn key(text: &str) -> Key {
    Key::parse(text).unwrap_or_else(|error| panic!("`{text}`: {error}"))
}

fn glob(pattern: &str) -> String {
    GlobKey::new(pattern.as_bytes()).map_or_else(
        |error| format!("error: {error}"),
        |glob| Key::Glob(glob).to_string(),
    )
}

fn logical(text: &str) -> Result<String, KeyError> {
    let (prefix, value) = text.split_once(':').unwrap();
    LogicalKey::new(prefix, value).map(|key| Key::Logical(key).to_string())
}

#[test]
fn canonical_texts_and_places() {
    let table = [
        ("src/auth.rs", "locks/path/src/auth.rs="),
        ("src/", "locks/path/src/="),
        (".", "locks/path/="),
        ("README.md", "locks/path/^r^e^a^d^m^e.md="),
        (".gitignore", "locks/path/%2egitignore="),
        ("a/con.txt", "locks/path/a/%63on.txt="),
        ("a b", "locks/path/a%20b="),
        ("a\\b", "locks/path/a%5cb="),
        (":(literal)a*", "locks/path/a%2a="),
        (":(literal)[x]/", "locks/path/[x]/="),
        (":(literal)db:users", "locks/path/db%3ausers="),
        (":(literal)http://x", "error"),
        (":(literal):x", "locks/path/%3ax="),
        (":(literal) x", "locks/path/%20x="),
        (":(literal)\"x\"", "locks/path/%22x%22="),
        (r#""src/\377.rs""#, "locks/path/src/%ff.rs="),
        (r#""a\tb/""#, "locks/path/a%09b/="),
        (r#"":(literal)x:\n""#, "locks/path/x%3a%0a="),
        ("**/*.sql", "locks/glob/%2a%2a/%2a.sql="),
        ("/*.sql", "locks/glob/%2a.sql="),
        ("src/[a-c]?", "locks/glob/src/[a-c]%3f="),
        (":(glob)x:y/*", "locks/glob/x%3ay/%2a="),
        (":(glob)* ", "locks/glob/%2a%20="),
        ("/\\!*", "locks/glob/%5c!%2a="),
        (r#""**/\377*""#, "locks/glob/%2a%2a/%ff%2a="),
        ("api:GET /v1/users", "locks/key/api/^g^e^t%20/v1/users="),
        ("api:* /", "locks/key/api/%2a%20/%="),
        ("db:migration-slot", "locks/key/db/migration-slot="),
        ("flag:billing/*", "locks/key/flag/billing/%2a="),
        ("con:Émile", "locks/key/%63on/%c3%89mile="),
    ];
    for (text, place) in table {
        if place == "error" {
            assert!(Key::parse(text).is_err(), "{text}");
            continue;
        }
        let key = key(text);
        assert_eq!(key.to_string(), text);
        assert_eq!(key.place().as_str(), place, "{text}");
        assert_eq!(Key::from_place(&key.place()), Ok(key), "{text}");
    }
}

#[test]
fn texts_that_are_not_canonical_are_refused() {
    for text in [
        "",
        "/",
        "./a",
        "a//b",
        "/a",
        "a/../b",
        "a/.",
        "..",
        "src/.git/x",
        ".GIT",
        "a*",
        "\"a\"",
        ":(literal)a",
        ":(glob)**/a*",
        ":x",
        ":(top)a",
        "api:get /x",
        "db:users",
        "API:GET /x",
        " a",
        "a ",
        "a\tb",
        "**/**/a",
        "[a]",
        "a/", // The last is fine; see below.
    ] {
        assert_eq!(Key::parse(text).is_ok(), text == "a/", "`{text}`");
    }
    assert!(Key::parse(&"a/".repeat(600)).is_err());
    assert!(matches!(
        PathKey::new(b"a\0b", Kind::File),
        Err(KeyError::Path { .. })
    ));
    assert!(PathKey::new(b"", Kind::File).is_err());
}

#[test]
fn places_that_hold_no_key_are_refused() {
    for place in [
        "config.json",
        "locks",
        "locks/path/a",
        "locks/path=",
        "locks/path/a%2fb=",
        "locks/path/%61=",
        "locks/path/%=",
        "locks/path/a/%/=",
        "locks/path/%2egit=",
        "locks/path/%2e=",
        "locks/glob/a=",
        "locks/glob/%2a%2a/%2a%2a=",
        "locks/key/api=",
        "locks/key/api/x=",
        "locks/key/db/users=",
        "locks/key/^a/x=",
        "locks/other/x=",
        "locks/path/a+/b=",
        "locks/path/%00=",
        "locks/key/x/%ff=",
    ] {
        let place = Place::new(place).unwrap();
        assert!(Key::from_place(&place).is_err(), "{place}");
    }
}

#[test]
fn globs_have_one_spelling() {
    let table = [
        ("*.sql", "**/*.sql"),
        ("/*.sql", "/*.sql"),
        ("src/*.sql", "src/*.sql"),
        ("/src/*.sql", "src/*.sql"),
        ("*.d/", "**/*.d/**"),
        ("/x*/", "x*/**"),
        ("a/**/**/b", "a/**/b"),
        ("**", "**"),
        ("**/", "**"),
        ("a***b", "**/a*b"),
        ("[a]*", "**/a*"),
        ("[cba]", "**/[a-c]"),
        ("[ba]", "**/[ab]"),
        ("[!b^]x", "**/[!\\^b]x"),
        ("[^b]x", "**/[!b]x"),
        ("[]a]", "**/[\\]a]"),
        ("[a-]", "**/[\\-a]"),
        ("[*]x?", "**/\\*x?"),
        ("a\\b*", "**/ab*"),
        ("a\\\\*", "**/a\\\\*"),
        ("[+-9]x", "**/[+-.0-9]x"),
        (
            "a/[x]b",
            "error: the pattern `a/xb` cannot be read: it has no wildcard",
        ),
    ];
    for (pattern, text) in table {
        assert_eq!(glob(pattern), text, "{pattern}");
        if !text.starts_with("error") {
            assert_eq!(key(text).to_string(), text);
        }
    }
    for pattern in [
        "!*.rs",
        "a[",
        "a[b",
        "[]",
        "[!]",
        "[z-a]",
        "[[:alpha:]]",
        "*\\",
        "a//*",
        "../*",
        "a/./*",
        ".git/*",
        "*/.GIT/x",
        "[é]",
        "",
    ] {
        assert!(
            glob(pattern).starts_with("error"),
            "{pattern}: {}",
            glob(pattern)
        );
    }
    assert!(glob(&"*/".repeat(64)).starts_with("error"));
    assert!(glob(&"*/a".repeat(400)).starts_with("error"));
}

#[test]
fn logical_keys_have_one_spelling() {
    let table = [
        ("api:get  /v1/users/", "api:GET /v1/users"),
        ("api: GET /v1//", "api:GET /v1"),
        ("api:/auth/login", "api:* /auth/login"),
        ("api:/", "api:* /"),
        ("api:*", "api:* /*"),
        ("api:post *", "api:POST /*"),
        ("db:migration-slot", "db:migration-slot"),
        ("db:users", "db:schema:users"),
        ("db:Schema:Users", "db:schema:users"),
        ("db:*", "db:*"),
        ("db:schema:*", "db:schema:*"),
        ("event:User.Created", "event:user.created"),
        ("event:user.*", "event:user.*"),
        ("flag:dark-mode", "flag:dark-mode"),
        ("flag:Billing/*", "flag:billing/*"),
        ("env:DATABASE_URL", "env:database_url"),
        ("env:AWS_*", "env:aws_*"),
        ("contract:./Contracts//x.yaml", "contract:Contracts//x.yaml"),
        ("contract:./ ./x/", "contract:x"),
        ("feature:Add-Auth", "feature:Add-Auth"),
        ("feature:Add-Auth:PAUSE", "feature:Add-Auth:pause"),
        ("feature:a:b:Pause", "feature:a:b:pause"),
        ("team-x: Some  Value ", "team-x:Some Value"),
        ("team:a/*", "team:a/*"),
        ("team:*", "team:*"),
    ];
    for (typed, text) in table {
        assert_eq!(logical(typed).as_deref(), Ok(text), "{typed}");
        assert_eq!(key(text).to_string(), text);
    }
    for typed in [
        "api:",
        "api: ",
        "api:GET",
        "api:GET v1",
        "api:G3T /x",
        "api:GET /a*",
        "api:GET /*/b",
        "db:schema:",
        "db:a b",
        "db:index:x",
        "event:user created",
        "event:us*",
        "event:.a",
        "flag:dark*",
        "flag:/x",
        "env:A B",
        "env:1",
        "contract:./",
        "contract:/x",
        "contract:a/../b",
        "feature:",
        "feature:a:",
        "feature::b",
        "feature:a b",
        "team:a\tb",
        "team:a\nb",
        "team:",
        "team:a\u{202e}b",
        "team:a*",
        "team:*b",
        "Team:x",
        "1x:y",
        "a_b:c",
        "-a:b",
    ] {
        assert!(
            logical(typed).is_err(),
            "{typed} was read as {:?}",
            logical(typed)
        );
    }
    assert!(LogicalKey::new(&"a".repeat(33), "x").is_err());
    assert!(LogicalKey::new("a", &"x".repeat(1024)).is_err());
}

#[test]
fn overlaps_by_table() {
    let yes = [
        ("src/", "src/auth.rs"),
        ("src/auth.rs", "src/auth.rs"),
        ("src", "src/"),
        ("src", "src/a/b"),
        (".", "x"),
        (".", "**/*.sql"),
        (".", "."),
        ("**/*.sql", "db/a.sql"),
        ("**/*.sql", "db/"),
        ("src/*", "src/a/b/c.rs"),
        ("src/*", "src"),
        ("src/**", "src/"),
        ("a/*/c", "a/b/"),
        ("a/*/c", "a/b/c/d"),
        ("a/**/c", "a/c"),
        ("**/[a-c].rs", "**/[c-d].rs"),
        ("a/**", "**/b"),
        ("**/*.sql/**", "**/*.rs"),
        ("**/[Tt]ests", "**/*.rs"),
        ("src/*", "src/x/*.rs"),
        ("a/b/*.rs", "a"),
        ("/*a", "/b*"),
        ("**/test", "**/fixtures/*"),
        ("api:GET /v1/users", "api:* /v1/users"),
        ("api:* /v1/*", "api:POST /v1/users"),
        ("api:GET /v1/*", "api:* /v1/users"),
        ("api:GET /*", "api:GET /"),
        ("flag:billing/*", "flag:billing/eu/*"),
        ("flag:*", "flag:a"),
        ("event:user.*", "event:user.created"),
        ("db:*", "db:migration-slot"),
        ("feature:a:*", "feature:a:pause"),
    ];
    let no = [
        ("src/", "src2/a"),
        ("src/a", "src/b"),
        ("src/auth.rs", "src/auth.rs2"),
        ("a/*/c", "a/b"),
        ("**/*.sql", "src/auth.rs"),
        ("a", "A"),
        ("/*.sql", "db/a.sql"),
        ("**/*.sql", "a.rs2"),
        ("src/*.rs", "test/"),
        ("**/*.sql", "**/*.rs"),
        ("src/**/*.sql", "src/*.rs"),
        ("src/*", "lib/*"),
        ("a/?", "a/bc"),
        ("**/[a-b].rs", "[c-d].rs"),
        ("/*a", "/*b"),
        ("api:GET /v1/users", "api:POST /v1/users"),
        ("api:* /v1/*", "api:GET /v2/x"),
        ("api:GET /v1/*", "api:GET /v1"),
        ("flag:billing/*", "flag:billing-eu"),
        ("event:user.*", "event:username"),
        ("env:a", "flag:a"),
        ("src/a", "env:a"),
        ("**/a*", "env:a"),
    ];
    for (expected, pairs) in [(true, &yes[..]), (false, &no[..])] {
        for &(one, two) in pairs {
            let [one, two] = [one, two].map(|text| {
                let glob = || Key::Glob(GlobKey::new(text.as_bytes()).unwrap());
                Key::parse(text).unwrap_or_else(|_| glob())
            });
            assert_eq!(one.overlaps(&two), expected, "{one} and {two}");
            assert_eq!(two.overlaps(&one), expected, "{two} and {one}");
            if expected {
                assert!(one.lookups().contains(&two.place()), "{one} misses {two}");
                assert!(two.lookups().contains(&one.place()), "{two} misses {one}");
            }
        }
    }
}

#[test]
fn a_lock_guards_what_it_covers() {
    let table: &[(&str, &str, bool)] = &[
        ("src/", "src/a/b", true),
        ("src/a", "src/a", true),
        ("src/a", "src/a/b", false),
        ("src/a/b", "src/a", false),
        (".", "x", true),
        (".", "", false),
        ("**/*.sql", "a/b.sql", true),
        ("**/*.sql", "a.sql/inner", false),
        ("**/*.sql/**", "a.sql/inner", true),
        ("**/v1.[0-9]", "v1.2/x", true),
        ("**/.github*", ".github/x", true),
        ("**/*.[ch]", "a.c/x", false),
        ("**/a.*", "a.d/x", true),
        ("**/*.sql", "a/b.rs", false),
        ("src/**", "src", false),
        ("src/**", "src/a", true),
        ("a/**/b", "a/b", true),
        ("a/**/b", "a/x/y/b/z", true),
        ("a/**/b", "a/x", false),
        ("**", ".hidden", true),
        ("api:GET /x", "x", false),
    ];
    for (text, path, expected) in table {
        assert_eq!(
            key(text).covers_path(path.as_bytes()),
            *expected,
            "{text} on {path}"
        );
    }
}

#[test]
fn nasty_patterns_are_answered_at_once() {
    let stars = GlobKey::new("*a".repeat(500).as_bytes()).unwrap();
    let other = GlobKey::new(("*b".repeat(500) + "c").as_bytes()).unwrap();
    let deep = GlobKey::new(("**/*a*/".repeat(31) + "b").as_bytes()).unwrap();
    let path = PathKey::new(
        "a/".repeat(500).trim_end_matches('/').as_bytes(),
        Kind::File,
    )
    .unwrap();
    let start = std::time::Instant::now();
    assert!(!stars.covers("a".repeat(499).as_bytes()));
    assert!(stars.overlaps(&other) && deep.overlaps(&deep) && stars.overlaps(&deep));
    assert!(!deep.overlaps_path(&path) && !deep.covers(path.bytes()));
    assert!(start.elapsed().as_secs() < 5, "{:?}", start.elapsed());
}

#[test]
fn json_is_the_text() {
    let text = serde_json::to_string(&key("src/")).unwrap();
    assert_eq!(text, "\"src/\"");
    assert_eq!(serde_json::from_str::<Key>(&text).unwrap(), key("src/"));
    assert!(serde_json::from_str::<Key>("\"./src\"").is_err());
    assert!(serde_json::from_str::<Key>("3").is_err());
    assert_eq!(schemars::schema_for!(Key).get("type").unwrap(), "string");
}

#[test]
fn every_error_says_what_to_do() {
    for text in [
        "", "a//b", ".git/x", "!x*", "foo*[", "x:", "api:x", "db:Users",
    ] {
        let error = Key::parse(text).unwrap_err();
        assert!(
            !error.hint().is_empty() && !error.hint().ends_with('.'),
            "{text}"
        );
        assert!(!error.to_string().contains('\n'));
    }
    let error = Key::parse("a\x1b[2J//b").unwrap_err().to_string();
    assert!(!error.contains('\x1b'), "{error}");
}
