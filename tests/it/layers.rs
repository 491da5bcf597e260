//! The table of rooms in `docs/architecture.md` is true of the code, and so are its bans.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::LazyLock;

use regex::Regex;

/// A source file without its tests.
struct Source {
    /// From `src/`, such as `store/git.rs`.
    name: String,
    code: String,
}

impl Source {
    /// The module below the root that it belongs to.
    fn room(&self) -> &str {
        let first = self.name.split('/').next().unwrap();
        first.strip_suffix(".rs").unwrap_or(first)
    }
}

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

/// Every file that is part of the program.
fn sources() -> Vec<Source> {
    let mut found = Vec::new();
    collect(&root().join("src"), "", &mut found);
    assert!(found.len() > 50, "only {} files were found", found.len());
    found
}

fn collect(dir: &Path, below: &str, found: &mut Vec<Source>) {
    let mut entries: Vec<_> = fs::read_dir(dir)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .collect();
    entries.sort();
    let parent = ["mod.rs", "lib.rs"].iter().map(|name| dir.join(name));
    let parent = parent
        .chain([dir.with_extension("rs")])
        .find(|file| file.exists());
    let parent = parent
        .map(|file| fs::read_to_string(file).unwrap())
        .unwrap_or_default();
    for path in entries {
        let stem = path.file_stem().unwrap().to_str().unwrap();
        // A module that exists for tests alone says so where it is declared.
        if parent.contains(&format!("#[cfg(test)]\nmod {stem};")) {
            continue;
        }
        let name = format!("{below}{}", path.file_name().unwrap().to_str().unwrap());
        if path.is_dir() {
            collect(&path, &format!("{name}/"), found);
        } else if name.ends_with(".rs") {
            let text = fs::read_to_string(&path).unwrap();
            found.push(Source {
                name,
                code: code_of(&text),
            });
        }
    }
}

/// A file up to its inline tests, without comments.
fn code_of(text: &str) -> String {
    static TESTS: LazyLock<Regex> = LazyLock::new(|| {
        Regex::new(r"(?m)^#\[cfg\((?:all\()?test[^\n]*\n(?:#[^\n]*\n)*mod \w+ \{").unwrap()
    });
    let end = TESTS.find(text).map_or(text.len(), |tests| tests.start());
    let code = &text[..end];
    let is_code = |line: &&str| !line.trim_start().starts_with("//");
    code.lines().filter(is_code).collect::<Vec<_>>().join("\n")
}

/// The rows of the table: a room, and what it may use.
fn table() -> BTreeMap<String, BTreeSet<String>> {
    let text = fs::read_to_string(root().join("docs/architecture.md")).unwrap();
    let word = Regex::new("`([a-z]+)`").unwrap();
    let words = |cell: &str| -> Vec<String> {
        word.captures_iter(cell)
            .map(|found| found[1].to_owned())
            .collect()
    };
    let rows = text
        .lines()
        .skip_while(|line| !line.starts_with("| room |"))
        .skip(2);
    let rows = rows.take_while(|line| line.starts_with('|'));
    let row = |line: &str| {
        let cells: Vec<&str> = line.trim_matches('|').split('|').collect();
        let [room, _, uses] = cells.as_slice() else {
            panic!("{line}")
        };
        (words(room).remove(0), words(uses).into_iter().collect())
    };
    rows.map(row).collect()
}

/// The rooms that a file names in its paths.
fn uses(source: &Source) -> BTreeSet<String> {
    static PATH: LazyLock<Regex> = LazyLock::new(|| Regex::new(r"\bcrate::([a-z_]+)").unwrap());
    static GROUP: LazyLock<Regex> = LazyLock::new(|| Regex::new(r"\bcrate::\{").unwrap());
    static UP: LazyLock<Regex> = LazyLock::new(|| Regex::new(r"\b(super::)+").unwrap());
    static INLINE: LazyLock<Regex> = LazyLock::new(|| Regex::new(r"(?m)^mod \w+ \{").unwrap());
    // `super` may lead around within a room, but not out of it.
    let depth = source.name.trim_end_matches("/mod.rs").split('/').count();
    let depth = depth + usize::from(INLINE.is_match(&source.code));
    for up in UP.find_iter(&source.code) {
        let steps = up.as_str().matches("super").count();
        assert!(
            steps < depth,
            "{}: `{}` leaves the room",
            source.name,
            up.as_str()
        );
    }
    assert!(
        !GROUP.is_match(&source.code),
        "{}: one `use` for each room",
        source.name
    );
    PATH.captures_iter(&source.code)
        .map(|found| found[1].to_owned())
        .collect()
}

#[test]
fn rooms_use_only_what_the_table_allows() {
    let table = table();
    assert!(table.len() > 5, "{table:?}");
    let mut wrong = Vec::new();
    for source in sources() {
        let room = source.room();
        if room == "lib" || room == "main" {
            continue;
        }
        let Some(allowed) = table.get(room) else {
            wrong.push(format!("{} is in `{room}`, which has no row", source.name));
            continue;
        };
        for used in uses(&source)
            .iter()
            .filter(|used| *used != room && !allowed.contains(*used))
        {
            wrong.push(format!(
                "{} uses `{used}`, which `{room}` may not",
                source.name
            ));
        }
    }
    assert!(
        wrong.is_empty(),
        "not as docs/architecture.md says:\n{}",
        wrong.join("\n")
    );
}

