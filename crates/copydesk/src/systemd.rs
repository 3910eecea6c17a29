//! What systemd is told: ready, reloading, stopping, and that the desk lives (`Type=notify-reload`, `WatchdogSec=`).
//!
//! Where the process was not started by systemd nothing is said to anybody. The watchdog is fed only while the desk is
//! alive in the sense of `/livez`: backpressure is not death, a stage that hangs is.

use std::sync::Arc;
use std::time::Duration;

use copydesk_pipeline::Status;
use sd_notify::NotifyState;

/// The desk takes articles, by this configuration.
pub fn ready() {
    say(&[NotifyState::Ready]);
}

/// The desk drains and goes on with another configuration; [`ready`] follows.
pub fn reloading() {
    match NotifyState::monotonic_usec_now() {
        Ok(now) => say(&[NotifyState::Reloading, now]),
        Err(error) => tracing::warn!(error = %error, "systemd was not told of the reload"),
    }
}

/// The desk drains and ends.
pub fn stopping() {
    say(&[NotifyState::Stopping]);
}

/// Feeds the watchdog as often as the unit asks for, until it is aborted.
pub async fn feed_watchdog(status: Arc<Status>, hang_limit: Duration) {
    let Some(limit) = sd_notify::watchdog_enabled() else { return };
    let mut tick = tokio::time::interval((limit / 3).max(Duration::from_millis(100)));
    loop {
        tick.tick().await;
        if status.why_not_alive(hang_limit).is_empty() {
            say(&[NotifyState::Watchdog]);
        }
    }
}

fn say(state: &[NotifyState]) {
    if let Err(error) = sd_notify::notify(state) {
        tracing::warn!(error = %error, "systemd could not be told how the desk is");
    }
}
