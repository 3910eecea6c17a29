//! A PostgreSQL database ([`Class::Keyed`]): one state an article, the highest sequence wins.
//!
//! The sink keeps its tables in a schema of its own, which it creates and migrates: `articles` with the columns
//! people search by, a full-text column and the whole record as JSON; `entities`; `mentions`; and the view
//! `current_articles`. `postgres/schema.sql` is the reference. A schema that is not ours, or of a newer copydesk, is
//! refused and not touched. PostgreSQL 12 or newer.
//!
//! One transaction a batch, over one connection, in a handful of statements that take whole columns as arrays; with
//! `synchronous_commit` on, so that what is committed is durable. A batch that comes again changes nothing. A delete
//! leaves a tombstone with its sequence; at equal sequence the delete wins.
//!
//! **Rows the server refuses** (its SQLSTATE says that the data is to blame: classes 22, 23 and 54) are found by
//! halving the batch, each part in a transaction of its own, and rejected with the server's words. Every other error
//! is another try over a new connection.
//!
//! **Security.** The password is a [`Secret`]; a `url` that holds one is refused. Anything but this machine itself is
//! spoken to over TLS with the certificate checked, unless `dangerously_plaintext` says otherwise. Behind a pooler
//! (PgBouncer), let it pool sessions: settings of the session are used.

mod rows;

use std::path::{Path, PathBuf};
use std::str::FromStr;
use std::time::Duration;

use async_trait::async_trait;
use serde::Deserialize;
use tokio::task::JoinHandle;
use tokio_postgres::config::{Host, SslMode};
use tokio_postgres::error::SqlState;
use tokio_postgres::{Client, Config, NoTls};
use tokio_postgres_rustls::MakeRustlsConnect;

use crate::within::{causes, within, words};
use crate::{Class, Failure, Report, Row, Secret, Sink, SinkError, named, tls};
use rows::Statements;

/// What leads from each version of the schema to the next, from 0.
const MIGRATIONS: [&str; 1] = [include_str!("postgres/schema.sql")];

/// Options of the `postgres` sink.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "snake_case")]
pub struct PostgresOptions {
    /// Where the database is: `postgresql://USER@HOST:PORT/DATABASE`, without a password.
    pub url: String,
    /// The user's password.
    pub password: Option<Secret>,
    /// The schema of the sink's tables. Default `copydesk`.
    #[serde(default = "default_schema")]
    pub schema: String,
    /// How long the server may take over a batch, in seconds. Default 60.
    #[serde(default = "default_timeout_secs")]
    pub timeout_secs: u64,
    /// Certificates, PEM, that are trusted besides the system's.
    pub ca_file: Option<PathBuf>,
    /// Whether to speak to another machine without TLS: whoever is on the way can read everything. Default false.
    #[serde(default)]
    pub dangerously_plaintext: bool,
}

fn default_schema() -> String {
    "copydesk".to_owned()
}

const fn default_timeout_secs() -> u64 {
    60
}

impl PostgresOptions {
    /// The defaults for a database.
    #[must_use]
    pub fn at(url: impl Into<String>) -> Self {
        Self {
            url: url.into(),
            password: None,
            schema: default_schema(),
            timeout_secs: default_timeout_secs(),
            ca_file: None,
            dangerously_plaintext: false,
        }
    }

    /// The connection's settings, without the password.
    fn config(&self) -> Result<Config, String> {
        let mut config = Config::from_str(&self.url)
            .map_err(|error| format!("`url` is no address of a database: {}", causes(&error)))?;
        if config.get_password().is_some() {
            return Err("`url` holds a password: take it out, and name where it stands with `password`".to_owned());
        }
        if config.get_hosts().is_empty() {
            return Err("`url` names no host".to_owned());
        }
        config.application_name("copydesk").keepalives_idle(Duration::from_secs(60));
        Ok(config)
    }

