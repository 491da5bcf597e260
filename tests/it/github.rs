//! The mirror on GitHub, against a server that stands in for it.

mod stand_in;
mod status;
pub mod world;
