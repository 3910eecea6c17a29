//! `copydesk status`: how the daemon is doing, on a screen.

use std::path::Path;
use std::process::ExitCode;

use hyper::Method;
use serde_json::Value;

use crate::arguments::Status;
use crate::config::Config;
use crate::control::ask;

/// Prints it; fails where the desk is not ready, so that a script can ask.
///
/// # Errors
/// Where no daemon runs.
pub fn run(config: Option<&Path>, arguments: &Status) -> anyhow::Result<ExitCode> {
    let config = Config::load(config)?;
    let status = ask(&config.ledger.folder, Method::GET, "/api/status", None)?;
    if arguments.json {
        println!("{status}");
    } else {
        print(&status);
    }
    Ok(if status["ready"] == true { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

fn print(status: &Value) {
    let number = |value: &Value| value.as_f64().unwrap_or_default();
    let list = |name: &str| status[name].as_array().cloned().unwrap_or_default();
    let ready = if status["ready"] == true { "ready" } else { "not ready" };
    let version = status["version"].as_str().unwrap_or_default();
    println!("copydesk {version}, up {:.0} s, {ready}", number(&status["uptime_seconds"]));
    for reason in list("reasons") {
        println!("  {}", reason.as_str().unwrap_or_default());
    }
    let verdicts = status["verdicts"].as_object().cloned().unwrap_or_default();
    let verdicts = verdicts.iter().filter(|(_, count)| **count != 0).map(|(kind, count)| format!("{count} {kind}"));
    println!("{} articles decided: {}", status["committed"], verdicts.collect::<Vec<_>>().join(", ").replace('_', " "));
    println!(
        "{} in flight, the oldest for {:.1} s; {} in quarantine; outbox {}, ledger {}",
        status["in_flight"],
        number(&status["oldest_pending_seconds"]),
        status["quarantined_files"],
        bytes(number(&status["outbox_bytes"])),
        bytes(number(&status["ledger_bytes"]))
    );
    for inbox in list("inboxes") {
        println!(
            "inbox {:<16} {} files, {}",
            inbox["name"].as_str().unwrap_or_default(),
            inbox["files"],
            bytes(number(&inbox["bytes"]))
        );
    }
    println!("{:<22} {:>10} {:>9} {:>10} {:>10}", "stage", "received", "waiting", "busy s", "blocked s");
    for stage in list("stages") {
        println!(
            "{:<22} {:>10} {:>9} {:>10.1} {:>10.1}",
            stage["name"].as_str().unwrap_or_default(),
            stage["received"],
            stage["depth"].as_u64().map_or_else(String::new, |depth| depth.to_string()),
            number(&stage["busy_seconds"]),
            number(&stage["blocked_seconds"])
        );
    }
    println!("{:<22} {:>10} {:>9} {:>10} {:>10}", "sink", "delivered", "rejected", "behind", "seconds");
    for sink in list("sinks") {
        println!(
            "{:<22} {:>10} {:>9} {:>10} {:>10.1}{}",
            sink["name"].as_str().unwrap_or_default(),
            sink["delivered"],
            sink["rejected"],
            sink["lag_articles"],
            number(&sink["lag_seconds"]),
            sink["error"].as_str().map_or_else(String::new, |error| format!("  DOWN: {error}"))
        );
    }
}

fn bytes(bytes: f64) -> String {
    const UNITS: [&str; 5] = ["B", "KiB", "MiB", "GiB", "TiB"];
    let (mut value, mut unit) = (bytes, 0);
    while value >= 1024.0 && unit + 1 < UNITS.len() {
        value /= 1024.0;
        unit += 1;
    }
    if unit == 0 { format!("{value:.0} B") } else { format!("{value:.1} {}", UNITS[unit]) }
}

#[cfg(test)]
mod tests {
    use super::bytes;

    #[test]
    fn bytes_have_the_largest_unit_that_fits() {
        assert_eq!([0.0, 1023.0, 1024.0, 1_572_864.0].map(bytes), ["0 B", "1023 B", "1.0 KiB", "1.5 MiB"]);
    }
}