    /// What is wrong with the options, as far as this machine can tell.
    #[must_use]
    pub fn problems(&self) -> Vec<String> {
        let mut problems: Vec<String> = self.config().err().into_iter().collect();
        let named = self.schema.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_');
        if !named || self.schema.is_empty() || self.schema.len() > 48 || self.schema.starts_with("pg_") {
            problems.push("`schema` takes small letters, digits and `_`, at most 48".to_owned());
        }
        problems.extend(named::problems([&self.password], self.ca_file.as_deref()));
        problems
    }

    /// Makes relative paths count from `base`.
    pub(crate) fn resolve_paths(&mut self, base: &Path) {
        named::resolve_paths(base, [&mut self.password], &mut self.ca_file);
    }

    /// Where the server is to be reached, as HOST:PORT, or as the path of its socket.
    pub(crate) fn servers(&self) -> Vec<String> {
        let Ok(config) = self.config() else { return Vec::new() };
        let ports = config.get_ports();
        let place = |(at, host): (usize, &Host)| {
            let port = ports.get(at).or(ports.first()).copied().unwrap_or(5432);
            match host {
                Host::Tcp(name) if name.contains(':') => format!("[{name}]:{port}"),
                Host::Tcp(name) => format!("{name}:{port}"),
                Host::Unix(folder) => folder.join(format!(".s.PGSQL.{port}")).display().to_string(),
            }
        };
        config.get_hosts().iter().enumerate().map(place).collect()
    }

    fn timeout(&self) -> Duration {
        Duration::from_secs(self.timeout_secs.max(1))
    }
}

/// Whether a host is this machine itself.
fn is_here(host: &Host) -> bool {
    match host {
        Host::Unix(_) => true,
        Host::Tcp(name) => {
            name == "localhost" || name.parse::<std::net::IpAddr>().is_ok_and(|address| address.is_loopback())
        }
    }
}

/// The sink. See the module's documentation.
pub struct PostgresSink {
    options: PostgresOptions,
    session: Option<Session>,
}

/// An open connection.
struct Session {
    client: Client,
    statements: Statements,
    /// Moves the bytes; ended with the session.
    connection: JoinHandle<()>,
}

impl Drop for Session {
    fn drop(&mut self) {
        self.connection.abort();
    }
}

impl PostgresSink {
    /// A sink that is not yet open.
    #[must_use]
    pub const fn new(options: PostgresOptions) -> Self {
        Self { options, session: None }
    }

    async fn connect(&self) -> Result<Session, SinkError> {
        let mut config = self.options.config().map_err(SinkError::setup)?;
        config.connect_timeout(self.options.timeout());
        if let Some(secret) = &self.options.password {
            config.password(secret.read()?.expose());
        }
        let failed = |error: tokio_postgres::Error| explain("connect to", &self.target(), &error);
        let plain = self.options.dangerously_plaintext || config.get_hosts().iter().all(is_here);
        let (client, connection) = if plain && config.get_ssl_mode() != SslMode::Require {
            config.ssl_mode(SslMode::Disable);
            let (client, connection) = config.connect(NoTls).await.map_err(failed)?;
            (client, spawn(connection))
        } else {
            config.ssl_mode(SslMode::Require);
            let tls = MakeRustlsConnect::new(tls::client_config(self.options.ca_file.as_deref())?);
            let (client, connection) = config.connect(tls).await.map_err(failed)?;
            (client, spawn(connection))
        };
        let failed = |error: tokio_postgres::Error| explain("open", &self.target(), &error);
        // The server gives a batch up when we do, so that the next try does not wait for its locks.
        let settings = format!(
            "SET search_path TO {}; SET synchronous_commit TO on; SET TimeZone TO 'UTC'; SET statement_timeout TO {}",
            self.options.schema,
            self.options.timeout().as_millis()
        );
        client.batch_execute(&settings).await.map_err(failed)?;
        self.migrate(&client).await?;
        let statements = Statements::prepare(&client).await.map_err(failed)?;
        Ok(Session { client, statements, connection })
    }

