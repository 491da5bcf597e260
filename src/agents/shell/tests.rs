//! What commands would write, as a table: the command, and what it writes.

use std::path::Path;

use proptest::prelude::*;

use super::{Disk, Files, Write, writes};

/// A working tree at `/r` with a few directories and files.
struct Tree;

impl Disk for Tree {
    fn is_dir(&self, path: &Path) -> bool {
        ["/r", "/r/.", "/r/src", "/r/lib", "/r/src/db"]
            .iter()
            .any(|dir| path == Path::new(dir))
    }

    fn exists(&self, path: &Path) -> bool {
        self.is_dir(path) || path == Path::new("/r/src/a.rs")
    }

    fn read(&self, path: &Path) -> Option<String> {
        (path == Path::new("/r/fix.patch"))
            .then(|| "--- a/src/a.rs\n+++ b/src/a.rs\n@@ -1 +1 @@\n-x\n+y\n".into())
    }
}

/// What a script writes, each as one word: `?` before patterns, `git:` before what git is asked.
fn of(script: &str) -> Vec<String> {
    let shown = |write: Write| match write {
        Write::Path(path) => {
            let path = path.display().to_string();
            path.strip_prefix("/r/").map_or(path.clone(), str::to_owned)
        }
        Write::Pattern(pattern) => format!("?{}", pattern.strip_prefix("/r/").unwrap_or(&pattern)),
        Write::Git(lost) => {
            let what = match lost.what {
                Files::Differ(Some(from)) => format!("differ {from}"),
                Files::Differ(None) => "differ".into(),
                Files::Stashed(name) => name,
                Files::Untracked { ignored: false } => "untracked".into(),
                Files::Untracked { ignored: true } => "ignored".into(),
            };
            let dir = lost.dir.display();
            format!("git:{what} in {dir} of {}", lost.below.join(","))
        }
    };
    writes(script, Path::new("/r"), &Tree)
        .into_iter()
        .map(shown)
        .collect()
}

#[track_caller]
fn check(cases: &[(&str, &[&str])]) {
    for (script, expected) in cases {
        assert_eq!(of(script), *expected, "{script}");
    }
}

#[test]
fn redirections() {
    check(&[
        ("echo x > a.txt", &["a.txt"]),
        ("echo x >> src/a.rs", &["src/a.rs"]),
        ("echo x >a 2>b", &["a", "b"]),
        ("cmd > out 2>&1", &["out"]),
        ("cmd &> both; cmd &>> more", &["both", "more"]),
        ("cmd >| forced", &["forced"]),
        ("cmd >& both", &["both"]),
        ("cmd 2>/dev/null >/dev/stderr", &[]),
        ("rm /dev/shm/a", &["/dev/shm/a"]),
        ("cmd < in", &[]),
        ("cmd <> inout", &["inout"]),
        ("> empty", &["empty"]),
        ("echo 'a > b'", &[]),
        ("echo \"a > b\"", &[]),
        ("echo a \\> b", &[]),
        ("echo a # > b", &[]),
        ("echo a#b > c", &["c"]),
        ("(( a > b )) && echo $(( 1 > 2 )) > c", &["c"]),
        ("[[ a > b ]] && echo x > c", &["c"]),
        ("echo > 'a b' > \"c d\" > e\\ f", &["a b", "c d", "e f"]),
        ("diff <(sort a) <(sort b) > c", &["c"]),
        ("cmd > >(tee log)", &["log"]),
        ("cat > \"$OUT\"", &[]),
        ("cat > $(name)", &[]),
        ("echo x > /tmp/y", &["/tmp/y"]),
        ("echo $'a\\'b' > c", &["c"]),
    ]);
}

