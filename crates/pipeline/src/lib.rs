//! The order of the desk: stages, links, sequence, budgets, supervision. The only crate that knows it.
//!
//! ```text
//! read ─▶ dedup ─▶ clean ═▶ near_dedup ─▶ entities ═▶ commit ▶ outbox ▶ sink A, sink B, …   finish
//! ```
//!
//! Every arrow before the ledger is a bounded channel and every stage its own task; `clean` and `entities` are
//! several tasks on one inbox and compute on a thread pool of their own ([`Cpu`]); `near_dedup` and `commit`
//! put articles back into sequence order first (═▶). One budget ([`Budget`]) bounds the bytes and the number of
//! all articles in flight. After `commit` nothing is in memory that matters: each sink reads the outbox at its
//! own durable cursor (`delivery.rs`), sends again what a command asks for (`again.rs`, `resend.rs`), and files
//! leave the inbox when the required sinks have settled their last article (`finish.rs`).
//!
//! What the desk learns of sites, and how every article knows which of it to use, says `learning.rs`.
//!
//! What fails, and who deals with it:
//!
//! | fault | answer |
//! |---|---|
//! | an article panics in `clean` or `entities` | delivered without that stage's work, `problems` says so |
//! | an article kills the process | a suspect at the next start, quarantined at its third lone death (`stages/admission.rs`) |
//! | a task panics, a ticket is dropped | the run is given up and started again from the ledger (`supervisor.rs`) |
//! | a ledger call fails | repeated until it works, nothing is released (`stages/mod.rs`) |
//! | a step of work hangs | the process ends; its supervisor starts it again |
//! | a sink fails | its own task backs off and tries again; the others never notice (`delivery.rs`) |
//! | disk or outbox full | the gate in front of admission closes and says why (`gate.rs`) |

mod again;
mod board;
mod budget;
mod context;
mod cpu;
mod delivery;
mod desk;
mod filter;
mod finish;
mod flow;
mod gate;
mod gauges;
mod in_flight;
mod intake;
mod lanes;
mod learning;
pub mod metric;
mod names;
mod options;
mod rejection;
mod reorder;
mod resend;
mod settlement;
mod stages;
mod status;
mod supervisor;
mod trace;

pub use again::{Again, RequestWriter, requests};
pub use board::Series;
pub use budget::Budget;
pub use cpu::Cpu;
pub use delivery::SinkPart;
pub use desk::{Ended, Fault, Parts};
pub use filter::{Filter, Unsure};
pub use intake::{FileSource, Inbox, IntakePart, Left, NamedFile, Priority};
pub use names::{Entities, Names, NamesError};
pub use options::{Dedup, Options, Policies, Policy};
pub use rejection::{Asked, Slip};
pub use stages::clean::fingerprinted;
pub use status::{Doing, SinkStatus, StageSeconds, Station, Status};
pub use supervisor::{GaveUp, supervise};
pub use trace::{Life, Origin, Tracer, Version};
