//! What every stage of one run of the pipeline shares.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use copydesk_article::ArticleId;
use copydesk_clean::{Mode, SourceRules};
use copydesk_dedup::{Horizon, UrlRules};
use tokio_util::sync::CancellationToken;

use crate::budget::Budget;
use crate::cpu::Cpu;
use crate::filter::Filter;
use crate::in_flight::InFlight;
use crate::learning::InUse;
use crate::names::Names;
use crate::options::{Dedup, Options, Policies};
use crate::settlement::Settlement;
use crate::stages::{GivenUp, PatientLedger};
use crate::status::Status;

/// Shared by the stages; cheap to clone.
#[derive(Clone)]
pub struct Context {
    /// Limits.
    pub options: Arc<Options>,
    /// What happens to copies.
    pub policies: Policies,
    /// What is remembered of articles.
    pub dedup: Arc<Dedup>,
    /// Which addresses are one.
    pub url_rules: Arc<UrlRules>,
    /// How far cleaning goes.
    pub cleaning: Mode,
    /// What the user wants of each source, by name.
    pub sources: Arc<BTreeMap<String, SourceRules>>,
    /// What is left out.
    pub filter: Arc<Filter>,
    /// Who finds names.
    pub names: Arc<Names>,
    /// What was learned, for the articles to come.
    pub learned: Arc<InUse>,
    /// Durable state.
    pub ledger: PatientLedger,
    /// Keys not yet durable.
    pub in_flight: Arc<InFlight>,
    /// Computing threads.
    pub cpu: Cpu,
    /// What may be in flight.
    pub budget: Budget,
    /// How far the sinks are.
    pub settlement: Arc<Settlement>,
    /// How everyone is doing.
    pub status: Arc<Status>,
    /// Whether articles go through one at a time, as suspects.
    pub alone: Arc<AtomicBool>,
    /// Ends everything at once: the pipeline is given up.
    pub kill: CancellationToken,
}

impl Context {
    /// Whether an article of this id stands: decided, and durable or about to be, and not expired. Blocks.
    pub fn is_known(&self, id: ArticleId, horizon: Horizon) -> Result<bool, GivenUp> {
        Ok(self.in_flight.stands(id) || self.ledger.call(|ledger| ledger.article(id, horizon))?.is_some())
    }
}
