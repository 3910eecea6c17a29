//! How much may be in flight: bytes and articles, reserved at admission and freed at commit.
//!
//! Channels bound how many articles wait between two stages; this bounds how many bytes wait in all of them
//! together, reorder buffers included. Admission is in sequence order, so the article that everyone waits for
//! has always been admitted: the budget can't deadlock.

use std::sync::Arc;

use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// What every record costs besides its bytes.
const RECORD_OVERHEAD_BYTES: u64 = 4096;

/// The budget is counted in units of this many bytes.
const UNIT_BYTES: u64 = 1024;

/// One budget for all that is in flight.
#[derive(Clone, Debug)]
pub struct Budget {
    units: Arc<Semaphore>,
    articles: Arc<Semaphore>,
    total_units: u32,
    total_articles: usize,
}

/// A reservation; dropping it gives it back.
#[derive(Debug)]
pub struct Reservation {
    _units: OwnedSemaphorePermit,
    _article: OwnedSemaphorePermit,
}

impl Budget {
    /// A budget of so many bytes and articles.
    #[must_use]
    pub fn new(bytes: u64, articles: usize) -> Self {
        let total_units = u32::try_from(bytes / UNIT_BYTES).unwrap_or(u32::MAX).max(1);
        let total_articles = articles.max(1);
        Self {
            units: Arc::new(Semaphore::new(total_units as usize)),
            articles: Arc::new(Semaphore::new(total_articles)),
            total_units,
            total_articles,
        }
    }

    /// Waits until a record of so many bytes fits; one larger than the whole budget takes all of it. None
    /// once the budget is closed.
    pub async fn reserve(&self, bytes: u64) -> Option<Reservation> {
        let units = u32::try_from((bytes + RECORD_OVERHEAD_BYTES).div_ceil(UNIT_BYTES)).unwrap_or(u32::MAX);
        let article = Arc::clone(&self.articles).acquire_owned().await.ok()?;
        let units = Arc::clone(&self.units).acquire_many_owned(units.min(self.total_units)).await.ok()?;
        Some(Reservation { _units: units, _article: article })
    }

    /// Ends all waiting: nothing more is admitted.
    pub fn close(&self) {
        self.units.close();
        self.articles.close();
    }

    /// Bytes reserved now.
    #[must_use]
    pub fn used_bytes(&self) -> u64 {
        (self.total_units as usize - self.units.available_permits()) as u64 * UNIT_BYTES
    }

    /// Bytes that may be reserved.
    #[must_use]
    pub fn total_bytes(&self) -> u64 {
        u64::from(self.total_units) * UNIT_BYTES
    }

    /// Articles in flight now.
    #[must_use]
    pub fn in_flight(&self) -> usize {
        self.total_articles - self.articles.available_permits()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_record_larger_than_the_budget_passes_alone() {
        let budget = Budget::new(100 * 1024, 10);
        let huge = budget.reserve(10 << 20).await.expect("open");
        assert_eq!(budget.used_bytes(), budget.total_bytes());
        let mut next = std::pin::pin!(budget.reserve(1));
        assert!(futures_pending(&mut next).await, "nothing fits beside it");
        drop(huge);
        assert!(next.await.is_some());
        assert_eq!((budget.used_bytes(), budget.in_flight()), (0, 0));
        budget.close();
        assert!(budget.reserve(1).await.is_none());
    }

    async fn futures_pending<F: Future>(future: &mut std::pin::Pin<&mut F>) -> bool {
        std::future::poll_fn(|context| std::task::Poll::Ready(future.as_mut().poll(context).is_pending())).await
    }
}
