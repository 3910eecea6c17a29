//! Gauges that nobody changes as they go: looked at once a second.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use copydesk_disk::free_bytes;
use copydesk_intake::ScanCause;
use jiff::Timestamp;
use metrics::{counter, gauge};

use crate::context::Context;
use crate::intake::IntakePart;
use crate::metric;

const LOOK: Duration = Duration::from_secs(1);

/// A link between two stages, seen from outside.
pub struct Depth {
    /// The stage it leads to.
    pub channel: &'static str,
    /// How many articles wait in it.
    pub depth: Box<dyn Fn() -> usize + Send + Sync>,
}

/// See the module.
pub struct Gauges {
    /// What to look at.
    pub context: Context,
    /// The intake.
    pub intake: Arc<IntakePart>,
    /// The file system whose free space closes the gate.
    pub ledger_folder: PathBuf,
    /// The links.
    pub depths: Vec<Depth>,
}

/// What earlier looks have shown.
#[derive(Default)]
struct Shown {
    /// Scans counted so far.
    rescans: BTreeMap<(String, ScanCause), u64>,
    /// Kinds of things refused, which must go back to 0 when the last of a kind has gone.
    refused: BTreeSet<(String, &'static str)>,
}

impl Gauges {
    /// Looks until it is aborted.
    pub async fn run(self) {
        let mut shown = Shown::default();
        let mut tick = tokio::time::interval(LOOK);
        tick.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        loop {
            tick.tick().await;
            self.look(&mut shown).await;
        }
    }

    async fn look(&self, shown: &mut Shown) {
        for link in &self.depths {
            gauge!(metric::CHANNEL_DEPTH, "channel" => link.channel).set((link.depth)() as f64);
        }
        let budget = &self.context.budget;
        gauge!(metric::BUDGET).set(budget.total_bytes() as f64);
        gauge!(metric::BUDGET_USED).set(budget.used_bytes() as f64);
        gauge!(metric::IN_FLIGHT).set(budget.in_flight() as f64);
        gauge!(metric::OLDEST_PENDING).set(self.context.in_flight.oldest().as_secs_f64());
        let watches = self.intake.status();
        self.context.status.set_watching(watches.iter().all(|(_, status)| status.up));
        for (inbox, status) in watches {
            let set = |gauge, value| self.context.status.set_gauge(gauge, &[("inbox", &inbox)], value);
            set(metric::INBOX_UP, f64::from(u8::from(status.up)));
            set(metric::INBOX_FILES, status.files as f64);
            set(metric::INBOX_BYTES, status.bytes as f64);
            set(metric::INBOX_IGNORED, status.ignored as f64);
            shown.refused.extend(status.refused.keys().map(|kind| (inbox.clone(), *kind)));
            for (_, kind) in shown.refused.iter().filter(|(of, _)| *of == inbox) {
                let count = status.refused.get(kind).copied().unwrap_or(0);
                let labels = [("inbox", inbox.as_str()), ("kind", *kind)];
                self.context.status.set_gauge(metric::INBOX_REFUSED, &labels, count as f64);
            }
            for (cause, count) in status.rescans {
                let before = shown.rescans.insert((inbox.clone(), cause), count).unwrap_or(0);
                counter!(metric::RESCANS, "inbox" => inbox.clone(), "cause" => cause.as_str())
                    .increment(count.saturating_sub(before));
            }
        }
        // Not the patient call: a failing ledger is somebody else's news.
        let ledger = self.context.ledger.clone();
        let folder = self.ledger_folder.clone();
        let places = &self.context.settlement;
        let oldest = Some(places.settled_for_all().next()).filter(|oldest| *oldest <= places.committed_sequence());
        let asked = tokio::task::spawn_blocking(move || {
            let ledger = ledger.ledger();
            let oldest = oldest.and_then(|sequence| ledger.arrival(sequence).ok().flatten());
            (ledger.disk_bytes(), free_bytes(&folder), oldest.map(|arrival| arrival.at))
        });
        let Ok((bytes, free, oldest)) = asked.await else { return };
        let age = oldest.map_or(0.0, |at| Timestamp::now().duration_since(at).as_secs_f64().max(0.0));
        gauge!(metric::OUTBOX_AGE).set(age);
        gauge!(metric::DISK_RESERVE).set(self.context.options.free_space_reserve_bytes as f64);
        if let Ok(free) = free {
            gauge!(metric::DISK_FREE).set(free as f64);
        }
        if let Ok((ledger, outbox)) = bytes {
            gauge!(metric::LEDGER_BYTES).set(ledger as f64);
            gauge!(metric::OUTBOX_BYTES).set(outbox as f64);
        }
    }
}
