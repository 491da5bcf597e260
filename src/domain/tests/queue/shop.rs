//! The words that queue tests are written in: a world, and a repository of toy commits.
//!
//! A commit is the list of the entries that it has, and a tree the set of them.

use std::collections::BTreeMap;

use sha1::{Digest, Sha1};

use crate::domain::queue::moves::{Move, moves};
use crate::domain::queue::plan::{Facts, Hindrance, Merged, Merges, Plan, Point, Status, plan};
use crate::domain::queue::{find, order};
use crate::domain::tests::words::{World, actor};
use crate::model::branch::Branch;
use crate::model::id::Id;
use crate::model::key::Key;
use crate::model::object_id::ObjectId;
use crate::model::queue::{
    Add, Ask, Check, CheckId, Drop, Entry, EntryRecord, Evict, Land, Landing, Line, Outcome, Pause,
    Purpose, Ran, Retry, Run, Settle, Standing, Start, Told,
};
use crate::model::record::Damage;
use crate::model::refusal::Refusal;
use crate::model::reply::Reply;
use crate::model::request::Request;

/// A world with a queue in it.
pub(super) struct Shop {
    pub(super) world: World,
    /// What the target has.
    pub(super) tip: Vec<String>,
    /// Pairs whose texts conflict: `a b`. The target itself is `main`.
    pub(super) conflicts: Vec<&'static str>,
    pub(super) hindered: BTreeMap<Id, Hindrance>,
}

pub(super) fn id(text: &str) -> Id {
    text.parse().unwrap()
}

pub(super) fn target() -> Branch {
    "main".parse().unwrap()
}

pub(super) fn check() -> CheckId {
    CheckId::new(&["make check".into()], &[])
}

fn names(text: &str) -> Vec<String> {
    text.split_whitespace().map(str::to_owned).collect()
}

fn hash(kind: &str, names: &[String]) -> ObjectId {
    let text = format!("{kind} {}", names.join(" "));
    ObjectId::from_bytes(&Sha1::digest(text)).unwrap()
}

/// The commit that an entry seals; `a2` is another commit of `a`.
pub(super) fn seal(name: &str) -> ObjectId {
    hash("sealed", &[name.to_owned()])
}

/// A commit with these entries, in this order.
pub(super) fn point(entries: &str) -> Point {
    let names = names(entries);
    let mut sorted = names.clone();
    sorted.sort();
    Point {
        commit: hash("commit", &names),
        tree: hash("tree", &sorted),
    }
}

pub(super) fn add(name: &str) -> Add {
    Add {
        target: target(),
        id: id(name),
        sealed: seal(name),
        base: None,
        branch: Some(name.parse().unwrap()),
        title: None,
        priority: None,
        urgent: None,
        after: Default::default(),
        paths: Vec::new(),
        allow_secrets: Default::default(),
    }
}

pub(super) fn retry(name: &str, sealed: &str) -> Ask {
    Ask::Retry(Retry {
        target: target(),
        id: id(name),
        sealed: seal(sealed),
        base: None,
        paths: Vec::new(),
        rerun: false,
        trees: Vec::new(),
    })
}

pub(super) fn drop_it(name: &str) -> Ask {
    Ask::Drop(Drop {
        target: target(),
        id: id(name),
        why: None,
    })
}

pub(super) fn pause(why: Option<&str>) -> Ask {
    Ask::Pause(Pause {
        target: target(),
        why: why.map(|why| why.parse().unwrap()),
    })
}

/// The check of what is on the target, of one entry on it, or of several together.
pub(super) fn purpose(tip: &str, entries: &str) -> Purpose {
    match &names(entries)[..] {
        [] => Purpose::Base,
        [one] => Purpose::Isolate {
            id: id(one),
            sealed: seal(one),
            onto: point(tip).commit,
            before: point(tip).tree,
        },
        many => Purpose::Certify {
            ids: many.iter().map(|name| id(name)).collect(),
        },
    }
}

fn named_check() -> Check {
    Check {
        id: check(),
        command: "make check".parse().unwrap(),
    }
}

pub(super) fn start(tip: &str, entries: &str) -> Ask {
    Ask::Start(Start {
        target: target(),
        tree: point(&format!("{tip} {entries}")).tree,
        check: named_check(),
        purpose: purpose(tip, entries),
        is_own: false,
        ttl_secs: None,
        host: None,
    })
}

pub(super) fn ran(by: &str, tip: &str, entries: &str, outcome: Option<Outcome>) -> Ask {
    Ask::Ran(Ran {
        target: target(),
        tree: point(&format!("{tip} {entries}")).tree,
        check: named_check(),
        purpose: purpose(tip, entries),
        run: outcome.map(|outcome| Run {
            by: actor(by),
            at: World::new().now,
            // No two runs are quite the same.
            millis: fastrand::u64(..1_000_000_000),
            outcome,
            exit: None,
            tail: None,
            host: None,
        }),
    })
}

