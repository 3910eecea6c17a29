//! One file a command.

pub mod check;
mod files;
pub mod ingest;
pub mod init;
pub mod preview;
pub mod run;
