//! Everything about one text that judging needs, computed from the text alone: on any worker, in any order.

use crate::anchor::{Anchor, anchors};
use crate::key::key_of;
use crate::sketch::Sketch;
use crate::stub::is_stub;

/// One text, ready to be judged.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Fingerprint {
    /// Key of the whole text ([`crate::text_key`]); none for an empty text or a stub without an address.
    pub text: Option<u128>,
    /// Key of the address, where there is one ([`crate::address_key`]).
    pub address: Option<u128>,
    /// The text's tokens.
    pub sketch: Sketch,
    /// The shingles it is found by; none for a stub, which is never found by its text.
    pub anchors: Vec<Anchor>,
}

impl Fingerprint {
    /// What can still be told of a text by its sketch: which texts are like it.
    #[must_use]
    pub fn of_sketch(sketch: Sketch) -> Self {
        let anchors = anchors(sketch.tokens());
        Self { text: None, address: None, sketch, anchors }
    }

    /// The fingerprint of a text at a normalised address ([`crate::UrlRules::normalise`]).
    #[must_use]
    pub fn of(text: &str, address: Option<&str>) -> Self {
        let sketch = Sketch::of(text);
        let stub = is_stub(text);
        let anchors = if stub { Vec::new() } else { anchors(sketch.tokens()) };
        Self { text: key_of(text, address, stub), address: address.map(crate::address_key), sketch, anchors }
    }
}