pub(super) fn evict(name: &str, tip: &str) -> Ask {
    Ask::Evict(Evict {
        target: target(),
        id: id(name),
        sealed: seal(name),
        check: check(),
        tree: point(&format!("{tip} {name}")).tree,
        before: point(tip).tree,
    })
}

pub(super) fn land(tip: &str, entries: &str) -> Land {
    let new = point(&format!("{tip} {entries}"));
    let landing = |name: &String| Landing {
        id: id(name),
        sealed: seal(name),
        paths: vec![format!("src/{name}.rs").parse().unwrap()],
        require: Vec::new(),
    };
    Land {
        target: target(),
        old: point(tip).commit,
        new: new.commit,
        tree: new.tree,
        check: check(),
        entries: names(entries).iter().map(landing).collect(),
    }
}

pub(super) fn settle(entries: &str) -> Ask {
    Ask::Settle(Settle {
        target: target(),
        commit: point(entries).commit,
        entries: names(entries)
            .iter()
            .map(|name| (id(name), seal(name)))
            .collect(),
        paths: names(entries)
            .iter()
            .map(|name| (id(name), vec![format!("src/{name}.rs").parse().unwrap()]))
            .collect(),
    })
}

impl Shop {
    pub(super) fn new() -> Self {
        Self {
            world: World::new(),
            tip: Vec::new(),
            conflicts: Vec::new(),
            hindered: BTreeMap::new(),
        }
    }

    /// A shop in which these wait, each added by an agent of its name.
    pub(super) fn with(entries: &str) -> Self {
        let mut shop = Self::new();
        for name in names(entries) {
            shop.ok(&name, Ask::Add(add(&name)));
        }
        shop
    }

    pub(super) fn ask(&mut self, by: &str, ask: Ask) -> Result<Told, Refusal> {
        let done = self.world.run(&actor(by), &Request::Queue(ask), &[])?;
        match done.reply {
            Reply::Queue(told) => Ok(*told),
            other => panic!("{other:?} is no answer about the queue"),
        }
    }

    #[track_caller]
    pub(super) fn ok(&mut self, by: &str, ask: Ask) -> Told {
        let shown = format!("{by} asked {ask:?}");
        self.ask(by, ask)
            .unwrap_or_else(|no| panic!("{shown} and was refused: {no}"))
    }

