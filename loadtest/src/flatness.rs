//! Flatness: whether memory grows as time goes by.
//!
//! Owns: the two figures that say so. Must not: take samples.

use crate::number::{ratio, real};
use crate::outcome::Sample;

/// How flat a row of samples is.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Flatness {
    /// By how much the mean of the last tenth is above that of the first, in percent.
    pub(crate) growth: f64,
    /// What the line that fits best gains in an hour, in bytes.
    pub(crate) slope: f64,
}

impl Flatness {
    /// That of resident memory, if there are samples enough to tell.
    pub(crate) fn of(samples: &[Sample]) -> Option<Flatness> {
        if samples.len() < 2 {
            return None;
        }
        let tenth = samples.len().div_ceil(10);
        let (first, last) = (mean(&samples[..tenth], rss), mean(&samples[samples.len() - tenth..], rss));
        let (at_mean, rss_mean) = (mean(samples, |sample| sample.at), mean(samples, rss));
        let both = mean(samples, |sample| (sample.at - at_mean) * (rss(sample) - rss_mean));
        let spread = mean(samples, |sample| (sample.at - at_mean).powi(2));
        Some(Flatness { growth: ratio(last - first, first) * 100.0, slope: ratio(both, spread) * 3_600.0 })
    }
}

fn rss(sample: &Sample) -> f64 {
    real(sample.rss)
}

fn mean(samples: &[Sample], of: impl Fn(&Sample) -> f64) -> f64 {
    ratio(samples.iter().map(of).sum(), real(samples.len() as u64))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows() {
        let check = |rss: fn(u32) -> u32, growth: f64, slope: f64| {
            let samples: Vec<_> =
                (0..100).map(|n| Sample { at: f64::from(n) * 36.0, rss: rss(n).into(), pss: 0 }).collect();
            let flatness = Flatness::of(&samples).unwrap();
            let is_near = |a: f64, b: f64| (a - b).abs() < 0.01;
            assert!(is_near(flatness.growth, growth) && is_near(flatness.slope, slope), "{flatness:?}");
        };
        check(|_| 1_000, 0.0, 0.0);
        // From 1,045 to 1,945 on average, by 10 each hundredth of an hour.
        check(|n| 1_000 + 10 * n, 86.124, 1_000.0);
        check(|n| 1_000 - n, -9.04, -100.0);
        assert!(Flatness::of(&[]).is_none());
    }
}
