//! Plots: lines and bars as SVG.
//!
//! Owns: scales, ticks and marks. Must not: know what is plotted. Colours are the page's (classes `s0` to `s5`), so that
//! they suit light and dark.

use std::fmt::Write as _;

use crate::number::short;

const WIDTH: f64 = 640.0;
const HEIGHT: f64 = 320.0;
const LEFT: f64 = 72.0;
const RIGHT: f64 = 230.0;
const TOP: f64 = 16.0;
const BOTTOM: f64 = 48.0;
/// Colours there are.
const COLOURS: usize = 6;

/// A line of a plot.
#[derive(Clone, Debug)]
pub(crate) struct Series {
    /// Its name.
    pub(crate) name: String,
    /// Its points.
    pub(crate) points: Vec<(f64, f64)>,
}

/// An axis: from where to where, and how.
#[derive(Clone, Copy, Debug)]
struct Axis {
    low: f64,
    high: f64,
    logarithmic: bool,
}

impl Axis {
    /// An axis on which all values fit. A linear one begins at 0.
    fn of(values: impl Iterator<Item = f64> + Clone, logarithmic: bool) -> Axis {
        let high = values.clone().fold(f64::MIN, f64::max).max(1e-9);
        if !logarithmic {
            let step = step(high);
            return Axis { low: 0.0, high: (high / step).ceil() * step, logarithmic };
        }
        let low = values.filter(|value| *value > 0.0).fold(high, f64::min);
        let (low, high) = (10f64.powf(low.log10().floor()), 10f64.powf(high.log10().ceil()));
        Axis { low, high: if high > low { high } else { low * 10.0 }, logarithmic }
    }

    /// Where a value is, from 0 to 1.
    fn at(&self, value: f64) -> f64 {
        if self.logarithmic {
            let (low, high) = (self.low.log10(), self.high.log10());
            (value.max(self.low).log10() - low) / (high - low)
        } else {
            (value - self.low) / (self.high - self.low)
        }
    }

    fn ticks(&self) -> Vec<f64> {
        let mut ticks = Vec::new();
        let mut tick = self.low;
        // A scale has a handful of ticks; a hundred would be an error of ours.
        while tick <= self.high * 1.000_001 && ticks.len() < 100 {
            ticks.push(tick);
            tick = if self.logarithmic { tick * 10.0 } else { tick + step(self.high) };
        }
        ticks
    }
}

/// A round distance between ticks.
fn step(high: f64) -> f64 {
    let rough = high / 5.0;
    let size = 10f64.powf(rough.log10().floor());
    [1.0, 2.0, 5.0, 10.0].map(|factor| factor * size).into_iter().find(|step| *step >= rough).unwrap_or(rough)
}

/// A tick's number: without decimals if it has none.
fn of_tick(tick: f64) -> String {
    if tick.fract() == 0.0 && tick < 1_000.0 { format!("{tick:.0}") } else { short(tick) }
}

/// Lines with points. `log_x` and `log_y` choose the scales.
pub(crate) fn lines(series: &[Series], x_title: &str, y_title: &str, log_x: bool, log_y: bool) -> String {
    let points = || series.iter().flat_map(|series| &series.points);
    let x = Axis::of(points().map(|point| point.0), log_x);
    let y = Axis::of(points().map(|point| point.1), log_y);
    let (width, height) = (WIDTH - LEFT - RIGHT, HEIGHT - TOP - BOTTOM);
    let place = |point: &(f64, f64)| (LEFT + x.at(point.0) * width, TOP + (1.0 - y.at(point.1)) * height);
    let mut svg = open(HEIGHT, &format!("{y_title} by {x_title}"));
    for tick in y.ticks() {
        let (_, at) = place(&(x.low, tick));
        let (end, text_x, text_y) = (LEFT + width, LEFT - 8.0, at + 4.0);
        put(&mut svg, format_args!("<path class=\"grid\" d=\"M{LEFT} {at:.1}H{end}\"/>"));
        put(
            &mut svg,
            format_args!("<text x=\"{text_x}\" y=\"{text_y:.1}\" class=\"end\">{}</text>", of_tick(tick)),
        );
    }
    for tick in x.ticks() {
        let (at, _) = place(&(tick, y.low));
        let text_y = TOP + height + 18.0;
        put(
            &mut svg,
            format_args!("<text x=\"{at:.1}\" y=\"{text_y}\" class=\"mid\">{}</text>", of_tick(tick)),
        );
    }
    for (index, series) in series.iter().enumerate() {
        let class = index % COLOURS;
        let places: Vec<String> =
            series.points.iter().map(place).map(|(x, y)| format!("{x:.1},{y:.1}")).collect();
        put(&mut svg, format_args!("<polyline class=\"line s{class}\" points=\"{}\"/>", places.join(" ")));
        for point in &series.points {
            let (x, y) = place(point);
            let (name, value) = (escaped(&series.name), short(point.1));
            put(
                &mut svg,
                format_args!(
                    "<circle class=\"dot s{class}\" cx=\"{x:.1}\" cy=\"{y:.1}\" r=\"4\">\
                     <title>{name}: {value} at {}</title></circle>",
                    short(point.0)
                ),
            );
        }
        let (key_x, key_y) = (LEFT + width + 16.0, TOP + 12.0 + 18.0 * f64_of(index));
        let (text_x, text_y) = (key_x + 14.0, key_y + 4.0);
        put(&mut svg, format_args!("<circle class=\"dot s{class}\" cx=\"{key_x}\" cy=\"{key_y}\" r=\"4\"/>"));
        put(&mut svg, format_args!("<text x=\"{text_x}\" y=\"{text_y}\">{}</text>", escaped(&series.name)));
    }
    let (middle, bottom) = (LEFT + width / 2.0, HEIGHT - 8.0);
    put(
        &mut svg,
        format_args!("<text x=\"{middle}\" y=\"{bottom}\" class=\"mid\">{}</text></svg>", escaped(x_title)),
    );
    svg
}