    #[track_caller]
    pub(super) fn refused(&mut self, by: &str, ask: Ask) -> &'static str {
        let before = self.world.book.clone();
        match self.ask(by, ask.clone()) {
            Ok(told) => panic!("{by} asked {ask:?} and was told {told:?}"),
            Err(no) => {
                assert_eq!(self.world.book, before, "a refusal changes nothing");
                no.code()
            }
        }
    }

    /// A whole run of what these entries come to on the target.
    #[track_caller]
    pub(super) fn run(&mut self, entries: &str, is_green: bool) -> Told {
        let tip = self.tip.join(" ");
        self.run_on(&tip, entries, is_green)
    }

    /// The same on another commit than the target has now.
    #[track_caller]
    pub(super) fn run_on(&mut self, tip: &str, entries: &str, is_green: bool) -> Told {
        let outcome = if is_green {
            Outcome::Passed
        } else {
            Outcome::Failed
        };
        self.ok("runner", start(tip, entries));
        self.ok("runner", ran("runner", tip, entries, Some(outcome)))
    }

    /// These were checked alone and are green.
    #[track_caller]
    pub(super) fn prove(&mut self, entries: &str) {
        for name in names(entries) {
            self.run(&name, true);
        }
    }

    /// These land, which has to be granted.
    #[track_caller]
    pub(super) fn land(&mut self, entries: &str) -> Told {
        let ask = land(&self.tip.join(" "), entries);
        let told = self.ok("runner", Ask::Land(ask));
        self.tip.extend(names(entries));
        told
    }

    pub(super) fn entry(&self, name: &str) -> EntryRecord {
        find::get(&self.world.book, &target(), &id(name))
            .unwrap()
            .unwrap()
    }

    pub(super) fn stage(&self, name: &str) -> &'static str {
        self.entry(name).stage.as_str()
    }

    pub(super) fn line(&self) -> Line {
        find::line(&self.world.book, &target()).unwrap()
    }

    pub(super) fn standing(&self, entries: &str) -> Standing {
        find::standing(&self.world.book, &point(entries).tree, &check()).unwrap()
    }

    fn entries(&self) -> Vec<EntryRecord> {
        let (entries, damaged) = find::all(&self.world.book, &target()).unwrap();
        assert!(damaged.is_empty(), "{damaged:?}");
        entries
    }

    /// The names in the order of the line.
    pub(super) fn order(&self) -> String {
        let entries = self.entries();
        let ordered = order::order(&entries, &self.line());
        let names: Vec<&str> = ordered.iter().map(|entry| entry.id.as_str()).collect();
        names.join(" ")
    }

    pub(super) fn plan(&self) -> Plan {
        let (entries, line) = (self.entries(), self.line());
        let facts = Facts {
            tip: point(&self.tip.join(" ")),
            line: &line,
            entries: &entries,
            check: &check(),
            hindered: &self.hindered,
        };
        let mut toy = Toy {
            shop: self,
            commits: BTreeMap::new(),
        };
        // All commits that can be asked for begin with a commit that the target had.
        for count in 0..=self.tip.len() {
            toy.know(&self.tip[..count]);
        }
        plan(&facts, &mut toy).unwrap()
    }

    /// How everybody stands: `a aboard, b deferred behind a in a b`.
    pub(super) fn stands(&self) -> String {
        let plan = self.plan();
        let lines = plan.line.iter().map(|placed| {
            let stands = match &placed.status {
                Status::Present => "present".to_owned(),
                Status::Hindered(_) => "hindered".to_owned(),
                Status::After(other) => format!("after {other}"),
                Status::NeedsRebase(paths) => format!("needs rebase in {}", paths.join(" ")),
                Status::Deferred { behind, .. } => format!("deferred behind {behind}"),
                Status::Unproven(alone) => format!("unproven {:?}", alone.standing),
                Status::Proven => "proven".to_owned(),
                Status::Aboard(_) => "aboard".to_owned(),
            };
            format!("{} {stands}", placed.id)
        });
        lines.collect::<Vec<_>>().join(", ")
    }

    /// What comes next, with so many runners: `isolate a, certify b c, base`.
    pub(super) fn next(&self, free: usize) -> String {
        let plan = self.plan();
        let is_running = |tree: &ObjectId| {
            let key = Key::run_of_check(tree, &check());
            self.world.book.lock(&key.to_string()).is_some()
        };
        let next = moves(&plan, &self.line(), &is_running, free);
        let joined = |ids: &[Id]| {
            let ids: Vec<&str> = ids.iter().map(Id::as_str).collect();
            ids.join(" ")
        };
        let words = next.iter().map(|next| match next {
            Move::Settle(entries) => {
                let ids: Vec<Id> = entries.iter().map(|(id, _)| id.clone()).collect();
                format!("settle {}", joined(&ids))
            }
            Move::Land(count) => {
                let ids: Vec<Id> = plan.train[..*count].iter().map(|l| l.id.clone()).collect();
                format!("land {}", joined(&ids))
            }
            Move::Evict { id, .. } => format!("evict {id}"),
            Move::Check(_, Purpose::Base) => "base".to_owned(),
            Move::Check(_, Purpose::Isolate { id, .. }) => format!("isolate {id}"),
            Move::Check(_, Purpose::Certify { ids }) => format!("certify {}", joined(ids)),
        });
        words.collect::<Vec<_>>().join(", ")
    }
}

/// Merges of toy commits.
struct Toy<'s> {
    shop: &'s Shop,
    commits: BTreeMap<ObjectId, Vec<String>>,
}

impl Toy<'_> {
    fn know(&mut self, names: &[String]) -> Point {
        let point = point(&names.join(" "));
        self.commits.insert(point.commit, names.to_vec());
        point
    }
}

impl Merges for Toy<'_> {
    type Error = Damage;

    fn merge(&mut self, onto: &Point, entry: &Entry) -> Result<Merged, Damage> {
        let mut names = self.commits[&onto.commit].clone();
        let name = entry.id.as_str();
        let does_conflict = |other: &str| {
            let pairs = [format!("{name} {other}"), format!("{other} {name}")];
            let mut conflicts = self.shop.conflicts.iter();
            conflicts.any(|conflict| pairs.iter().any(|pair| pair == conflict))
        };
        let rivals = names.iter().map(String::as_str).chain(["main"]);
        if let Some(rival) = rivals.into_iter().find(|other| does_conflict(other)) {
            return Ok(Merged::Conflict(vec![format!("{rival}.rs")]));
        }
        names.push(name.to_owned());
        Ok(Merged::Clean(self.know(&names)))
    }

    fn has(&mut self, commit: &ObjectId, entry: &Entry) -> Result<bool, Damage> {
        let names = &self.commits[commit];
        Ok(names.iter().any(|name| *name == entry.id.as_str()))
    }

    fn is_of_target(&mut self, commit: &ObjectId) -> Result<bool, Damage> {
        let had = |count| point(&self.shop.tip[..count].join(" ")).commit;
        Ok((0..=self.shop.tip.len()).any(|count| had(count) == *commit))
    }

    fn standing(&mut self, tree: &ObjectId) -> Result<Standing, Damage> {
        find::standing(&self.shop.world.book, tree, &check())
    }
}