#[test]
fn here_documents() {
    check(&[
        ("cat > a <<EOF\n> b\nrm c\nEOF\nrm d", &["a", "d"]),
        ("cat <<'EOF' > a\nit's > b\nEOF\nrm d", &["a", "d"]),
        ("cat <<-EOF > a\n\trm b\n\tEOF\nrm d", &["a", "d"]),
        ("cat <<A <<B > c\nrm x\nA\nrm y\nB\nrm z", &["c", "z"]),
        ("cat <<< \"rm a\" > b", &["b"]),
        ("bash <<EOF\nrm a\nEOF", &["a"]),
        (
            "git commit -m \"$(cat <<'EOF'\nIt's (done\nEOF\n)\" && rm d",
            &["d"],
        ),
        ("cat <<EOF\nnever ended > a", &[]),
        (
            "apply_patch <<'EOF'\n*** Begin Patch\n*** Update File: src/a.rs\n*** End Patch\nEOF",
            &["src/a.rs"],
        ),
        ("apply_patch '*** Add File: new'", &["new"]),
    ]);
}

#[test]
fn files() {
    check(&[
        ("rm a b", &["a", "b"]),
        ("rm -rf src/ -- -x", &["src/", "-x"]),
        ("/bin/rm a; \\rm b", &["a", "b"]),
        ("rmdir lib", &["lib"]),
        ("touch -r ref a", &["a"]),
        ("truncate -s 0 a", &["a"]),
        ("truncate --size=0 a", &["a"]),
        ("chmod +x run.sh", &["run.sh"]),
        ("chmod --reference=x run.sh", &["run.sh"]),
        ("mkdir -p new/dir", &[]),
        ("tee -a a b < c", &["a", "b"]),
        ("sort a | sponge a", &["a"]),
        ("dd if=/dev/zero of=a bs=1", &["a"]),
        ("curl -sSo out.json https://x", &["out.json"]),
        ("wget -O - https://x", &[]),
        ("cat a b; ls > /dev/null; grep -r x src", &[]),
        ("shred -n 3 a", &["a"]),
    ]);
}

#[test]
fn moving_and_copying() {
    check(&[
        ("mv a b", &["a", "b"]),
        ("mv a src", &["a", "src/a"]),
        ("mv a b lib/", &["a", "b", "lib/a", "lib/b"]),
        ("mv -t lib x/a b", &["x/a", "b", "lib/a", "lib/b"]),
        ("mv -f a new/", &["a", "new/a"]),
        ("cp a b", &["b"]),
        ("cp -r lib src", &["src/lib"]),
        ("cp x/a.rs y/b.rs src/db", &["src/db/a.rs", "src/db/b.rs"]),
        ("cp x/*.rs src", &["?src/*.rs"]),
        ("cp $X src", &[]),
        ("ln -s ../a b", &["b"]),
        ("ln -sf x/a", &["./a"]),
        ("install -m 755 a /usr/bin/b", &["/usr/bin/b"]),
        ("install -d new", &[]),
        ("rsync -a x/ src/", &["src/x"]),
        ("rsync -a x host:y", &[]),
    ]);
}

#[test]
fn editing_in_place() {
    check(&[
        ("sed -i s/a/b/ a.rs b.rs", &["a.rs", "b.rs"]),
        ("sed -i.bak 's/a/b/' a.rs", &["a.rs"]),
        ("sed -i '' -e s/a/b/ a.rs", &["a.rs"]),
        ("sed -i '' s/a/b/ a.rs", &["a.rs"]),
        ("sed -Ei -e s/a/b/ a.rs", &["a.rs"]),
        ("sed --in-place=.bak --expression=s/a/b/ a.rs", &["a.rs"]),
        ("sed -n s/a/b/p a.rs", &[]),
        ("sed s/a/b/ a.rs > b.rs", &["b.rs"]),
        ("perl -pi -e 's/a/b/' a.rs", &["a.rs"]),
        ("perl -i.bak -pe 's/a/b/' a.rs b.rs", &["a.rs", "b.rs"]),
        ("perl -0777 -i -pe 's/a/b/' a.rs", &["a.rs"]),
        ("perl -pe 's/a/b/' a.rs", &[]),
        ("ruby -pi -e 'x' a.rb", &["a.rb"]),
        ("gawk -i inplace '{print}' a.txt", &["a.txt"]),
        ("awk '{print > \"x\"}' a.txt", &[]),
        ("patch -p1 < fix.patch", &["src/a.rs"]),
        ("patch src/a.rs < other.patch", &["src/a.rs"]),
        ("patch -p1 -i fix.patch -d lib", &["lib/src/a.rs"]),
        ("patch --dry-run -p1 < fix.patch", &[]),
    ]);
}

