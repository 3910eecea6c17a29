//! What systemd hears of the daemon, through a socket such as it gives to a `Type=notify-reload` unit.

use std::os::unix::net::UnixDatagram;
use std::time::Duration;

use crate::support::desk::Desk;

struct Systemd(UnixDatagram);

impl Systemd {
    /// Waits for a message that says so.
    fn hears(&self, wanted: &str) -> String {
        let mut bytes = [0; 4096];
        loop {
            let length = self.0.recv(&mut bytes).unwrap_or_else(|error| panic!("nobody said {wanted}: {error}"));
            let message = String::from_utf8_lossy(&bytes[..length]).into_owned();
            if message.lines().any(|line| line == wanted) {
                return message;
            }
        }
    }
}

#[test]
fn systemd_hears_of_start_life_reload_and_stop() {
    let desk = Desk::new();
    let socket = desk.path("notify");
    let systemd = Systemd(UnixDatagram::bind(&socket).expect("bind a socket"));
    systemd.0.set_read_timeout(Some(Duration::from_secs(60))).expect("set a timeout");
    let socket = socket.to_str().expect("a UTF-8 path");
    let mut daemon = desk.start_with(&[("NOTIFY_SOCKET", socket), ("WATCHDOG_USEC", "300000")]);
    systemd.hears("READY=1");
    systemd.hears("WATCHDOG=1");
    systemd.hears("WATCHDOG=1");
    daemon.wait_until_ready();
    daemon.reload();
    let reloading = systemd.hears("RELOADING=1");
    assert!(reloading.lines().any(|line| line.starts_with("MONOTONIC_USEC=")), "{reloading}");
    systemd.hears("READY=1");
    daemon.terminate();
    systemd.hears("STOPPING=1");
    assert!(daemon.wait_for_end().success(), "{}", daemon.log());
}
