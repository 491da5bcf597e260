//! Options that are given several times.

use std::fmt::Display;
use std::str::FromStr;

use crate::coord::Failure;

/// Reads each value; the option's name goes into the error.
pub(super) fn each<T>(typed: &[String], option: &str) -> Result<Vec<T>, Failure>
where
    T: FromStr,
    T::Err: Display,
{
    let values = typed.iter().map(|text| text.parse());
    values
        .collect::<Result<_, T::Err>>()
        .map_err(|why| Failure::usage(format!("{option}: {why}"), "see the command's `--help`"))
}

/// Reads a value that may be absent.
pub(super) fn one<T>(typed: Option<&str>, option: &str) -> Result<Option<T>, Failure>
where
    T: FromStr,
    T::Err: Display,
{
    let typed: Vec<String> = typed.map(str::to_owned).into_iter().collect();
    Ok(each(&typed, option)?.pop())
}
