//! What a stage of the proof did: a line for whoever watches, and a file from which
//! `docs/reliability.md` is made.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use serde_json::{Value, json};

/// What was done and found.
#[derive(Debug, Default)]
pub struct Stage {
    /// `S1`, as in the plan.
    pub id: &'static str,
    /// In a few words.
    pub name: &'static str,
    /// What one run is.
    pub unit: &'static str,
    /// How many there were.
    pub runs: u64,
    /// How many faults were put in.
    pub faults: u64,
    /// What else was counted.
    pub figures: BTreeMap<&'static str, u64>,
    /// What must not happen and did, each with the command that does it again.
    pub violations: Vec<String>,
    /// What could not be done here, and why.
    pub skipped: Vec<String>,
    /// How long it took.
    pub secs: f64,
}

/// Where stages leave their files: below the build's directory, which no one keeps.
pub fn dir() -> PathBuf {
    let target = std::env::var_os("CARGO_TARGET_DIR").map(PathBuf::from);
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    // The package of the proof stands two directories below the program's.
    let root = root.ancestors().find(|dir| dir.join("Cargo.lock").exists());
    let target = target.unwrap_or_else(|| root.expect("a workspace").join("target"));
    target.join("proof-results")
}

impl Stage {
    /// Says it and keeps it.
    pub fn tell(&self) -> String {
        let figures = self.figures.iter();
        let figures: Vec<String> = figures
            .map(|(name, count)| format!("{name} {count}"))
            .collect();
        let text = format!(
            "{} {}: {} {}, {} faults, {} violations, {:.0} s ({})",
            self.id,
            self.name,
            self.runs,
            self.unit,
            self.faults,
            self.violations.len(),
            self.secs,
            figures.join(", ")
        );
        let kept = json!({
            "id": self.id, "name": self.name, "unit": self.unit, "runs": self.runs,
            "faults": self.faults, "figures": self.figures, "violations": self.violations,
            "skipped": self.skipped, "secs": self.secs.round(),
        });
        let file = dir().join(format!("{}.json", self.id));
        let keep = || {
            std::fs::create_dir_all(dir())?;
            std::fs::write(&file, format!("{kept:#}\n"))
        };
        // One run is somebody who looks at a failure again, and no figure of a stage.
        if self.runs == 1 {
            return text;
        }
        match keep() {
            Ok(()) => text,
            Err(why) => format!("{text} (not kept in {}: {why})", file.display()),
        }
    }
}

/// What all stages have left, in the order of the plan.
#[allow(dead_code, reason = "only one of those who share this file reads them")]
pub fn kept() -> Vec<Value> {
    let entries = std::fs::read_dir(dir()).into_iter().flatten().flatten();
    let mut kept: Vec<Value> = entries
        .filter_map(|entry| serde_json::from_slice(&std::fs::read(entry.path()).ok()?).ok())
        .collect();
    let number = |stage: &Value| {
        let id = stage["id"].as_str().unwrap_or_default();
        id.trim_start_matches('S')
            .parse::<u32>()
            .unwrap_or(u32::MAX)
    };
    kept.sort_by_key(number);
    kept
}