/// Bars from the left, with a mark at 1.
pub(crate) fn bars(values: &[(String, f64)]) -> String {
    const NAMES: f64 = 330.0;
    const ROW: f64 = 28.0;
    let height = ROW * f64_of(values.len()) + 28.0;
    let high = values.iter().map(|(_, value)| *value).fold(1.5, f64::max);
    let scale = (WIDTH - NAMES - 60.0) / high;
    let mut svg = open(height, "ratios");
    for (index, (name, value)) in values.iter().enumerate() {
        let y = 8.0 + ROW * f64_of(index);
        let (text_y, name_x, width) = (y + 14.0, NAMES - 10.0, value.max(0.0) * scale);
        put(
            &mut svg,
            format_args!("<text x=\"{name_x}\" y=\"{text_y}\" class=\"end\">{}</text>", escaped(name)),
        );
        put(
            &mut svg,
            format_args!(
                "<rect class=\"bar s0\" x=\"{NAMES}\" y=\"{y}\" width=\"{width:.1}\" height=\"20\" rx=\"2\"/>"
            ),
        );
    }
    let (one, end) = (NAMES + scale, height - 18.0);
    put(&mut svg, format_args!("<path class=\"one\" d=\"M{one:.1} 0V{end}\"/>"));
    // After the line, which may pass through them.
    for (index, (_, value)) in values.iter().enumerate() {
        let (x, y) = (NAMES + value.max(0.0) * scale + 6.0, 22.0 + ROW * f64_of(index));
        put(&mut svg, format_args!("<text class=\"value\" x=\"{x:.1}\" y=\"{y}\">{value:.2}</text>"));
    }
    let bottom = height - 4.0;
    put(
        &mut svg,
        format_args!("<text x=\"{one:.1}\" y=\"{bottom}\" class=\"mid\">1 = the stand-in</text></svg>"),
    );
    svg
}

/// Text as it may stand in a page.
pub(crate) fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

fn open(height: f64, label: &str) -> String {
    let label = escaped(label);
    format!("<svg viewBox=\"0 0 {WIDTH} {height}\" role=\"img\" aria-label=\"{label}\">")
}

fn put(svg: &mut String, arguments: std::fmt::Arguments<'_>) {
    writeln!(svg, "{arguments}").expect("a string takes all");
}

fn f64_of(index: usize) -> f64 {
    crate::number::real(index as u64)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn axes() {
        let check = |values: &[f64], logarithmic, low: f64, high: f64, ticks: usize| {
            let axis = Axis::of(values.iter().copied(), logarithmic);
            assert!((axis.low - low).abs() < 1e-9 && (axis.high - high).abs() < 1e-6, "{values:?} {axis:?}");
            assert_eq!(axis.ticks().len(), ticks, "{values:?} {axis:?}");
            assert!(values.iter().all(|value| (0.0..=1.0).contains(&axis.at(*value))));
        };
        check(&[3.0, 97.0], false, 0.0, 100.0, 6);
        check(&[690.0], false, 0.0, 800.0, 5);
        check(&[15_000.0, 1_000_000.0], true, 10_000.0, 1_000_000.0, 3);
        check(&[100.0], true, 100.0, 1_000.0, 2);
        check(&[0.0], false, 0.0, 1e-9, 6);
    }

    #[test]
    fn names_are_escaped() {
        let series = Series { name: "<a&\"b\">".to_owned(), points: vec![(1.0, 2.0), (2.0, 3.0)] };
        let svg = lines(&[series], "x", "y", false, false);
        assert!(svg.contains("&lt;a&amp;&quot;b&quot;&gt;") && !svg.contains("<a&"), "{svg}");
        assert!(bars(&[("<b>".to_owned(), 1.2)]).contains("&lt;b&gt;"));
    }
}
