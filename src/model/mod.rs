//! Plain values: what is stored, what is asked and what is answered.
//!
//! Nothing here reads a clock, a file, the environment or a repository.

pub mod key;
pub mod limits;
pub mod object_id;
pub mod place;
