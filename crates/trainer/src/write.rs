//! The model file (its format: `copydesk_language::model`).

use copydesk_language::model::{LABEL, MAGIC};
use copydesk_language::script::Script;

/// One group, ready to be written.
pub(crate) struct Quantised {
    pub(crate) script: Script,
    pub(crate) labels: Vec<String>,
    pub(crate) width: usize,
    pub(crate) mask: u32,
    pub(crate) step: f32,
    pub(crate) slope: f32,
    pub(crate) lift: f32,
    pub(crate) rows: Vec<i8>,
}

/// Rounds the weights to a byte each. The largest in a thousand are clipped: the steps are finer for the rest.
pub(crate) fn quantise(weights: &[f32]) -> (f32, Vec<i8>) {
    let mut sizes: Vec<f32> = weights.iter().map(|weight| weight.abs()).filter(|&size| size > 0.0).collect();
    sizes.sort_unstable_by(f32::total_cmp);
    let largest = sizes.get(sizes.len().saturating_sub(1 + sizes.len() / 2000)).copied().unwrap_or(1.0);
    let step = largest / 127.0;
    (step, weights.iter().map(|weight| (weight / step).round().clamp(-127.0, 127.0) as i8).collect())
}

/// The file.
pub(crate) fn file(groups: &[Quantised]) -> Vec<u8> {
    let mut bytes = MAGIC.to_vec();
    bytes.push(groups.len() as u8);
    for group in groups {
        bytes.extend([group.script as u8, group.width as u8, group.mask.count_ones() as u8, group.labels.len() as u8]);
        for number in [group.step, group.slope, group.lift] {
            bytes.extend(number.to_le_bytes());
        }
        for label in &group.labels {
            let mut name = label.clone().into_bytes();
            name.resize(LABEL, 0);
            bytes.extend(name);
        }
    }
    bytes.resize(bytes.len().next_multiple_of(64), 0);
    for group in groups {
        bytes.extend(group.rows.iter().map(|&weight| weight as u8));
    }
    bytes
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn weights_are_rounded_to_steps_and_only_the_largest_are_clipped() {
        let mut weights: Vec<f32> = (0..10_000).map(|i| (i % 100) as f32 / 100.0 - 0.5).collect();
        weights[0] = 50.0;
        let (step, rounded) = quantise(&weights);
        assert_eq!(rounded[0], 127);
        for (weight, &rounded) in weights.iter().zip(&rounded).skip(1) {
            assert!((weight - f32::from(rounded) * step).abs() <= step / 2.0 + 1e-6);
        }
    }

    #[test]
    fn rows_begin_on_a_cache_line() {
        let group = |script, width: usize| Quantised {
            script,
            labels: vec!["aa".to_owned(), "bb".to_owned()],
            width,
            mask: 3,
            step: 0.1,
            slope: 1.0,
            lift: 0.0,
            rows: vec![7; 4 * width],
        };
        let bytes = file(&[group(Script::Latin, 64), group(Script::Han, 16)]);
        assert!(bytes.starts_with(MAGIC));
        assert_eq!(bytes.len() % 64, 0);
        let header = bytes.len() - 4 * (64 + 16);
        assert!(bytes[header..].iter().all(|&byte| byte == 7));
    }
}
