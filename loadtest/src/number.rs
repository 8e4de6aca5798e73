//! Numbers: from counts and times to what is computed and shown.
//!
//! Owns: the conversions that lose digits nobody needs. Must not: be used for anything that is counted on.

/// A count as a real number.
#[allow(clippy::cast_precision_loss, reason = "beyond 2^53 the last digits of a count do not matter")]
pub(crate) fn real(count: u64) -> f64 {
    count as f64
}

/// Seconds as nanoseconds; what is no time is 0.
#[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "the conversion saturates")]
pub(crate) fn nanoseconds(seconds: f64) -> u64 {
    (seconds * 1e9).round() as u64
}

/// A share of a count, rounded down.
#[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "the conversion saturates")]
pub(crate) fn floor(number: f64) -> u64 {
    number as u64
}

/// A ratio; 0 if there is nothing to divide by.
pub(crate) fn ratio(number: f64, by: f64) -> f64 {
    if by > 0.0 { number / by } else { 0.0 }
}

/// The middle of these numbers.
pub(crate) fn median(numbers: &mut [f64]) -> f64 {
    numbers.sort_by(f64::total_cmp);
    match numbers {
        [] => 0.0,
        numbers if numbers.len() % 2 == 1 => numbers[numbers.len() / 2],
        numbers => f64::midpoint(numbers[numbers.len() / 2 - 1], numbers[numbers.len() / 2]),
    }
}

/// A number with as many digits as say something.
pub(crate) fn short(number: f64) -> String {
    let size = number.abs();
    if size >= 100.0 || number == 0.0 {
        grouped(number)
    } else if size >= 10.0 {
        format!("{number:.1}")
    } else if size >= 0.01 {
        format!("{number:.2}")
    } else {
        format!("{number:.4}")
    }
}

/// A whole number in groups of three digits.
fn grouped(number: f64) -> String {
    let digits = format!("{:.0}", number.abs());
    let mut text = if number < 0.0 { "-".to_owned() } else { String::new() };
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index) % 3 == 0 {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shown() {
        for (number, expected) in [
            (0.0, "0"),
            (1_234_567.4, "1,234,567"),
            (-1_000.0, "-1,000"),
            (999.6, "1,000"),
            (12.34, "12.3"),
            (1.0, "1.00"),
            (0.002, "0.0020"),
        ] {
            assert_eq!(short(number), expected);
        }
    }

    #[test]
    fn middles() {
        for (numbers, expected) in [(vec![], 0.0), (vec![3.0, 1.0, 2.0], 2.0), (vec![4.0, 1.0], 2.5)] {
            let mut numbers: Vec<f64> = numbers;
            assert!((median(&mut numbers) - expected).abs() < 1e-9);
        }
    }

    #[test]
    fn times() {
        assert_eq!((nanoseconds(0.5), nanoseconds(-1.0), floor(2.9)), (500_000_000, 0, 2));
    }
}
