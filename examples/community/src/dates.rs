//! The time, and dates as people read them.
//!
//! Owns: the clock and the calendar, in UTC. Must not: use a time zone; browsers do.

use std::time::{SystemTime, UNIX_EPOCH};

/// Milliseconds since 1970.
pub(crate) fn now() -> i64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    i64::try_from(since.as_millis()).unwrap_or(i64::MAX)
}

/// `2011-11-21` of a time in ms since 1970.
pub(crate) fn date(time: i64) -> String {
    let (year, month, day) = civil(time.div_euclid(86_400_000));
    format!("{year:04}-{month:02}-{day:02}")
}

/// `2011-11-21 12:00:00` of a time in ms since 1970.
pub(crate) fn date_and_time(time: i64) -> String {
    let second = time.div_euclid(1_000).rem_euclid(86_400);
    format!("{} {:02}:{:02}:{:02}", date(time), second / 3_600, second / 60 % 60, second % 60)
}

/// `12:00` of a time in ms since 1970.
pub(crate) fn clock(time: i64) -> String {
    let minute = time.div_euclid(60_000).rem_euclid(1_440);
    format!("{:02}:{:02}", minute / 60, minute % 60)
}

/// Year, month and day of a day since 1970. The year is taken to begin in March, so that the leap day is its last, and
/// days are counted in eras of 400 years, which are all of the same length.
pub(crate) fn civil(day: i64) -> (i64, i64, i64) {
    let from_era = day + 719_468;
    let (era, day_of_era) = (from_era.div_euclid(146_097), from_era.rem_euclid(146_097));
    let year = (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year + year / 4 - year / 100);
    let from_march = (5 * day_of_year + 2) / 153;
    let month = if from_march < 10 { from_march + 3 } else { from_march - 9 };
    let day = day_of_year - (153 * from_march + 2) / 5 + 1;
    (year + era * 400 + i64::from(month <= 2), month, day)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_dates() {
        for (time, expected) in [
            (0, "1970-01-01 00:00:00"),
            (-1, "1969-12-31 23:59:59"),
            (951_782_399_999, "2000-02-28 23:59:59"),
            (951_782_400_000, "2000-02-29 00:00:00"),
            (1_321_862_400_000, "2011-11-21 08:00:00"),
            (4_107_542_400_000, "2100-03-01 00:00:00"),
        ] {
            assert_eq!(date_and_time(time), expected);
        }
        assert_eq!(
            (date(1_321_862_400_000), clock(1_321_862_460_000)),
            ("2011-11-21".into(), "08:01".into())
        );
    }
}
