//! Two kinds of pictures, both with logarithmic scales: what differs by factors of a thousand shall
//! be seen in one.

use std::fmt::Write;

const WIDTH: f64 = 860.0;
const OURS: &str = "#269";
/// Colours that the colour-blind tell apart, after Okabe and Ito.
const COLOURS: [&str; 8] = [
    OURS, "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#000", "#56b4e9", "#999",
];

/// A line of a picture of dots: the middle of a measurement, and its ends.
pub struct Dot {
    pub label: String,
    pub is_ours: bool,
    pub low: f64,
    pub middle: f64,
    pub high: f64,
}

/// A line through points.
pub struct Line {
    pub label: String,
    pub points: Vec<(f64, f64)>,
}

/// A logarithmic scale from one power of ten to another, laid over a stretch of the picture.
struct Scale {
    powers: (i32, i32),
    from: f64,
    to: f64,
}

impl Scale {
    fn over(values: impl Iterator<Item = f64>, from: f64, to: f64) -> Self {
        let logs: Vec<f64> = values
            .filter(|value| *value > 0.0)
            .map(f64::log10)
            .collect();
        let low = logs.iter().copied().fold(f64::INFINITY, f64::min);
        let high = logs.iter().copied().fold(f64::NEG_INFINITY, f64::max);
        let powers = match logs.is_empty() {
            true => (0, 1),
            false => (
                low.floor() as i32,
                (high.ceil() as i32).max(low.floor() as i32 + 1),
            ),
        };
        Self { powers, from, to }
    }

    fn at(&self, value: f64) -> f64 {
        let (low, high) = (f64::from(self.powers.0), f64::from(self.powers.1));
        let log = value.max(f64::MIN_POSITIVE).log10().clamp(low, high);
        self.from + (self.to - self.from) * (log - low) / (high - low)
    }

    /// Each power of ten, as it is written.
    fn ticks(&self) -> impl Iterator<Item = (f64, String)> + '_ {
        (self.powers.0..=self.powers.1).map(|power| {
            let value = 10f64.powi(power);
            let text = if power < 0 {
                format!("{value}")
            } else {
                super::count(value as usize)
            };
            (self.at(value), text)
        })
    }
}

fn begin(height: f64, title: &str) -> String {
    format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {WIDTH} {height:.0}\" \
         font-family=\"sans-serif\" font-size=\"12\">\n\
         <rect width=\"100%\" height=\"100%\" fill=\"#fff\"/>\n\
         <text x=\"10\" y=\"20\" font-weight=\"bold\">{}</text>\n",
        plain(title)
    )
}

/// Text as XML has it.
fn plain(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
        .replace('`', "")
}

/// One line for each: a dot at the middle, a bar from end to end.
pub fn dots(title: &str, all: &[Dot]) -> String {
    const LINE: f64 = 18.0;
    let bottom = 40.0 + LINE * all.len() as f64;
    let mut out = begin(bottom + 26.0, title);
    let scale = Scale::over(all.iter().flat_map(|dot| [dot.low, dot.high]), 360.0, 700.0);
    for (x, text) in scale.ticks() {
        let _ = writeln!(
            out,
            "<path d=\"M{x:.1} 30V{bottom:.0}\" stroke=\"#ddd\"/>\
             <text x=\"{x:.1}\" y=\"{:.0}\" text-anchor=\"middle\">{text}</text>",
            bottom + 16.0
        );
    }
    for (row, dot) in all.iter().enumerate() {
        let y = 44.0 + LINE * row as f64;
        let colour = if dot.is_ours { OURS } else { "#d55e00" };
        let _ = writeln!(
            out,
            "<text x=\"350\" y=\"{:.0}\" text-anchor=\"end\">{}</text>\
             <path d=\"M{:.1} {y}H{:.1}\" stroke=\"{colour}\" stroke-width=\"3\"/>\
             <circle cx=\"{:.1}\" cy=\"{y}\" r=\"5\" fill=\"{colour}\"/>\
             <text x=\"706\" y=\"{:.0}\">{}</text>",
            y + 4.0,
            plain(&dot.label),
            scale.at(dot.low),
            scale.at(dot.high),
            scale.at(dot.middle),
            y + 4.0,
            super::number(dot.middle),
        );
    }
    out + "</svg>\n"
}

/// Lines over two scales, with their names at the right.
pub fn lines(title: &str, below: &str, beside: &str, all: &[Line]) -> String {
    const BOTTOM: f64 = 330.0;
    let mut out = begin(BOTTOM + 46.0, title);
    let points = || all.iter().flat_map(|line| &line.points);
    let x = Scale::over(points().map(|point| point.0), 70.0, 480.0);
    let y = Scale::over(points().map(|point| point.1), BOTTOM, 50.0);
    for (at, text) in x.ticks() {
        let _ = writeln!(
            out,
            "<path d=\"M{at:.1} 50V{BOTTOM}\" stroke=\"#ddd\"/>\
             <text x=\"{at:.1}\" y=\"{}\" text-anchor=\"middle\">{text}</text>",
            BOTTOM + 16.0
        );
    }
    for (at, text) in y.ticks() {
        let _ = writeln!(
            out,
            "<path d=\"M70 {at:.1}H480\" stroke=\"#ddd\"/>\
             <text x=\"64\" y=\"{:.1}\" text-anchor=\"end\">{text}</text>",
            at + 4.0
        );
    }
    let _ = writeln!(
        out,
        "<text x=\"275\" y=\"{}\" text-anchor=\"middle\">{}</text>\
         <text x=\"10\" y=\"40\">{}</text>",
        BOTTOM + 36.0,
        plain(below),
        plain(beside)
    );
    for (number, line) in all.iter().enumerate() {
        let colour = COLOURS[number % COLOURS.len()];
        let dash = if number < COLOURS.len() {
            ""
        } else {
            " stroke-dasharray=\"5 3\""
        };
        let path: Vec<String> = line
            .points
            .iter()
            .map(|point| format!("{:.1},{:.1}", x.at(point.0), y.at(point.1)))
            .collect();
        let name = 60.0 + 18.0 * number as f64;
        let _ = writeln!(
            out,
            "<polyline points=\"{}\" fill=\"none\" stroke=\"{colour}\" stroke-width=\"2\"{dash}/>\
             <path d=\"M496 {name}h20\" stroke=\"{colour}\" stroke-width=\"2\"{dash}/>\
             <text x=\"522\" y=\"{:.0}\">{}</text>",
            path.join(" "),
            name + 4.0,
            plain(&line.label)
        );
        for point in &line.points {
            let (x, y) = (x.at(point.0), y.at(point.1));
            let _ = writeln!(
                out,
                "<circle cx=\"{x:.1}\" cy=\"{y:.1}\" r=\"3\" fill=\"{colour}\"/>"
            );
        }
    }
    out + "</svg>\n"
}
