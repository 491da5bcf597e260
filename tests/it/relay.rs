//! Agents that may push nothing but a branch, and the relay that decides what they ask there.
//!
//! The server is a real one, with two accounts. Its hook lets one of them push only branches of its
//! own, and delete nothing, as the proxies of cloud sandboxes do.

mod answers;
mod auto;
mod contest;
mod forged;
mod landing;
mod published;
mod tracking;
pub mod world;
