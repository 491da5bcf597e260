//! Places in a real tree, judged by the real git.

#![allow(clippy::unwrap_used)] // a panic is how a test says no

use std::io::Write;
use std::path::Path;
use std::process::{Command, Stdio};

use super::{GlobKey, Key, Kind, LogicalKey, PathKey};

fn git(dir: &Path, args: &[&str], input: &[u8]) -> String {
    let mut child = Command::new("git")
        .args(["-c", "core.protectNTFS=true", "-c", "core.protectHFS=true"])
        .args(["-c", "user.name=t", "-c", "user.email=t@example.com"])
        .args(args)
        .current_dir(dir)
        .env("GIT_CONFIG_NOSYSTEM", "1")
        .env(
            "GIT_CONFIG_GLOBAL",
            if cfg!(windows) { "NUL" } else { "/dev/null" },
        )
        .env_remove("GIT_DIR")
        .env_remove("GIT_WORK_TREE")
        .env_remove("GIT_INDEX_FILE")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    child.stdin.take().unwrap().write_all(input).unwrap();
    let output = child.wait_with_output().unwrap();
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(output.status.success(), "git {args:?}: {said}");
    String::from_utf8_lossy(&output.stdout).into_owned() + &said
}

fn hostile() -> Vec<Key> {
    let mut names: Vec<Vec<u8>> = [
        "README",
        "readme",
        "é",
        "e\u{301}",
        "con",
        "CON",
        "Con.txt",
        "nul",
        "aux.c",
        "com1",
        "lpt9.x",
        "conin$",
        "a.",
        "a ",
        "a.lock",
        ".gitmodules",
        ".gitattributes",
        ".gitignore",
        ".mailmap",
        ".GITMODULES",
        "git~1",
        "gitmod~1",
        ".g\u{200c}it",
        "...",
        "..a",
        "a:b",
        "a*",
        "a?",
        "a|b",
        "<x>",
        "\"q\"",
        "a\\b",
        "%",
        "%41",
        "^",
        "^a",
        "=",
        "a=",
        "+",
        "a+",
        "~",
        "-x",
        "@{u}",
        "[x]",
        "$(x)",
        "`x`",
        "'x'",
        "a;b",
        "a&b",
        "#x",
        "{}",
        "\t\n\r",
        "\x7f",
        "\u{202e}",
    ]
    .map(|name| name.as_bytes().to_vec())
    .to_vec();
    names.extend(
        (1..=255)
            .filter(|&byte| byte != b'/' && byte != b'.')
            .map(|byte| vec![byte]),
    );
    names.extend([
        vec![b'a'; 200],
        vec![b'a'; 201],
        vec![b'A'; 250],
        vec![0xff; 1000],
    ]);
    let mut keys = vec![Key::Path(PathKey::root())];
    for name in &names {
        let inner = [b"deep/", &name[..], b"/", &name[..]].concat();
        for kind in [Kind::File, Kind::Dir] {
            for path in [name, &inner] {
                keys.extend(PathKey::new(path, kind).ok().map(Key::Path));
            }
        }
        let pattern = [b"deep/", &name[..], b"/*"].concat();
        keys.extend(GlobKey::new(&pattern).ok().map(Key::Glob));
        let value = String::from_utf8_lossy(name);
        keys.extend(LogicalKey::new("con", &value).ok().map(Key::Logical));
        keys.extend(
            LogicalKey::new("api", &format!("get /{value}"))
                .ok()
                .map(Key::Logical),
        );
    }
    keys.sort();
    keys.dedup();
    keys
}

#[test]
fn git_accepts_every_place() {
    let dir = tempfile::tempdir().unwrap();
    let dir = dir.path();
    let keys = hostile();
    assert!(keys.len() > 1000, "{}", keys.len());
    git(dir, &["init", "-q"], b"");
    let blob = git(dir, &["hash-object", "-w", "--stdin"], b"{}\n");
    let index: String = keys
        .iter()
        .map(|key| format!("100644 {}\t{}\0", blob.trim(), key.place()))
        .collect();
    git(
        dir,
        &["update-index", "-z", "--index-info"],
        index.as_bytes(),
    );
    let tree = git(dir, &["write-tree"], b"");
    let commit = git(dir, &["commit-tree", tree.trim(), "-m", "places"], b"");
    git(dir, &["update-ref", "HEAD", commit.trim()], b"");

    let complaints = git(
        dir,
        &["fsck", "--strict", "--no-dangling", "--no-progress"],
        b"",
    );
    assert_eq!(complaints, "");

    let listed = git(
        dir,
        &["ls-tree", "-r", "-z", "--name-only", commit.trim()],
        b"",
    );
    let mut places: Vec<String> = keys.iter().map(|key| key.place().to_string()).collect();
    let mut listed: Vec<String> = listed.split_terminator('\0').map(str::to_owned).collect();
    places.sort();
    listed.sort();
    assert!(listed == places, "git lists other places");

    // A disk must take them as well.
    git(dir, &["checkout-index", "-a", "-u"], b"");
    assert!(
        git(dir, &["diff-files", "--name-only"], b"").is_empty(),
        "a disk changed places"
    );
}
