//! What entries change: made up, in the shape of real histories.
//!
//! In the last 16 entries of real histories the longest chain of entries that overlap in a file has
//! three to five members, and six entries of ten overlap nobody before them. That comes of a few
//! files that everybody touches, and many that hardly anybody does.

use super::truth::Files;

/// How many entries are looked at together where the shape is measured.
const WINDOW: usize = 16;

/// Makes up what so many entries change.
pub fn made_up(count: usize, seed: u64) -> Vec<Files> {
    let mut dice = fastrand::Rng::with_seed(seed);
    let entries = 0..count;
    entries
        .map(|_| {
            let mut files = Files::new();
            // One or two directories each, and some files of them.
            for _ in 0..1 + dice.usize(0..2) {
                let dir = rare(&mut dice, 20);
                for _ in 0..1 + rare(&mut dice, 8) {
                    files.insert(format!("d{dir}/f{}", rare(&mut dice, 40)));
                }
            }
            files
        })
        .collect()
}

/// A number below `most`: small ones often, large ones seldom.
fn rare(dice: &mut fastrand::Rng, most: usize) -> usize {
    let share = dice.f64();
    ((most as f64 + 1.0).powf(share) - 1.0) as usize
}

/// How much entries overlap.
#[derive(Clone, Copy, Debug)]
pub struct Shape {
    /// The longest chain of overlapping entries in a window, on average.
    pub chain: f64,
    /// The share of entries that overlap nobody ahead of them in their window.
    pub free: f64,
}

/// Measures the shape.
pub fn shape(files: &[Files]) -> Shape {
    let windows: Vec<&[Files]> = files.chunks_exact(WINDOW).collect();
    let (mut chains, mut free) = (0, 0);
    for window in &windows {
        let mut lengths: Vec<usize> = Vec::new();
        for (index, files) in window.iter().enumerate() {
            let before = (0..index).filter(|other| !window[*other].is_disjoint(files));
            let longest = before.map(|other| lengths[other]).max();
            free += usize::from(longest.is_none());
            lengths.push(longest.unwrap_or_default() + 1);
        }
        chains += lengths.into_iter().max().unwrap_or_default();
    }
    let count = windows.len().max(1) as f64;
    Shape {
        chain: chains as f64 / count,
        free: free as f64 / (count * WINDOW as f64),
    }
}
