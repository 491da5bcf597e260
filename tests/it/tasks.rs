//! Tasks: the commands, the races for them, and what becomes of those whose holder dies.

mod commands;
mod lost;
mod races;
mod words;
