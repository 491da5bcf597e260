//! The `git-coord` program; git runs it as `git coord`.

use std::process::ExitCode;

fn main() -> ExitCode {
    git_coord::cli::main(std::env::args_os())
}
