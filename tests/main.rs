//! End to end: the real binary on real folders. One binary for all of it, so that it links once; nextest runs every
//! test in a process of its own all the same.

mod bad_input;
#[cfg(feature = "webhook")]
mod catching_up;
mod control;
mod deploy;
mod determinism;
mod drops;
mod failpoints;
mod hostile;
mod kill;
mod learning;
mod lossy;
mod metrics;
mod names;
mod operate;
mod page;
mod pressure;
mod preview;
mod readme;
mod reload;
mod samples;
#[cfg(all(feature = "postgres", feature = "webhook"))]
mod sinks;
mod supervision;
mod support;
mod systemd;
mod trace;
mod versions;
