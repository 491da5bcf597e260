//! Plain values: what is stored, what is asked and what is answered.
//!
//! Nothing here reads a clock, a file, the environment or a repository.

pub mod agent;
pub mod branch;
pub mod bytes;
pub mod event;
pub mod feature;
pub mod forge;
pub mod gc;
pub mod handoff;
pub mod happening;
pub mod id;
pub mod key;
pub mod limits;
pub mod lock;
pub mod markdown;
pub mod memory;
pub mod message;
pub mod notice;
pub mod object_id;
pub mod place;
pub mod queue;
pub mod record;
pub mod refusal;
pub mod refused;
pub mod relay;
pub mod reply;
pub mod request;
pub mod stamp;
pub mod stored;
pub mod task;
pub mod text;
pub mod time;
pub mod value;
pub mod wait;
