//! Features: the commands, those who register at once, real branches, and pauses.

mod branches;
mod commands;
mod pauses;
mod races;
mod words;
