//! The mirror on GitHub, against a server that stands in for it.

mod landing;
pub mod stand_in;
mod status;
mod webhook;
pub mod world;
