//! Medians, spread and ratios.

/// What was measured of one thing, in the order of the rounds.
#[derive(Clone, Debug, Default)]
pub struct Sample(pub Vec<f64>);

impl Sample {
    /// The value below which this part of all lies; between two of them, a mixture.
    pub fn quantile(&self, part: f64) -> f64 {
        let mut sorted = self.0.clone();
        sorted.sort_by(f64::total_cmp);
        let Some(last) = sorted.len().checked_sub(1) else {
            return f64::NAN;
        };
        let at = part * last as f64;
        let (low, high) = (at.floor() as usize, at.ceil() as usize);
        sorted[low] + (sorted[high] - sorted[low]) * (at - low as f64)
    }

    pub fn median(&self) -> f64 {
        self.quantile(0.5)
    }

    pub fn worst(&self) -> f64 {
        self.quantile(1.0)
    }

    /// How many times the other, round by round: a machine that is slow for a while slows both.
    pub fn beside(&self, other: &Self) -> Self {
        let pairs = self.0.iter().zip(&other.0);
        Self(pairs.map(|(mine, other)| mine / other).collect())
    }

    /// The median, in brackets the fastest and the slowest tenth.
    pub fn told(&self) -> String {
        let [low, mid, high] = [0.1, 0.5, 0.9].map(|part| super::number(self.quantile(part)));
        format!("{mid} ({low}–{high})")
    }

    /// A ratio, in brackets the middle half. What is less than 1 is set in bold.
    pub fn ratio(&self) -> String {
        let [low, mid, high] = [0.25, 0.5, 0.75].map(|part| factor(self.quantile(part)));
        let mark = if self.median() < 1.0 { "**" } else { "" };
        format!("{mark}{mid}x{mark} ({low}–{high})")
    }
}

/// A ratio with two digits that mean something.
pub fn factor(value: f64) -> String {
    match value {
        least if least < 0.0095 => format!("{least:.4}"),
        little if little < 0.095 => format!("{little:.3}"),
        some if some < 9.95 => format!("{some:.2}"),
        much => super::number(much),
    }
}

/// The slope of the straight line that fits best on paper with two logarithmic scales: 0 is what
/// costs the same however much there is, 1 what costs as much as there is.
pub fn slope(points: &[(f64, f64)]) -> f64 {
    let points: Vec<(f64, f64)> = points.iter().map(|(x, y)| (x.ln(), y.ln())).collect();
    let count = points.len() as f64;
    let middle = |pick: fn(&(f64, f64)) -> f64| points.iter().map(pick).sum::<f64>() / count;
    let (x, y) = (middle(|point| point.0), middle(|point| point.1));
    let above: f64 = points
        .iter()
        .map(|point| (point.0 - x) * (point.1 - y))
        .sum();
    let below: f64 = points.iter().map(|point| (point.0 - x).powi(2)).sum();
    above / below
}
