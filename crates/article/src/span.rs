//! A half-open range of Unicode scalar positions.

use serde::{Deserialize, Serialize};

/// Half-open range `[start, end)` of Unicode scalar positions (`char`s, never bytes).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Span {
    /// First position inside.
    pub start: usize,
    /// First position after.
    pub end: usize,
}