    /// Creates or updates the tables, one copydesk at a time.
    async fn migrate(&self, client: &Client) -> Result<(), SinkError> {
        let schema = &self.options.schema;
        let failed = |error: tokio_postgres::Error| explain("create the tables of", &self.target(), &error);
        if self.version(client).await? == Some(MIGRATIONS.len()) {
            return Ok(());
        }
        client.batch_execute("BEGIN").await.map_err(failed)?;
        let lock = "SELECT pg_advisory_xact_lock(hashtextextended('copydesk ' || $1, 0))";
        client.query(lock, &[schema]).await.map_err(failed)?;
        let version = match self.version(client).await? {
            Some(version) => version,
            None => {
                let sql = format!(
                    "CREATE SCHEMA IF NOT EXISTS {schema}; CREATE TABLE {schema}.copydesk_schema (version integer NOT NULL)"
                );
                // A schema made for us by somebody else need not be ours to make.
                let there = client.query_one("SELECT to_regnamespace($1) IS NOT NULL", &[schema]).await;
                let there: bool = there.map_err(failed)?.get(0);
                let sql = if there { sql.split_once("; ").map_or("", |(_, rest)| rest) } else { &sql };
                client.batch_execute(sql).await.map_err(failed)?;
                client.batch_execute("INSERT INTO copydesk_schema VALUES (0)").await.map_err(failed)?;
                0
            }
        };
        for migration in MIGRATIONS.iter().skip(version) {
            client.batch_execute(migration).await.map_err(failed)?;
        }
        let written = format!("UPDATE copydesk_schema SET version = {}; COMMIT", MIGRATIONS.len());
        client.batch_execute(&written).await.map_err(failed)
    }

    /// The version of the tables that stand; none where there are none.
    async fn version(&self, client: &Client) -> Result<Option<usize>, SinkError> {
        let schema = &self.options.schema;
        let failed = |error: tokio_postgres::Error| explain("look at the tables of", &self.target(), &error);
        let sql = "SELECT to_regclass($1 || '.copydesk_schema') IS NOT NULL,
                          EXISTS (SELECT FROM pg_class WHERE relnamespace = to_regnamespace($1))";
        let found = client.query_one(sql, &[schema]).await.map_err(failed)?;
        match (found.get(0), found.get(1)) {
            (false, false) => return Ok(None),
            (false, true) => {
                let message =
                    format!("schema {schema} holds tables of another program: give the sink another `schema`");
                return Err(SinkError::new(message));
            }
            (true, _) => {}
        }
        let version = client.query_one("SELECT version FROM copydesk_schema", &[]).await.map_err(failed)?;
        let version: i32 = version.get(0);
        match usize::try_from(version) {
            Ok(version) if version <= MIGRATIONS.len() => Ok(Some(version)),
            _ => Err(SinkError::new(format!(
                "schema {schema} was written by a newer copydesk (version {version}, this one knows {}): use that one, or another `schema`",
                MIGRATIONS.len()
            ))),
        }
    }
}

fn spawn(connection: impl Future<Output = Result<(), tokio_postgres::Error>> + Send + 'static) -> JoinHandle<()> {
    tokio::spawn(async move {
        // Whoever uses the client hears of it, too.
        connection.await.ok();
    })
}

#[async_trait]
impl Sink for PostgresSink {
    fn class(&self) -> Class {
        Class::Keyed
    }

    fn target(&self) -> String {
        let Ok(config) = self.options.config() else { return format!("postgres:{}", self.options.schema) };
        let host = config.get_hosts().first().map_or_else(String::new, |host| match host {
            Host::Tcp(name) => name.clone(),
            Host::Unix(path) => path.display().to_string(),
        });
        let port = config.get_ports().first().copied().unwrap_or(5432);
        let database = config.get_dbname().or(config.get_user()).unwrap_or("");
        format!("postgres:{host}:{port}/{database}/{}", self.options.schema)
    }

    async fn open(&mut self, _state: Option<&[u8]>) -> Result<(), SinkError> {
        self.session = None;
        let what = format!("connecting to {}", self.target());
        self.session = Some(within(self.options.timeout(), &what, self.connect()).await?);
        Ok(())
    }

