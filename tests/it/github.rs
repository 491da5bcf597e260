//! The mirror on GitHub, against a server that stands in for it.

mod contract;
mod faults;
mod inward;
mod landing;
mod outward;
pub mod stand_in;
mod status;
mod webhook;
pub mod world;