#[test]
fn bans_are_kept() {
    // What, and the files that may; each exemption is in docs/architecture.md.
    let bans: &[(&str, &[&str])] = &[
        (r"\bgit2::", &["store/"]),
        (r"\boctocrab::", &["github/"]),
        (
            r"\bCommand::new\b",
            &[
                "store/git.rs",
                "ops/run.rs",
                "cli/pager.rs",
                "runner/process.rs",
                "github/token.rs",
            ],
        ),
        (r"\b(SystemTime|Utc|Local)::now\b", &["env.rs"]),
        (r"\be?print(ln)?!", &["cli/"]),
        (r"\bio::stdout\b", &["cli/"]),
        (r"\.unwrap\(\)", &[]),
        (r"\bdbg!|\btodo!", &[]),
        (
            r"\bstd::(fs|env|net|process|thread)\b",
            &[
                "store/",
                "coord/",
                "env.rs",
                "env/",
                "worktree.rs",
                "child.rs",
                "ports.rs",
                "runner/",
                "github/",
                "cli/",
                "ops/",
                "hooks/",
                "agents/",
                "mcp/changes.rs",
                "mcp/http/",
                "mcp/serve.rs",
                "planted.rs",
            ],
        ),
    ];
    let mut wrong = Vec::new();
    for (what, allowed) in bans {
        let what = Regex::new(what).unwrap();
        for source in sources() {
            let is_allowed = allowed.iter().any(|place| source.name.starts_with(place));
            let is_root = source.name == "main.rs" || source.name == "lib.rs";
            for found in what
                .find_iter(&source.code)
                .filter(|_| !is_allowed && !is_root)
            {
                wrong.push(format!("{} has `{}`", source.name, found.as_str()));
            }
        }
    }
    assert!(
        wrong.is_empty(),
        "banned by docs/architecture.md:\n{}",
        wrong.join("\n")
    );
}

#[test]
fn every_room_and_every_crate_is_on_the_map() {
    let map = fs::read_to_string(root().join("docs/architecture.md")).unwrap();
    let code: BTreeSet<String> = sources()
        .iter()
        .map(|source| source.room().to_owned())
        .collect();
    for room in code.iter().filter(|room| *room != "lib" && *room != "main") {
        assert!(table().contains_key(room), "`{room}` has no row");
    }
    let manifest = fs::read_to_string(root().join("Cargo.toml")).unwrap();
    let dependency = Regex::new(r"(?m)^([a-z][a-z0-9_-]*) = (?:\{ version|\x22)").unwrap();
    let after = manifest.split("[dependencies]").nth(1).unwrap();
    let until = after.split("[profile").next().unwrap();
    let names: Vec<&str> = dependency
        .captures_iter(until)
        .map(|found| found.get(1).unwrap().as_str())
        .collect();
    assert!(names.len() > 15, "{names:?}");
    for name in names {
        let word = Regex::new(&format!(r"(?m)^\|.*\b{}\b", regex::escape(name))).unwrap();
        assert!(
            word.is_match(&map),
            "`{name}` has no line of reason in docs/architecture.md"
        );
    }
}

/// Bugs on purpose are in no build that nobody asked for them, and in none that is optimised without
/// assertions, as a release is.
#[test]
fn no_default_has_planted_bugs() {
    let manifest = fs::read_to_string(root().join("Cargo.toml")).unwrap();
    let features = manifest.split("[features]").nth(1).unwrap();
    let features = features.split("\n[").next().unwrap();
    let names = |line: &str| line.split_once(" = ").map(|(name, _)| name.to_owned());
    let names: Vec<String> = features.lines().filter_map(names).collect();
    assert_eq!(names, ["planted"], "`default` must not have it");
    let planted = fs::read_to_string(root().join("src/planted.rs")).unwrap();
    assert!(planted.contains("#[cfg(not(debug_assertions))]\ncompile_error!"));
    let lib = fs::read_to_string(root().join("src/lib.rs")).unwrap();
    assert!(lib.contains("#[cfg(feature = \"planted\")]\npub mod planted;"));
    // Whoever names it does so in a build with it alone.
    for source in sources() {
        let mut above = "";
        let mut is_guarded = false;
        for line in source.code.lines() {
            is_guarded = match above.trim() {
                "#[cfg(feature = \"planted\")]" => true,
                _ => is_guarded && !above.trim().is_empty() && !above.ends_with(['}', ';']),
            };
            assert!(
                is_guarded || !line.contains("crate::planted"),
                "{}: {line}",
                source.name
            );
            above = line;
        }
    }
}

#[test]
fn tests_are_told_from_code() {
    let text = "use crate::a;\n// crate::b\n#[cfg(test)]\nmod fsck;\nfn f() {}\n#[cfg(all(test, unix))]\n#[allow(x)]\nmod tests {\n    .unwrap()\n}\n";
    let code = code_of(text);
    assert!(code.contains("fn f()") && !code.contains("crate::b") && !code.contains("unwrap"));
}
