//! How far the ledger and each sink are, in one place: what files, the outbox and admission wait for.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use copydesk_article::Sequence;
use copydesk_ledger::Progress;
use tokio::sync::watch;

/// One sink's place.
#[derive(Clone, Copy, Debug)]
struct Place {
    required: bool,
    cursor: Sequence,
    passed_bytes: u64,
}

#[derive(Debug, Default)]
struct Places {
    committed: Sequence,
    row_bytes: u64,
    sinks: BTreeMap<String, Place>,
    /// Rows after these sequences are being sent again, by sink: the outbox keeps them meanwhile.
    holds: BTreeMap<String, Sequence>,
    /// Last sequence there will be, once admission has ended and all is committed.
    last: Option<Sequence>,
}

/// Shared by commit, the sinks, admission and whoever finishes files.
#[derive(Debug)]
pub struct Settlement {
    places: Mutex<Places>,
    changes: watch::Sender<u64>,
}

impl Settlement {
    /// As a ledger stands.
    #[must_use]
    pub fn new(progress: &Progress) -> Self {
        let places = Places { committed: progress.committed, row_bytes: progress.row_bytes, ..Places::default() };
        Self { places: Mutex::new(places), changes: watch::Sender::new(0) }
    }

    fn places(&self) -> MutexGuard<'_, Places> {
        self.places.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn changed(&self) {
        self.changes.send_modify(|count| *count += 1);
    }

    /// Sees every change from now on.
    #[must_use]
    pub fn watch(&self) -> watch::Receiver<u64> {
        self.changes.subscribe()
    }

    /// A commit is durable.
    pub fn committed(&self, progress: &Progress) {
        let mut places = self.places();
        places.committed = progress.committed;
        places.row_bytes = progress.row_bytes;
        drop(places);
        self.changed();
    }

    /// Nothing more will be committed.
    pub fn ended(&self) {
        let mut places = self.places();
        places.last = Some(places.committed);
        drop(places);
        self.changed();
    }

    /// A sink's cursor stands here.
    pub fn settled(&self, sink: &str, required: bool, cursor: Sequence, passed_bytes: u64) {
        self.places().sinks.insert(sink.to_owned(), Place { required, cursor, passed_bytes });
        self.changed();
    }

    /// Last committed sequence.
    #[must_use]
    pub fn committed_sequence(&self) -> Sequence {
        self.places().committed
    }

    /// Last sequence there will be, once that is known.
    #[must_use]
    pub fn last(&self) -> Option<Sequence> {
        self.places().last
    }

    /// Every sequence up to this is settled for every required sink.
    #[must_use]
    pub fn settled_for_required(&self) -> Sequence {
        let places = self.places();
        places.sinks.values().filter(|place| place.required).map(|place| place.cursor).min().unwrap_or(places.committed)
    }

    /// Every sequence up to this is settled for every sink, and nobody sends it again.
    #[must_use]
    pub fn settled_for_all(&self) -> Sequence {
        let places = self.places();
        let settled = places.sinks.values().map(|place| place.cursor).min().unwrap_or(places.committed);
        places.holds.values().copied().fold(settled, Sequence::min)
    }

    /// Keeps the outbox's rows after a sequence, as long as a sink sends them again; none lets go.
    pub fn hold(&self, sink: &str, after: Option<Sequence>) {
        let mut places = self.places();
        match after {
            Some(after) => places.holds.insert(sink.to_owned(), after),
            None => places.holds.remove(sink),
        };
        drop(places);
        self.changed();
    }

    /// Outbox bytes the slowest required sink has before it, and its name.
    #[must_use]
    pub fn slowest_required(&self) -> Option<(String, u64)> {
        let places = self.places();
        let required = places.sinks.iter().filter(|(_, place)| place.required);
        let (name, place) = required.min_by_key(|(_, place)| place.passed_bytes)?;
        Some((name.clone(), places.row_bytes.saturating_sub(place.passed_bytes)))
    }

    /// Outbox bytes before a sink's cursor, and sequences.
    #[must_use]
    pub fn lag(&self, sink: &str) -> (u64, u64) {
        let places = self.places();
        places.sinks.get(sink).map_or((0, 0), |place| {
            let bytes = places.row_bytes.saturating_sub(place.passed_bytes);
            (bytes, places.committed.0.saturating_sub(place.cursor.0))
        })
    }
}
