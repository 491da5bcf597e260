//! JSON Schemas of what is stored and of what is printed, from the very types that do both.

use clap::ValueEnum;
use schemars::generate::SchemaSettings;
use schemars::transform::{RecursiveTransform, Transform};
use schemars::{JsonSchema, Schema};
use serde_json::Value;

use crate::model::agent::{CheckpointsRecord, PresenceRecord, TrustRecord};
use crate::model::event::Event;
use crate::model::feature::FeatureRecord;
use crate::model::handoff::HandoffRecord;
use crate::model::lock::LockRecord;
use crate::model::memory::MemoryRecord;
use crate::model::message::MessageRecord;
use crate::model::notice::NoticeRecord;
use crate::model::queue::{EntryRecord, LineRecord, VerdictRecord};
use crate::model::relay::{AnsweredRecord, Asked, SpeakerRecord, TurnedDownRecord};
use crate::model::task::{CommentRecord, TaskRecord};
use crate::model::value::ValueRecord;
use crate::model::wait::WaitRecord;
use crate::ops::envelope::{No, Yes};

/// What has a schema.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum Kind {
    /// The record of a locked key
    Lock,
    /// The record of a session in line
    Wait,
    /// The record that tells a session what happened to its locks
    Notice,
    /// The record of a handoff
    Handoff,
    /// The record of a memory
    Memory,
    /// The record of a value under a name
    Value,
    /// The record of a session that is here
    Presence,
    /// The record of how far an agent is trusted
    Trust,
    /// The record of what a session left for whoever goes on
    Checkpoints,
    /// The record of a message
    Message,
    /// The record of a task
    Task,
    /// The record of a remark on a task
    Comment,
    /// The record of a feature
    Feature,
    /// The record of a branch that is to land
    QueueEntry,
    /// The record of a line, beyond its entries
    QueueLine,
    /// The record of what a check said about a tree
    Verdict,
    /// A request in the body of a commit on a branch
    Request,
    /// The record of the answer to such a request
    RequestAnswer,
    /// The record of who speaks for an agent
    Speaker,
    /// The record of a commit that was not taken for a request
    TurnedDown,
    /// The event in the body of each commit of the state
    Event,
    /// What a command prints with --json when the answer is yes
    Answer,
    /// What a command prints with --json when it is not
    Failure,
}

/// One kind's schema, or the list of kinds.
pub(super) fn of(kind: Option<Kind>) -> String {
    let Some(kind) = kind else {
        let lines = Kind::value_variants().iter().map(line);
        return lines.collect();
    };
    let schema = match kind {
        Kind::Lock => written::<LockRecord>(),
        Kind::Wait => written::<WaitRecord>(),
        Kind::Notice => written::<NoticeRecord>(),
        Kind::Handoff => written::<HandoffRecord>(),
        Kind::Memory => written::<MemoryRecord>(),
        Kind::Value => written::<ValueRecord>(),
        Kind::Presence => written::<PresenceRecord>(),
        Kind::Trust => written::<TrustRecord>(),
        Kind::Checkpoints => written::<CheckpointsRecord>(),
        Kind::Message => written::<MessageRecord>(),
        Kind::Task => written::<TaskRecord>(),
        Kind::Comment => written::<CommentRecord>(),
        Kind::Feature => written::<FeatureRecord>(),
        Kind::QueueEntry => written::<EntryRecord>(),
        Kind::QueueLine => written::<LineRecord>(),
        Kind::Verdict => written::<VerdictRecord>(),
        Kind::Request => written::<Asked>(),
        Kind::RequestAnswer => written::<AnsweredRecord>(),
        Kind::Speaker => written::<SpeakerRecord>(),
        Kind::TurnedDown => written::<TurnedDownRecord>(),
        Kind::Event => written::<Event>(),
        Kind::Answer => written::<Yes<'_>>(),
        Kind::Failure => written::<No<'_>>(),
    };
    format!("{:#}\n", schema.as_value())
}

fn line(kind: &Kind) -> String {
    let value = kind.to_possible_value().expect("no kind is skipped");
    let about = value
        .get_help()
        .map(ToString::to_string)
        .unwrap_or_default();
    format!("{:<14} {about}\n", value.get_name())
}

/// The schema of what is written, which says more than the schema of what is read: a field that
/// may be left out by others is always there.
fn written<T: JsonSchema>() -> Schema {
    let settings = SchemaSettings::draft2020_12().for_serialize();
    let mut schema = settings.into_generator().into_root_schema_for::<T>();
    RecursiveTransform(plain).transform(&mut schema);
    schema
}

/// Takes out what is true of Rust and not of the JSON.
fn plain(schema: &mut Schema) {
    // Rust's own names of integers are no formats that JSON Schema knows.
    let format = schema.get("format").and_then(Value::as_str);
    if format.is_some_and(|format| format.starts_with("uint")) {
        schema.remove("format");
    }
    // What may be absent is left out and never null: else it would be required.
    let required = schema.get("required").cloned().unwrap_or_default();
    let is_required = |name: &str| {
        required
            .as_array()
            .is_some_and(|all| all.iter().any(|one| one == name))
    };
    let Some(Value::Object(properties)) = schema.get_mut("properties") else {
        return;
    };
    for (_, property) in properties.iter_mut().filter(|(name, _)| !is_required(name)) {
        let Value::Object(property) = property else {
            continue;
        };
        property.remove("default");
        if let Some(Value::Array(types)) = property.get_mut("type") {
            types.retain(|one| one != "null");
            if let [one] = types.as_slice() {
                let one = one.clone();
                property.insert("type".into(), one);
            }
        }
        if let Some(Value::Array(choices)) = property.get_mut("anyOf") {
            choices.retain(|one| one.get("type").is_none_or(|one| one != "null"));
            if let [Value::Object(one)] = choices.as_slice() {
                let one = one.clone();
                property.remove("anyOf");
                property.extend(one);
            }
        }
    }
}
