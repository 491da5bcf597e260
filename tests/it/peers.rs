//! What the benchmark beside the peers makes of its measurements: figures, tables, and pictures.

#[path = "../bench/peers/paper/mod.rs"]
mod paper;

use paper::{Dot, Line, Sample, Table, bytes, count, dots, factor, lines, number, slope, splice};

#[test]
fn the_middle_of_a_sample_does_not_depend_on_its_order() {
    let sample = Sample(vec![9.0, 1.0, 5.0, 3.0, 7.0]);
    assert_eq!(sample.median(), 5.0);
    assert_eq!(sample.worst(), 9.0);
    assert_eq!(sample.quantile(0.25), 3.0);
    assert_eq!(Sample(vec![1.0, 2.0]).median(), 1.5);
    assert!(Sample::default().median().is_nan());
    assert_eq!(sample.told(), "5.0 (1.8–8.2)");
}

#[test]
fn ratios_are_of_rounds_and_not_of_medians() {
    // A machine that is ten times slower in the second round says nothing about who is faster.
    let (theirs, ours) = (
        Sample(vec![2.0, 20.0, 2.0]),
        Sample(vec![1.0, 10.0, 1.0, 5.0]),
    );
    assert_eq!(theirs.beside(&ours).0, [2.0, 2.0, 2.0]);
    assert_eq!(theirs.beside(&ours).ratio(), "2.00x (2.00–2.00)");
    // Who is faster than git-coord stands out.
    let ratio = Sample(vec![1.0, 10.0, 1.0])
        .beside(&Sample(vec![2.0, 20.0, 2.0]))
        .ratio();
    assert_eq!(ratio, "**0.50x** (0.50–0.50)");
}

#[test]
fn slopes_tell_what_grows_with_the_number_of_records() {
    let with = |cost: fn(f64) -> f64| [1e2, 1e3, 1e4, 1e5].map(|records| (records, cost(records)));
    let near = |slope: f64, wanted: f64| assert!((slope - wanted).abs() < 1e-9, "{slope}");
    near(slope(&with(|_| 7.0)), 0.0);
    near(slope(&with(|records| 3.0 * records)), 1.0);
    near(slope(&with(f64::sqrt)), 0.5);
}

#[test]
fn numbers_have_the_digits_that_mean_something() {
    let numbers = [0.0, 0.123, 1.26, 12.6, 1_234_567.0, -1_234.0].map(number);
    assert_eq!(numbers, ["0", "0.12", "1.3", "13", "1,234,567", "-1,234"]);
    assert_eq!([4, 999, 1_000].map(count), ["4", "999", "1,000"]);
    assert_eq!(
        [512.0, 34_000.0, 2.5e7].map(bytes),
        ["512 B", "34 kB", "25 MB"]
    );
    assert_eq!(
        [0.001, 0.05, 0.5, 33.3].map(factor),
        ["0.0010", "0.050", "0.50", "33"]
    );
}

#[test]
fn a_table_is_whole_even_where_a_line_is_short() {
    let mut table = Table::new("Locks", "Said.", &["who", "ms"]);
    table.row(["a | b".into(), "1".into()]);
    table.row(["missing".into()]);
    let wanted = "### Locks\n\nSaid.\n\n| who | ms |\n|---|---|\n| a \\| b | 1 |\n| missing |  |\n";
    assert_eq!(table.markdown(), wanted);
}

#[test]
fn what_is_between_the_marks_is_replaced_and_nothing_else() {
    let page = "before\n<!-- x: begin -->\nold\n<!-- x: end -->\nafter\n";
    let new = splice(page, "x", "new\n").unwrap();
    assert_eq!(
        new,
        "before\n<!-- x: begin -->\n\nnew\n\n<!-- x: end -->\nafter\n"
    );
    assert_eq!(
        splice(&new, "x", "new").as_ref(),
        Some(&new),
        "again changes nothing"
    );
    for wrong in [
        "no marks\n",
        "<!-- x: end -->\n<!-- x: begin -->\n",
        &page.repeat(2),
    ] {
        assert_eq!(splice(wrong, "x", "new"), None, "{wrong}");
    }
}

#[test]
fn the_page_has_the_marks_that_the_benchmark_looks_for() {
    let page = include_str!("../../docs/performance.md");
    assert!(splice(page, "beside the peers", "new").is_some());
}

#[test]
fn pictures_are_drawn_to_scale() {
    let dot = |label: &str, is_ours, middle| Dot {
        label: label.into(),
        is_ours,
        low: middle / 2.0,
        middle,
        high: middle * 2.0,
    };
    let has = |svg: &str, parts: &[&str]| {
        for part in parts {
            assert!(svg.contains(part), "{part} is not in {svg}");
        }
    };
    let svg = dots(
        "ms",
        &[dot("a <b> & `c`", true, 4.0), dot("other", false, 40.0)],
    );
    // From 1 at 360 to 100 at 700: ten times as much is always as far.
    has(
        &svg,
        &[
            "x=\"360.0\" y=\"92\" text-anchor=\"middle\">1<",
            ">10<",
            ">100<",
        ],
    );
    has(
        &svg,
        &["cx=\"462.4\"", "cx=\"632.4\"", "a &lt;b&gt; &amp; c<"],
    );
    let line = |label: &str, points: &[(f64, f64)]| Line {
        label: label.into(),
        points: points.to_vec(),
    };
    let all = [
        line("flat", &[(1e2, 1.0), (1e4, 1.0)]),
        line("steep", &[(1e2, 1.0), (1e4, 100.0)]),
    ];
    let svg = lines("growth", "records", "ms", &all);
    has(
        &svg,
        &[
            "points=\"70.0,330.0 480.0,330.0\"",
            "points=\"70.0,330.0 480.0,50.0\"",
        ],
    );
    has(&svg, &[">flat<", ">steep<", ">10,000<"]);
}
