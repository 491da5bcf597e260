//! The policies as a picture: a bar for each rate beside the serial one, the runs for each landed
//! entry at its end, and the aim as a mark.

use std::fmt::Write;

use super::{Found, Study};

const LEFT: f64 = 330.0;
const WIDTH: f64 = 330.0;
const LINE: f64 = 18.0;
/// The rate at the right end.
const MOST: f64 = 8.0;

fn x(factor: f64) -> f64 {
    LEFT + WIDTH * (factor / MOST).clamp(0.0, 1.0)
}

pub fn svg(studies: &[Study]) -> String {
    let lines: usize = studies.iter().map(|study| study.found.len() + 2).sum();
    let bottom = 40.0 + LINE * lines as f64;
    let mut out = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 760 {}\" \
         font-family=\"sans-serif\" font-size=\"12\">\n\
         <rect width=\"100%\" height=\"100%\" fill=\"#fff\"/>\n\
         <text x=\"10\" y=\"20\">Landed per hour beside a serial queue; at the end: runs of the \
         queue for each landed entry; red: aim</text>\n",
        bottom + 26.0
    );
    for tick in [0.0, 2.0, 4.0, 6.0, 8.0] {
        let at = x(tick);
        let _ = writeln!(
            out,
            "<path d=\"M{at:.0} 30V{bottom}\" stroke=\"#ddd\"/>\
             <text x=\"{at:.0}\" y=\"{}\" text-anchor=\"middle\">{tick}x</text>",
            bottom + 16.0
        );
    }
    let mut y = 48.0;
    for study in studies {
        let _ = writeln!(
            out,
            "<text x=\"10\" y=\"{y}\" font-weight=\"bold\">{}</text>",
            study.name
        );
        for found in &study.found {
            y += LINE;
            bar(&mut out, found, y);
        }
        y += 2.0 * LINE;
    }
    out + "</svg>\n"
}

fn bar(out: &mut String, found: &Found, y: f64) {
    let is_ours = found.policy.aim.is_some();
    let end = x(found.factor);
    let _ = writeln!(
        out,
        "<text x=\"{}\" y=\"{y}\" text-anchor=\"end\">{}</text>\
         <path d=\"M{LEFT} {}H{end:.0}\" stroke=\"{}\" stroke-width=\"12\"/>\
         <text x=\"{:.0}\" y=\"{y}\">{:.2}</text>",
        LEFT - 8.0,
        found.policy.name,
        y - 4.0,
        if is_ours { "#269" } else { "#9bd" },
        end.max(x(found.policy.aim.map_or(0.0, |(rate, _)| rate))) + 6.0,
        found.sum.checks_per_landed(),
    );
    if let Some((rate, _)) = found.policy.aim {
        let _ = writeln!(
            out,
            "<path d=\"M{:.0} {:.0}v14\" stroke=\"#c33\" stroke-width=\"2\"/>",
            x(rate),
            y - 11.0
        );
    }
}