#[test]
fn places_and_names() {
    check(&[
        ("cd src && rm a", &["src/a"]),
        ("cd src; cd ../lib; rm a", &["src/../lib/a"]),
        ("(cd src && rm a); rm b", &["src/a", "b"]),
        ("cd /elsewhere && rm a", &["/elsewhere/a"]),
        ("cd $X && rm a /b", &["/b"]),
        ("cd \"$(git rev-parse --show-toplevel)\" && rm a", &[]),
        ("pushd src; rm a; popd; rm b", &["src/a"]),
        ("rm src/*.rs", &["?src/*.rs"]),
        ("rm 'src/*.rs'", &["src/*.rs"]),
        ("rm src/[ab].rs src/a?", &["?src/[ab].rs", "?src/a?"]),
        ("rm 'a*'b*", &["?a\\*b*"]),
        ("rm src/{a,b}.rs", &["src/a.rs", "src/b.rs"]),
        ("rm {a,b{c,d}}x", &["ax", "bcx", "bdx"]),
        ("rm '{a,b}' {}", &["{a,b}", "{}"]),
        (
            "F=src/a.rs; rm $F \"${F}.bak\"",
            &["src/a.rs", "src/a.rs.bak"],
        ),
        ("export F=a && rm $F", &["a"]),
        ("F=$(x); rm $F", &[]),
        ("F=a rm b", &["b"]),
        (
            "for f in src/*.rs b; do sed -i s/a/b/ \"$f\"; done",
            &["?src/*.rs", "b"],
        ),
        ("rm $PWD/a", &["a"]),
        ("rm \"$X\" a", &["a"]),
        ("rm ${X:-a}", &[]),
        ("rm ''", &[]),
    ]);
}

#[test]
fn around_commands() {
    check(&[
        ("sudo -u x rm a", &["a"]),
        ("env A=1 B=2 rm a", &["a"]),
        ("A=1 B='x y' rm a", &["a"]),
        ("timeout -k 1 5 rm a", &["a"]),
        ("nice -n 5 rm a", &["a"]),
        ("time rm a", &["a"]),
        ("! rm a", &["a"]),
        ("if rm a; then rm b; else rm c; fi", &["a", "b", "c"]),
        ("while true; do rm a; done", &["a"]),
        ("case $x in a) rm a ;; esac; rm b", &["a", "b"]),
        ("f() { rm a; }", &["a"]),
        ("true && rm a || rm b | tee c & rm d", &["a", "b", "c", "d"]),
        ("echo $(rm a) `rm b` \"$(rm c)\"", &["a", "b", "c"]),
        ("bash -c 'cd src && rm a'", &["src/a"]),
        ("bash -lc \"rm a\"", &["a"]),
        ("sh -c \"$X\"", &[]),
        ("eval 'rm a'", &["a"]),
        ("bash script.sh", &[]),
        ("rm \\\n  a \\\n  b", &["a", "b"]),
        ("find src -name '*.tmp' -delete", &["?src/**/*.tmp"]),
        ("find . -name x -exec rm {} +", &["?./**/x"]),
        ("find src -name '*.rs' -exec grep x {} +", &[]),
        ("find src -delete", &[]),
        ("ls | xargs rm", &[]),
    ]);
}

