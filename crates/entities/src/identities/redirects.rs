//! The redirects of an epoch.

use std::collections::HashMap;
use std::sync::Arc;

use copydesk_article::Entity;

/// One id that turned out to be another.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Redirect {
    /// The id.
    pub from: String,
    /// The id it redirects to.
    pub to: String,
}

/// All redirects, as of an epoch.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Redirects {
    /// The epoch.
    pub epoch: u64,
    by_id: Arc<HashMap<String, String>>,
}

impl Redirects {
    pub(super) fn new(epoch: u64, redirects: impl Iterator<Item = Redirect>) -> Self {
        Self { epoch, by_id: Arc::new(redirects.map(|redirect| (redirect.from, redirect.to)).collect()) }
    }

    /// The same redirects in another epoch.
    pub(super) fn as_of(&self, epoch: u64) -> Self {
        Self { epoch, by_id: Arc::clone(&self.by_id) }
    }

    /// How many there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.by_id.len()
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.by_id.is_empty()
    }

    /// Puts before each id that redirects the one it redirects to.
    pub fn apply(&self, entities: &mut [Entity]) {
        for entity in entities {
            for at in (0..entity.ids.len()).rev() {
                let to = self.by_id.get(&entity.ids[at]);
                if let Some(to) = to.filter(|to| !entity.ids.contains(to)) {
                    entity.ids.insert(at, to.clone());
                }
            }
        }
    }
}
