//! The gate in front of admission: closed while taking more in would do harm.
//!
//! Two things close it: free disk space below the reserve, and an outbox that holds its limit for a required
//! sink. Everything behind the gate goes on, so both can get better; the drop folder is the buffer meanwhile.

use std::path::PathBuf;
use std::time::{Duration, Instant};

use crate::context::Context;
use crate::status::Station;
use copydesk_disk::free_bytes;

const LOOK: Duration = Duration::from_millis(100);
const LOOK_AT_DISK: Duration = Duration::from_secs(1);

/// See the module.
pub struct Gate {
    context: Context,
    folder: PathBuf,
    looked_at_disk: Option<Instant>,
    disk: Option<String>,
}

impl Gate {
    /// A gate that guards the file system of `folder`.
    pub const fn new(context: Context, folder: PathBuf) -> Self {
        Self { context, folder, looked_at_disk: None, disk: None }
    }

    /// Waits until the gate is open; false when intake was told to stop meanwhile.
    pub fn pass(&mut self, station: &Station, stopped: impl Fn() -> bool) -> bool {
        loop {
            if stopped() {
                return false;
            }
            let reason = self.reason();
            let open = reason.is_none();
            if self.context.status.set_closed(reason.clone()) {
                match &reason {
                    Some(reason) => tracing::warn!(error = reason, "intake waits"),
                    None => tracing::info!("intake goes on"),
                }
            }
            if open {
                return true;
            }
            station.waits_at_gate();
            std::thread::sleep(LOOK);
        }
    }

    fn reason(&mut self) -> Option<String> {
        if self.looked_at_disk.is_none_or(|at| at.elapsed() >= LOOK_AT_DISK) {
            self.looked_at_disk = Some(Instant::now());
            self.disk = self.disk_reason();
        }
        self.disk.clone().or_else(|| self.outbox_reason())
    }

    fn disk_reason(&self) -> Option<String> {
        let reserve = self.context.options.free_space_reserve_bytes;
        let free = match free_bytes(&self.folder) {
            Ok(free) => free,
            Err(error) => return Some(error.to_string()),
        };
        (free < reserve).then(|| {
            format!(
                "{free} bytes are free at {}, fewer than the reserve of {reserve}: make room",
                self.folder.display()
            )
        })
    }

    fn outbox_reason(&self) -> Option<String> {
        let limit = self.context.options.outbox_limit_bytes;
        let (sink, pending) = self.context.settlement.slowest_required()?;
        (pending >= limit).then(|| format!("sink {sink} holds {pending} bytes in the outbox, the limit is {limit}"))
    }
}