#[test]
fn git_commands() {
    check(&[
        ("git mv a b", &["a", "b"]),
        ("git mv a src", &["a", "src/a"]),
        ("git rm -r a b", &["a", "b"]),
        ("git rm --cached a", &[]),
        ("git -C src rm a", &["src/a"]),
        ("git -c x=y --no-pager rm a", &["a"]),
        ("git --git-dir=x rm a", &[]),
        ("git checkout -- a", &["a"]),
        (
            "git checkout main -- a src",
            &["a", "git:differ main in /r of src"],
        ),
        ("git checkout .", &["git:differ in /r of ."]),
        ("git checkout src/a.rs", &["src/a.rs"]),
        ("git checkout main", &[]),
        ("git checkout -b new", &[]),
        ("git checkout -f main", &["git:differ HEAD in /r of "]),
        ("git checkout HEAD~1 gone.rs", &["gone.rs"]),
        ("git restore a", &["a"]),
        ("git restore --staged a", &[]),
        ("git restore --staged --worktree a", &["a"]),
        (
            "git restore --source=main src",
            &["git:differ main in /r of src"],
        ),
        ("git reset --hard", &["git:differ HEAD in /r of "]),
        (
            "git reset --hard origin/main",
            &["git:differ origin/main in /r of "],
        ),
        ("git reset HEAD a", &[]),
        ("git clean -fd src", &["git:untracked in /r of src"]),
        ("git clean -fdx", &["git:ignored in /r of "]),
        ("git clean -n", &[]),
        ("git stash", &["git:differ HEAD in /r of "]),
        (
            "git stash push -m x -- src",
            &["git:differ HEAD in /r of src"],
        ),
        (
            "git stash -u",
            &["git:differ HEAD in /r of ", "git:untracked in /r of "],
        ),
        ("git stash pop", &["git:stash@{0} in /r of "]),
        ("git stash apply 2", &["git:stash@{2} in /r of "]),
        ("git stash list; git stash drop", &[]),
        ("git apply fix.patch", &["src/a.rs"]),
        ("git apply --check fix.patch", &[]),
        ("git apply --directory=lib < fix.patch", &["lib/src/a.rs"]),
        ("git commit -am x; git push; git status; git", &[]),
        ("git reset --hard --evil", &["git:differ HEAD in /r of "]),
        ("git coord lock a", &[]),
    ]);
}

#[test]
fn odd_texts_are_read_to_their_end() {
    for script in [
        "", " ", "\n", "'", "\"", "`", "$(", "${", "$((", "((", "<", ">", "<<", "<<<", ">&", "\\",
        "$", "$'", "<(", "&>", ";;", ")", "(((", "a=(1 2)", "{", "}", "[[ ", "1>", "<<'", "rm \0",
        "é>ü",
    ] {
        let _ = of(script);
    }
    // Deeper than anybody nests.
    let _ = of(&format!("{}rm a{}", "$(".repeat(5_000), ")".repeat(5_000)));
    let _ = of(&"{a,".repeat(20_000));
    let _ = of(&"(".repeat(20_000));
    let _ = of(&"<<a ".repeat(20_000));
    assert_eq!(of(&"rm a; ".repeat(20_000)), ["a"]);
}

#[test]
fn variables_made_of_each_other_do_not_grow_without_end() {
    let doubled = "x=$x$x; ".repeat(60);
    assert_eq!(of(&format!("x=aaaaaaaa; {doubled}rm $x b")), ["b"]);
    assert_eq!(of("x=a; x=$x$x; x=$x$x; rm $x"), ["aaaa"]);
    // All words of a script together, and those of its brackets.
    let long = format!("x={}; ", "a".repeat(30_000));
    assert_eq!(
        of(&format!("{long}{}rm b", "y=$x$x; ".repeat(20_000))),
        ["b"]
    );
    assert_eq!(
        of(&format!("{long}{}rm b", "(y=$x; ".repeat(20_000))),
        ["b"]
    );
    let many: String = (0..20_000).map(|nth| format!("a{nth}=1;")).collect();
    assert_eq!(of(&format!("{many}{}", "(b=1;".repeat(9_000))), [""; 0]);
}

proptest! {
    #[test]
    fn no_text_is_too_much(script in "[a-c '\"`$(){};&|<>\\\\\n*=#~-]{0,80}") {
        let _ = of(&script);
    }

    #[test]
    fn no_bytes_are_too_much(script in ".{0,80}") {
        let _ = of(&script);
    }
}
