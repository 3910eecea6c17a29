//! Percentiles by the nearest rank: always a value that was measured, never one in between.

/// The smallest value that at least `percent` % of the sorted values do not exceed; none of no values.
pub fn percentile(sorted: &[f64], percent: f64) -> Option<f64> {
    let rank = (percent * sorted.len() as f64 / 100.0).ceil() as usize;
    sorted.get(rank.max(1) - 1).or(sorted.last()).copied()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_nearest_rank_is_a_measured_value() {
        let values: Vec<f64> = (1..=200).map(f64::from).collect();
        assert_eq!(percentile(&values, 50.0), Some(100.0));
        assert_eq!(percentile(&values, 99.0), Some(198.0));
        assert_eq!(percentile(&values, 100.0), Some(200.0));
        assert_eq!(percentile(&values, 0.0), Some(1.0));
        assert_eq!((percentile(&[7.0], 50.0), percentile(&[7.0], 99.0)), (Some(7.0), Some(7.0)));
        assert_eq!(percentile(&[], 50.0), None);
    }
}
