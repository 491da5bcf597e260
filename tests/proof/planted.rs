//! `git-coord` with a bug on purpose, which the variable `COORD_PLANTED` wakes.

use std::process::ExitCode;

fn main() -> ExitCode {
    git_coord::cli::main(std::env::args_os())
}
