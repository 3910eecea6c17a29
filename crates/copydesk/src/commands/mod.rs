//! One file a command.

pub mod check;
pub mod duplicates;
mod files;
pub mod ingest;
pub mod init;
pub mod log_level;
pub mod manual;
pub mod outlook;
pub mod preview;
pub mod quarantine;
pub mod rejected;
pub mod replay;
pub mod run;
pub mod status;
mod terminal;
pub mod trace;
