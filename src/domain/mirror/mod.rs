//! The pages of a git host, as the state and people have them.

pub mod inward;
