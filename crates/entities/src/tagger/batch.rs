//! Features that are looked up together: the looks of one do not wait for those of another, and what is found is added
//! up without going back to memory for the sums.

use super::features::On;

/// Most features of one kind that one place or one form at one distance can have: there are under a hundred templates and
/// bits.
pub(super) const MOST: usize = 128;

/// Room for features.
#[derive(Debug)]
pub(super) struct Batch {
    features: [u32; MOST],
    length: usize,
}

impl Batch {
    pub(super) const fn new() -> Self {
        Self { features: [0; MOST], length: 0 }
    }

    /// Puts a feature in; past [`MOST`] the first ones go, which no place or form can reach.
    #[inline]
    pub(super) const fn push(&mut self, feature: u32) {
        debug_assert!(self.length < MOST, "more features than templates");
        self.features[self.length % MOST] = feature;
        self.length += 1;
    }

    /// Takes those features that hang on what is wanted.
    #[inline]
    pub(super) fn take(&mut self, wanted: On) -> impl FnMut(On, u32) {
        move |on, feature| {
            if on == wanted {
                self.push(feature);
            }
        }
    }

    /// Those put in.
    pub(super) fn features(&self) -> &[u32] {
        &self.features[..self.length.min(MOST)]
    }

    pub(super) const fn clear(&mut self) {
        self.length = 0;
    }
}
