//! Histories with many merges, made from a seed: the same seed tells the same history.
//!
//! The shape is that of busy repositories: short branches that run side by side, a few files that
//! everybody touches, logs that everybody appends to, files and directories that move, branches
//! that merge the main one back in (where most real conflicts are) or go on after they have landed,
//! which makes criss-cross merges.

use std::collections::BTreeMap;
use std::rc::Rc;

use fastrand::Rng;

/// How large it gets.
#[derive(Clone, Copy)]
pub struct Shape {
    /// Files at the beginning.
    pub files: usize,
    /// Lines of a file.
    pub lines: usize,
    /// Branches at work at the same time.
    pub parallel: usize,
    /// Commits and merges.
    pub steps: usize,
    /// Whether object ids are of SHA-256.
    pub is_sha256: bool,
    /// Whether the logs are declared to be merged line by line.
    pub has_attributes: bool,
}

/// A file's mode and content.
type File = Rc<(&'static str, Vec<u8>)>;
/// Files by their paths.
type Tree = BTreeMap<String, File>;

#[derive(Clone)]
struct Branch {
    name: String,
    tree: Tree,
    /// The main branch as it was when they were last the same.
    synced: Tree,
}

struct History {
    rng: Rng,
    shape: Shape,
    out: Vec<u8>,
    commits: usize,
    /// Numbers new lines and files, so that no two are the same.
    fresh: usize,
}

/// A stream for `git fast-import`; the main branch is `main`.
pub fn stream(seed: u64, shape: Shape) -> Vec<u8> {
    let mut history = History {
        rng: Rng::with_seed(seed),
        shape,
        out: Vec::new(),
        commits: 0,
        fresh: 0,
    };
    let mut main = Branch {
        name: "main".into(),
        tree: history.beginning(),
        synced: Tree::new(),
    };
    history.commit(&main, &Tree::new(), None);
    let mut live: Vec<Branch> = Vec::new();
    for _ in 0..shape.steps {
        history.step(&mut main, &mut live);
    }
    history.out
}

impl History {
    fn beginning(&mut self) -> Tree {
        let mut tree = Tree::new();
        for n in 0..self.shape.files {
            let path = format!("area{}/part{}/file{n}.rs", n % 5, n % 11);
            let lines = (0..self.shape.lines).map(|at| format!("line {at} of file {n}\n"));
            put(&mut tree, &path, "100644", lines.collect::<String>());
        }
        for log in ["a", "b"] {
            put(&mut tree, &format!(".state/{log}.jsonl"), "100644", "{}\n");
        }
        put(&mut tree, "area0/link", "120000", "part0");
        put(&mut tree, r#""d\303\244/\377.bin""#, "100644", "\0first");
        if self.shape.has_attributes {
            put(
                &mut tree,
                ".gitattributes",
                "100644",
                "*.jsonl merge=union\n",
            );
        }
        tree
    }

    fn step(&mut self, main: &mut Branch, live: &mut Vec<Branch>) {
        if live.len() < self.shape.parallel {
            self.fresh += 1;
            let mut branch = main.clone();
            branch.name = format!("b{}", self.fresh);
            branch.synced = main.tree.clone();
            let begun = format!("reset refs/heads/{}\nfrom refs/heads/main\n\n", branch.name);
            self.out.extend(begun.bytes());
            live.push(branch);
        }
        let at = self.rng.usize(..live.len());
        match self.rng.u32(..100) {
            0..55 => self.work(&mut live[at]),
            55..60 => self.work(main),
            // The main branch comes into the branch.
            60..72 => {
                let tree = self.joined(&live[at].tree, &main.tree, &live[at].synced);
                let before = std::mem::replace(&mut live[at].tree, tree);
                live[at].synced = main.tree.clone();
                self.commit(&live[at].clone(), &before, Some(&main.name));
            }
            // Two branches meet before they land.
            72..75 if live.len() > 1 => {
                let other = (at + 1) % live.len();
                let theirs = live[other].clone();
                let tree = self.joined(&live[at].tree, &theirs.tree, &theirs.synced);
                let before = std::mem::replace(&mut live[at].tree, tree);
                self.commit(&live[at].clone(), &before, Some(&theirs.name));
            }
            _ => {
                let tree = self.joined(&main.tree, &live[at].tree, &live[at].synced);
                let before = std::mem::replace(&mut main.tree, tree);
                self.commit(&main.clone(), &before, Some(&live[at].name));
                if self.rng.u32(..5) == 0 {
                    live[at].synced = live[at].tree.clone();
                } else {
                    live.remove(at);
                }
            }
        }
    }

    /// A commit with a few changes.
    fn work(&mut self, branch: &mut Branch) {
        let before = branch.tree.clone();
        for _ in 0..self.rng.usize(1..4) {
            self.edit(&mut branch.tree);
        }
        self.commit(branch, &before, None);
    }

    fn edit(&mut self, tree: &mut Tree) {
        self.fresh += 1;
        let fresh = self.fresh;
        let Some(path) = self.some_path(tree) else {
            return;
        };
        let (mode, content) = (*tree[&path]).clone();
        let is_text = mode.starts_with("100") && path.ends_with(".rs");
        match self.rng.u32(..100) {
            0..60 if is_text => {
                let changed = self.changed(&content);
                put(tree, &path, mode, changed);
            }
            0..75 => {
                let log = [".state/a.jsonl", ".state/b.jsonl"][fresh % 2];
                let mut text = tree.get(log).map_or(Vec::new(), |file| file.1.clone());
                text.extend(format!("{{\"n\":{fresh}}}\n").bytes());
                put(tree, log, "100644", text);
            }
            75..82 if is_text => {
                let dir = path.rsplit_once('/').map_or("", |(dir, _)| dir);
                let path = format!("{dir}/new{fresh}.rs");
                put(tree, &path, "100644", format!("new {fresh}\n").repeat(9));
            }
            82..88 if is_text => {
                let file = self.changed(&content);
                tree.remove(&path);
                put(tree, &format!("area1/moved{}.rs", fresh % 40), mode, file);
            }
            88..90 if is_text => move_directory(tree, &path, fresh),
            90..93 if is_text => drop(tree.remove(&path)),
            93..95 if is_text => put(tree, &path, "100755", content),
            95..96 => put(tree, "area0/link", "120000", format!("part{fresh}")),
            96..98 => {
                let name = r#""d\303\244/\377.bin""#;
                put(tree, name, "100644", format!("\0{fresh}"));
            }
            _ => {
                let digits = if self.shape.is_sha256 { 64 } else { 40 };
                put(tree, "area2/module", "160000", format!("{fresh:0digits$x}"));
            }
        }
    }

    /// Some files are everybody's.
    fn some_path(&mut self, tree: &Tree) -> Option<String> {
        let most = if self.rng.u32(..3) == 0 {
            8
        } else {
            tree.len()
        };
        let at = self.rng.usize(..most.clamp(1, tree.len().max(1)));
        tree.keys()
            .filter(|path| !path.starts_with('.'))
            .nth(at)
            .cloned()
    }

    /// One to three lines are others, or more, or gone.
    fn changed(&mut self, content: &[u8]) -> Vec<u8> {
        let text = String::from_utf8_lossy(content).into_owned();
        let mut lines: Vec<String> = text.lines().map(str::to_owned).collect();
        for _ in 0..self.rng.usize(1..4) {
            let at = self.rng.usize(..lines.len().max(1));
            let new = format!("changed {} {}", self.fresh, self.rng.u32(..));
            match self.rng.u32(..4) {
                0 => lines.insert(at.min(lines.len()), new),
                1 if lines.len() > 3 => drop(lines.remove(at)),
                _ if at < lines.len() => lines[at] = new,
                _ => lines.push(new),
            }
        }
        (lines.join("\n") + "\n").into_bytes()
    }

    /// What somebody made of a merge: each side's own changes, and where both changed a file, ours
    /// with a line more.
    fn joined(&mut self, ours: &Tree, theirs: &Tree, base: &Tree) -> Tree {
        let mut tree = ours.clone();
        let paths: Vec<&String> = theirs.keys().chain(base.keys()).collect();
        for path in paths {
            let (mine, their, was) = (ours.get(path), theirs.get(path), base.get(path));
            if their == was || mine == their {
                continue;
            }
            match (mine == was, their, mine) {
                (true, Some(their), _) => drop(tree.insert(path.clone(), their.clone())),
                (true, None, _) => drop(tree.remove(path)),
                (false, Some(_), Some(mine)) if path.ends_with(".rs") => {
                    self.fresh += 1;
                    let mut text = mine.1.clone();
                    text.extend(format!("resolved {}\n", self.fresh).bytes());
                    put(&mut tree, path, mine.0, text);
                }
                (false, _, _) => {}
            }
        }
        tree
    }

    fn commit(&mut self, branch: &Branch, before: &Tree, merged: Option<&str>) {
        self.commits += 1;
        let (name, at) = (&branch.name, 1_600_000_000 + 60 * self.commits);
        let mut lines = format!(
            "commit refs/heads/{name}\ncommitter A <a@example.org> {at} +0000\ndata {}\nc{}\n",
            self.commits.to_string().len() + 1,
            self.commits
        )
        .into_bytes();
        if let Some(merged) = merged {
            lines.extend(format!("merge refs/heads/{merged}\n").bytes());
        }
        for path in before
            .keys()
            .filter(|path| !branch.tree.contains_key(*path))
        {
            lines.extend(format!("D {path}\n").bytes());
        }
        for (path, file) in &branch.tree {
            if before.get(path) == Some(file) {
                continue;
            }
            let (mode, content) = (file.0, &file.1);
            if mode == "160000" {
                lines.extend(
                    format!("M {mode} {} {path}\n", String::from_utf8_lossy(content)).bytes(),
                );
                continue;
            }
            lines.extend(format!("M {mode} inline {path}\ndata {}\n", content.len()).bytes());
            lines.extend(content);
            lines.push(b'\n');
        }
        lines.push(b'\n');
        self.out.extend(lines);
    }
}

fn put(tree: &mut Tree, path: &str, mode: &'static str, content: impl Into<Vec<u8>>) {
    tree.insert(path.to_owned(), Rc::new((mode, content.into())));
}

/// All that is beside a file goes to a new place.
fn move_directory(tree: &mut Tree, path: &str, fresh: usize) {
    let Some((dir, _)) = path.rsplit_once('/') else {
        return;
    };
    let below = format!("{dir}/");
    let moved: Vec<String> = tree
        .keys()
        .filter(|path| path.starts_with(&below))
        .cloned()
        .collect();
    for path in moved {
        let rest = path[below.len()..].to_owned();
        if let Some(file) = tree.remove(&path) {
            tree.insert(format!("area3/dir{fresh}/{rest}"), file);
        }
    }
}
