//! How many checks one machine runs at once.

use crate::env;

/// The memory that a check is taken to need, in bytes.
const MEMORY: u64 = 4 << 30;
/// Cores that a check is taken to keep busy: most build tools use several.
const CORES: usize = 2;
/// Most checks at once unless somebody asks for more.
const JOBS_MAX: usize = 16;

/// How many checks run at once unless `--jobs` says otherwise: one for each two cores and each
/// 4 GiB of memory, at least one and at most 16.
pub fn jobs_default() -> usize {
    jobs(env::cores(), env::memory())
}

fn jobs(cores: usize, memory: Option<u64>) -> usize {
    let by_memory = memory.map_or(JOBS_MAX as u64, |bytes| bytes.div_ceil(MEMORY));
    let by_memory = usize::try_from(by_memory).unwrap_or(JOBS_MAX);
    (cores / CORES).min(by_memory).clamp(1, JOBS_MAX)
}

#[cfg(test)]
mod tests {
    use super::jobs;

    #[test]
    fn the_scarcer_of_cores_and_memory_counts() {
        const GIB: u64 = 1 << 30;
        for (cores, memory, wanted) in [
            (1, Some(64 * GIB), 1),
            (2, Some(2 * GIB), 1),
            (8, Some(64 * GIB), 4),
            // A machine of 8 GiB shows somewhat less.
            (8, Some(8 * GIB - 100), 2),
            (128, Some(512 * GIB), 16),
            (64, Some(0), 1),
            (8, None, 4),
        ] {
            assert_eq!(jobs(cores, memory), wanted, "{cores} cores, {memory:?}");
        }
    }
}
