//! Messages: where they stand, how long, and who takes note of them.

use super::words::{World, actor};
use crate::domain::State;
use crate::model::message::{Ack, Ask, INBOX_MAX, MessageRecord, Named, Send, Told};
use crate::model::record;
use crate::model::reply::Reply;
use crate::model::request::Request;
use crate::model::text::Long;

fn letter(to: &str, text: &str) -> Send {
    Send {
        to: to.parse().unwrap(),
        text: text.parse::<Long>().unwrap(),
        sort: Default::default(),
        delivery: Default::default(),
        needs_ack: false,
        expires: None,
        reply_to: None,
        task: None,
        allow_secrets: Default::default(),
    }
}

fn named(message: &MessageRecord) -> Named {
    Named {
        id: message.id.clone(),
        to: message.to.clone(),
    }
}

impl World {
    fn wrote(&mut self, by: &str, ask: Ask) -> (Told, bool) {
        let done = self.by(by).ask(Request::Message(ask)).done().unwrap();
        match done.reply {
            Reply::Message(told) => (*told, done.is_change),
            other => panic!("{other:?}"),
        }
    }

    fn sent(&mut self, by: &str, send: Send) -> MessageRecord {
        self.wrote(by, Ask::Send(send)).0.messages.remove(0)
    }

    fn ack(&mut self, by: &str, message: &MessageRecord) -> bool {
        let messages = vec![named(message)];
        self.wrote(by, Ask::Ack(Ack { messages })).1
    }

    #[track_caller]
    fn not_sent(&mut self, by: &str, ask: Ask, code: &str) {
        self.by(by).ask(Request::Message(ask)).refused(code);
    }

    fn count(&self, dir: &str) -> usize {
        self.book.under(dir).unwrap().len()
    }
}

#[test]
fn a_message_stands_where_its_receiver_looks() {
    let mut world = World::new();
    for (to, dir) in [
        ("bob", "messages/to/bob"),
        ("bob/2", "messages/to/bob"),
        ("role:review", "messages/role/review"),
        ("all", "messages/all"),
    ] {
        let before = world.count(dir);
        let message = world.sent("alice", letter(to, "hello"));
        assert_eq!(world.count(dir), before + 1, "{to}");
        assert_eq!(
            (&message.from, &message.thread),
            (&actor("alice"), &message.id)
        );
    }
    let secret = letter("bob", "-----BEGIN PRIVATE KEY-----");
    world.not_sent("alice", Ask::Send(secret), "secret");
}

#[test]
fn who_it_is_for_takes_note_once() {
    let mut world = World::new();
    let to_agent = world.sent("alice", letter("bob", "x"));
    let to_session = world.sent("alice", letter("bob/1", "x"));
    let to_all = world.sent("alice", letter("all", "x"));
    for (message, code) in [(&to_agent, "not_allowed"), (&to_session, "not_yours")] {
        let messages = vec![named(message)];
        world.not_sent("carol", Ask::Ack(Ack { messages }), code);
    }
    let messages = vec![named(&to_session)];
    world.not_sent("bob/2", Ask::Ack(Ack { messages }), "not_yours");
    assert!(world.ack("bob/2", &to_agent) && world.ack("bob", &to_session));
    // Another session of the agent need not do it again; of all, everybody does for himself.
    assert!(!world.ack("bob", &to_agent));
    assert!(world.ack("bob", &to_all) && world.ack("carol", &to_all));
    assert!(!world.ack("carol/2", &to_all));
    let gone = Named {
        id: "nothing".parse().unwrap(),
        ..named(&to_all)
    };
    let messages = vec![gone];
    world.not_sent("bob", Ask::Ack(Ack { messages }), "not_found");
}

#[test]
fn an_answer_takes_note_and_goes_on_with_the_talk() {
    let mut world = World::new();
    let question = Send {
        needs_ack: true,
        ..letter("bob", "where?")
    };
    let question = world.sent("alice", question);
    let answer = Send {
        reply_to: Some(named(&question)),
        ..letter("alice", "there")
    };
    let answer = world.sent("bob", answer);
    assert_eq!(
        (&answer.thread, &answer.reply_to),
        (&question.id, &Some(question.id.clone()))
    );
    assert!(!world.ack("bob", &question), "it was noted already");
    let again = Send {
        reply_to: Some(named(&answer)),
        ..letter("bob", "thanks")
    };
    assert_eq!(world.sent("alice", again).thread, question.id);
    // To oneself nothing has to be noted.
    let own = Send {
        reply_to: Some(named(&question)),
        ..letter("bob", "and when?")
    };
    world.sent("alice", own);
}

#[test]
fn what_has_served_makes_room() {
    let mut world = World::new();
    let dir = "messages/to/bob";
    let noted = world.sent("alice", letter("bob", "x"));
    world.ack("bob", &noted);
    let short = Send {
        expires: Some(world.now.plus_secs(60)),
        ..letter("bob", "x")
    };
    world.sent("alice", short);
    world.sent("alice", letter("bob", "stays"));
    world.pass("6d");
    world.sent("alice", letter("bob", "y"));
    assert_eq!(world.count(dir), 4);
    world.pass("2d");
    world.sent("alice", letter("bob", "z"));
    assert_eq!(world.count(dir), 3);
    let mut full = world.sent("alice", letter("bob", "and so on"));
    for n in 4..INBOX_MAX {
        full.body.id = format!("m{n}").parse().unwrap();
        let bytes = record::to_bytes(&full, None).unwrap();
        world.book.places.insert(full.to.place(&full.id), bytes);
    }
    let one_more = Ask::Send(letter("bob", "too much"));
    world.not_sent("alice", one_more, "limit");
    world.sent("alice", letter("carol", "others have room"));
}
