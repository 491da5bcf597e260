//! The `git-coord` program; git runs it as `git coord`.

fn main() {}
