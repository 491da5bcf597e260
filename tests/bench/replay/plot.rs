//! The replay as a picture: for each repository a bar up to the median, a thin one up to the 95th
//! percentile, and a mark for git in a process of its own. Logarithmic, since repositories differ
//! by a factor of a hundred.

use std::fmt::Write;
use std::time::Duration;

use super::{MEDIAN_MAX, Replay};
use crate::measure::ms;

const LEFT: f64 = 190.0;
const WIDTH: f64 = 440.0;
const LINE: f64 = 26.0;
/// Milliseconds at both ends.
const ENDS: [f64; 2] = [0.1, 100.0];

fn x(time: Duration) -> f64 {
    let [from, to] = ENDS.map(f64::log10);
    let at = (time.as_secs_f64() * 1e3).max(ENDS[0]).log10();
    LEFT + WIDTH * ((at - from) / (to - from)).clamp(0.0, 1.0)
}

pub fn svg(all: &[Replay]) -> String {
    let bottom = 40.0 + LINE * all.len() as f64;
    let mut out = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 720 {}\" \
         font-family=\"sans-serif\" font-size=\"13\">\n\
         <rect width=\"100%\" height=\"100%\" fill=\"#fff\"/>\n\
         <text x=\"10\" y=\"20\">One merge, ms: median (thick), 95th percentile (thin), git in a \
         process of its own (mark)</text>\n",
        bottom + 30.0
    );
    for tick in [0.1, 1.0, 10.0, 100.0] {
        let at = x(Duration::from_secs_f64(tick / 1e3));
        let _ = writeln!(
            out,
            "<path d=\"M{at:.0} 32V{bottom}\" stroke=\"#ddd\"/>\
             <text x=\"{at:.0}\" y=\"{}\" text-anchor=\"middle\">{tick}</text>",
            bottom + 18.0
        );
    }
    let aim = x(MEDIAN_MAX);
    let _ = writeln!(
        out,
        "<path d=\"M{aim:.0} 32V{bottom}\" stroke=\"#c33\" stroke-dasharray=\"4 3\"/>\
         <text x=\"{aim:.0}\" y=\"{}\" text-anchor=\"middle\" fill=\"#c33\">aim 5</text>",
        bottom + 18.0
    );
    for (n, replay) in all.iter().enumerate() {
        let y = 52.0 + LINE * n as f64;
        let (median, p95) = (x(replay.times.median()), x(replay.times.p95()));
        let _ = writeln!(
            out,
            "<text x=\"{:.0}\" y=\"{:.0}\" text-anchor=\"end\">{}</text>\
             <path d=\"M{LEFT} {y}H{p95:.0}\" stroke=\"#9bd\" stroke-width=\"4\"/>\
             <path d=\"M{LEFT} {y}H{median:.0}\" stroke=\"#269\" stroke-width=\"12\"/>\
             <path d=\"M{:.0} {:.0}v16\" stroke=\"#333\" stroke-width=\"2\"/>\
             <text x=\"{:.0}\" y=\"{:.0}\" fill=\"#269\">{}</text>",
            LEFT - 8.0,
            y + 4.0,
            replay.name,
            x(replay.by_git.median()),
            y - 8.0,
            LEFT + WIDTH + 12.0,
            y + 4.0,
            ms(replay.times.median()),
        );
    }
    out + "</svg>\n"
}
