//! What every record has before its own fields.

use std::borrow::Cow;
use std::ops::{Deref, DerefMut};

use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Deserializer, Serialize};

use super::id::{Actor, OpId};
use super::record::{Record, VERSION};
use super::stamp::Stamp;
use super::time::Timestamp;

/// The fields that all records begin with.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Head {
    /// Format version.
    pub v: u32,
    /// What it is, so that a misplaced record is noticed.
    pub kind: String,
    /// The operation that wrote it.
    pub op: OpId,
    /// The number of the state that it was written in.
    pub rev: u64,
    /// When, by the writer's wall clock.
    pub at: Timestamp,
    /// Who wrote it.
    pub by: Actor,
}

/// The own fields of one kind of record.
pub trait Body: Serialize + DeserializeOwned + JsonSchema {
    /// The value of the `kind` field.
    const KIND: &'static str;
}

/// A record: the common head, and the fields of its kind beside it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Stored<T> {
    /// Who wrote it, when and where.
    #[serde(flatten)]
    pub head: Head,
    /// Its own fields.
    #[serde(flatten)]
    pub body: T,
}

impl<T: Body> Stored<T> {
    /// A record written by this operation in the state `rev`.
    pub fn new(stamp: &Stamp, rev: u64, body: T) -> Self {
        let head = Head {
            v: VERSION,
            kind: T::KIND.into(),
            op: stamp.op,
            rev,
            at: stamp.at,
            by: stamp.by.clone(),
        };
        Self { head, body }
    }
}

impl<T> Deref for Stored<T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.body
    }
}

impl<T> DerefMut for Stored<T> {
    fn deref_mut(&mut self) -> &mut T {
        &mut self.body
    }
}

impl<'de, T: Body> Deserialize<'de> for Stored<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        // Twice over a value in memory; `Record::of_json` reads bytes without one.
        let value = serde_json::Value::deserialize(deserializer)?;
        let head = Head::deserialize(&value).map_err(serde::de::Error::custom)?;
        let body = serde_json::from_value(value).map_err(serde::de::Error::custom)?;
        Ok(Self { head, body })
    }
}

impl<T: Body> Record for Stored<T> {
    const KIND: &'static str = T::KIND;

    fn head(&self) -> (u32, &str) {
        (self.head.v, &self.head.kind)
    }

    /// Reads the bytes twice, each time passing over the other's fields: what serde's `flatten`
    /// does instead builds every value in memory first.
    fn of_json(bytes: &[u8]) -> serde_json::Result<Self> {
        Ok(Self {
            head: serde_json::from_slice(bytes)?,
            body: serde_json::from_slice(bytes)?,
        })
    }
}

impl<T: Body> JsonSchema for Stored<T> {
    fn schema_name() -> Cow<'static, str> {
        format!("{}Record", T::schema_name()).into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        #[derive(JsonSchema)]
        #[allow(dead_code, reason = "only its shape counts")]
        struct Both<T> {
            #[schemars(flatten)]
            head: Head,
            #[schemars(flatten)]
            body: T,
        }
        Both::<T>::json_schema(generator)
    }
}
