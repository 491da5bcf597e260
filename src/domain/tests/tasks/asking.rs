//! The words that task tests are written in: `world.task("bob", claim("t1")).ok()`.

use crate::domain::State;
use crate::domain::task::board::Board;
use crate::domain::task::find;
use crate::domain::tests::words::{Done, World, actor};
use crate::model::id::Id;
use crate::model::refusal::Refusal;
use crate::model::reply::Reply;
use crate::model::request::Request;
use crate::model::task::{
    Add, Ask, Cancel, Claim, Commented, Done as Finished, Edit, Fail, New, Next, Release, Retry,
    Start, TaskRecord, Told,
};

pub(super) fn id(text: &str) -> Id {
    text.parse().unwrap()
}

/// A task with a name that is also its title.
pub(super) fn new(name: &str) -> New {
    serde_json::from_value(serde_json::json!({ "id": name, "title": name })).unwrap()
}

/// A task that depends on others.
pub(super) fn after(name: &str, depends: &str) -> New {
    New {
        depends: depends.split_whitespace().map(id).collect(),
        ..new(name)
    }
}

pub(super) fn add(tasks: Vec<New>) -> Ask {
    Ask::Add(Add {
        tasks,
        allow_secrets: Default::default(),
    })
}

pub(super) fn next() -> Ask {
    Ask::Next(Next::default())
}

pub(super) fn claim(name: &str) -> Ask {
    Ask::Claim(plain_claim(name))
}

pub(super) fn plain_claim(name: &str) -> Claim {
    serde_json::from_value(serde_json::json!({ "id": name })).unwrap()
}

pub(super) fn start(name: &str) -> Ask {
    Ask::Start(Start { id: id(name) })
}

pub(super) fn done(name: &str) -> Ask {
    Ask::Done(Finished {
        id: id(name),
        result: None,
        keep_locks: false,
        allow_secrets: Default::default(),
    })
}

pub(super) fn fail(name: &str, retry: bool) -> Ask {
    Ask::Fail(Fail {
        id: id(name),
        why: "it did not work".parse().unwrap(),
        retry,
        result: None,
        allow_secrets: Default::default(),
    })
}

pub(super) fn cancel(names: &str, dependants: bool) -> Ask {
    Ask::Cancel(Cancel {
        ids: names.split_whitespace().map(id).collect(),
        why: None,
        dependants,
    })
}

pub(super) fn release(name: &str) -> Ask {
    Ask::Release(Release {
        id: id(name),
        why: None,
    })
}

pub(super) fn retry(name: &str) -> Ask {
    Ask::Retry(Retry { id: id(name) })
}

pub(super) fn edit(name: &str, change: impl FnOnce(&mut Edit)) -> Ask {
    let mut edit: Edit = serde_json::from_value(serde_json::json!({ "id": name })).unwrap();
    change(&mut edit);
    Ask::Edit(edit)
}

pub(super) fn comment(name: &str, text: &str) -> Ask {
    Ask::Comment(Commented {
        id: id(name),
        text: text.parse().unwrap(),
        allow_secrets: Default::default(),
    })
}

impl World {
    /// A request about tasks; what comes of it is an answer about tasks, or a refusal.
    pub(in crate::domain::tests) fn task(&mut self, by: &str, ask: Ask) -> Result<Told, Refusal> {
        let done = self.run(&actor(by), &Request::Task(ask), &[])?;
        self.assert_tasks_are_sound();
        let Done {
            reply: Reply::Task(told),
            ..
        } = done
        else {
            panic!("{done:?} is no answer about tasks");
        };
        Ok(*told)
    }

    /// The code of the refusal that a request has to meet.
    #[track_caller]
    pub(super) fn refused(&mut self, by: &str, ask: Ask) -> &'static str {
        let before = self.book.clone();
        match self.task(by, ask.clone()) {
            Ok(told) => panic!("{by} asked {ask:?} and was told {told:?}"),
            Err(no) => {
                assert_eq!(self.book, before, "a refusal changes nothing");
                no.code()
            }
        }
    }

    /// How a task is stored, in a few words: `claimed by bob, 1 of 3`.
    #[track_caller]
    pub(super) fn stage(&self, name: &str) -> String {
        let task = self.stored(name);
        let mut text = task.stage.as_str().to_owned();
        if let Some(claimed) = &task.claimed
            && !task.stage.is_over()
        {
            text.push_str(&format!(" by {}", claimed.by.agent));
        }
        format!("{text}, {} of {}", task.attempts, task.attempts_max)
    }

    #[track_caller]
    pub(super) fn stored(&self, name: &str) -> TaskRecord {
        find::get(&self.book, &id(name)).unwrap().unwrap()
    }

    /// A session says what it can do.
    pub(super) fn is_able(&mut self, by: &str, capabilities: &str) {
        let register = serde_json::json!({
            "register": { "capabilities": capabilities.split(' ').collect::<Vec<_>>() },
        });
        let ask = serde_json::from_value(register).unwrap();
        self.run(&actor(by), &Request::Agent(ask), &[]).unwrap();
    }

    /// What `task next` hands out, one after the other, each to another session.
    pub(super) fn handed_out(&mut self, by: &str, ask: &Next) -> String {
        let mut names = Vec::new();
        while let Ok(told) = self.task(
            &format!("{by}/{}", names.len() + 100),
            Ask::Next(ask.clone()),
        ) {
            names.push(told.tasks[0].id.to_string());
        }
        names.join(" ")
    }

    /// Every task is in the one place that it belongs to, and is claimed only with a lock.
    fn assert_tasks_are_sound(&self) {
        if !self.is_honest {
            return;
        }
        let board = Board::read(&self.book).unwrap();
        assert!(board.damaged.is_empty(), "{:?}", board.damaged);
        for open in &board.tasks {
            let task = open.record().unwrap();
            assert_eq!(
                find::get(&self.book, &task.id).unwrap().as_ref(),
                Some(&task)
            );
            assert!(task.met.is_subset(&task.depends));
        }
        for (place, _) in self.book.under("tasks/ended").unwrap() {
            let open = place.as_str().replace("tasks/ended", "tasks/open");
            let is_twice = self.book.places.keys().any(|place| place.as_str() == open);
            assert!(!is_twice, "{place} is over and open");
        }
    }
}
