//! Stores the desk delivers to.

mod contract;
pub use contract::*;