    async fn deliver(&mut self, batch: &[Row]) -> Result<Report, SinkError> {
        let target = self.target();
        // Out of its place, so that after any failure only `open` leads on.
        let Some(mut session) = self.session.take() else {
            return Err(SinkError::new(format!("{target} is not open after an error before; it will be opened again")));
        };
        let Session { client, statements, .. } = &mut session;
        let written = rows::write(client, statements, batch);
        let failed = async { written.await.map_err(|error| explain("write to", &target, &error)) };
        let report = within(self.options.timeout(), &format!("a batch for {target}"), failed).await?;
        self.session = Some(session);
        Ok(report)
    }

    async fn idle(&mut self) -> Result<(), SinkError> {
        match &self.session {
            Some(session) if session.client.is_closed() => {
                self.session = None;
                Err(SinkError::of(Failure::Connection, format!("{} closed the connection", self.target())))
            }
            _ => Ok(()),
        }
    }

    async fn close(&mut self) -> Result<(), SinkError> {
        self.session = None;
        Ok(())
    }
}

/// Whether the server refuses the data, so that another try would end the same way.
fn is_about_data(error: &tokio_postgres::Error) -> bool {
    error.code().is_some_and(|code| ["22", "23", "54"].iter().any(|class| code.code().starts_with(class)))
}

/// The server's own words.
fn server_words(error: &tokio_postgres::Error) -> String {
    let Some(said) = error.as_db_error() else { return causes(error) };
    let detail = said.detail().map_or_else(String::new, |detail| format!(" ({detail})"));
    words(&format!("{}{detail} [{}]", said.message(), said.code().code()))
}

fn explain(action: &str, target: &str, error: &tokio_postgres::Error) -> SinkError {
    let advice = match error.code() {
        Some(code) if *code == SqlState::INVALID_PASSWORD || *code == SqlState::INVALID_AUTHORIZATION_SPECIFICATION => {
            ": check the user in `url` and the secret that `password` names"
        }
        Some(code) if *code == SqlState::INSUFFICIENT_PRIVILEGE => {
            ": grant the user the right to, or create the schema for it"
        }
        Some(code) if *code == SqlState::DISK_FULL => ": the server's disk is full, the batch will be tried again",
        _ => "",
    };
    let kind = match error.code() {
        None => Failure::Connection,
        Some(code) if code.code().starts_with("28") || *code == SqlState::INSUFFICIENT_PRIVILEGE => Failure::Access,
        Some(code) if *code == SqlState::DISK_FULL => Failure::Disk,
        // Too many connections, starting, stopping.
        Some(code) if code.code().starts_with("53") || code.code().starts_with("57P") => Failure::Busy,
        Some(_) => Failure::Store,
    };
    SinkError::of(kind, format!("could not {action} {target}: {}{advice}", server_words(error)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn options_that_cannot_work_are_said() {
        let said = |options: PostgresOptions| options.problems().join("; ");
        assert_eq!(said(PostgresOptions::at("postgresql://desk@db.example/news")), "");
        assert!(said(PostgresOptions::at("postgresql://desk:hunter2@db.example/news")).contains("holds a password"));
        assert!(!said(PostgresOptions::at("postgresql://desk:hunter2@db.example/news")).contains("hunter2"));
        assert!(said(PostgresOptions::at("not an address")).contains("`url`"));
        for schema in ["", "News", "pg_x", "a\"b", "a;b"] {
            let options = PostgresOptions { schema: schema.to_owned(), ..PostgresOptions::at("postgresql://h/d") };
            assert!(said(options).contains("`schema`"), "{schema}");
        }
    }

    #[test]
    fn the_target_is_the_database_and_not_the_user() {
        let target = |url: &str| PostgresSink::new(PostgresOptions::at(url)).target();
        assert_eq!(target("postgresql://desk@db.example/news"), "postgres:db.example:5432/news/copydesk");
        assert_eq!(target("postgresql://other@db.example:5432/news"), target("postgresql://desk@db.example/news"));
    }
}
