//! A NATS JetStream stream ([`Class::Append`]): each article a message, acknowledged by the stream.
//!
//! The payload is the record; a delete is `{"id":"…","deleted":true,"sequence":N}`. `Nats-Msg-Id` is `ID-SEQUENCE`, so
//! that a repeat within the stream's duplicate window (ten minutes in a stream that we make) is dropped by the server;
//! beyond it repeats carry the same id and sequence. All messages of a batch are sent before the first acknowledgement
//! is waited for. With `create_stream` the sink makes the stream, on disk, where it is missing; one that stands is used
//! as it is.
//!
//! A record larger than the server's or the stream's limit is rejected; everything else is another try over a new
//! connection. Anything but this machine itself is spoken to over TLS, unless `dangerously_plaintext` says otherwise.

use std::path::{Path, PathBuf};
use std::time::Duration;

use async_nats::jetstream::context::{PublishError, PublishErrorKind};
use async_nats::jetstream::message::PublishMessage;
use async_nats::jetstream::stream::{Config, StorageType};
use async_nats::jetstream::{self, ErrorCode};
use async_nats::{ConnectOptions, ServerAddr};
use async_trait::async_trait;
use serde::Deserialize;

use crate::within::{causes, within};
use crate::{Change, Class, Failure, Rejection, Report, Row, Secret, Sink, SinkError, envelope, named, tls};

/// How long a stream that we make remembers message ids.
const DUPLICATE_WINDOW: Duration = Duration::from_secs(600);

/// Options of the `nats` sink.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "snake_case")]
pub struct NatsOptions {
    /// Address of a server: `nats://HOST:PORT` or `tls://HOST:PORT`, without a password.
    pub url: String,
    /// The stream. Default `copydesk`.
    #[serde(default = "default_stream")]
    pub stream: String,
    /// Subject of the messages. Default `copydesk.articles`.
    #[serde(default = "default_subject")]
    pub subject: String,
    /// Whether the sink makes the stream where it is missing. Default true.
    #[serde(default = "yes")]
    pub create_stream: bool,
    /// User, with `password`.
    pub user: Option<String>,
    /// The user's password.
    pub password: Option<Secret>,
    /// A token, instead of a user.
    pub token: Option<Secret>,
    /// The content of a credentials file (`.creds`: a JWT and its key), instead of a user.
    pub credentials: Option<Secret>,
    /// How long the server may take over an acknowledgement, in seconds. Default 30.
    #[serde(default = "default_timeout_secs")]
    pub timeout_secs: u64,
    /// Certificates, PEM, that are trusted besides the system's.
    pub ca_file: Option<PathBuf>,
    /// Whether to speak to another machine without TLS: whoever is on the way can read everything. Default false.
    #[serde(default)]
    pub dangerously_plaintext: bool,
}

fn default_stream() -> String {
    "copydesk".to_owned()
}

fn default_subject() -> String {
    "copydesk.articles".to_owned()
}

const fn yes() -> bool {
    true
}

const fn default_timeout_secs() -> u64 {
    30
}

impl NatsOptions {
    /// The defaults for a server.
    #[must_use]
    pub fn at(url: impl Into<String>) -> Self {
        Self {
            url: url.into(),
            stream: default_stream(),
            subject: default_subject(),
            create_stream: true,
            user: None,
            password: None,
            token: None,
            credentials: None,
            timeout_secs: default_timeout_secs(),
            ca_file: None,
            dangerously_plaintext: false,
        }
    }

    fn server(&self) -> Result<ServerAddr, String> {
        let server: ServerAddr =
            self.url.parse().map_err(|error| format!("`url` is no address of a server: {error}"))?;
        if server.has_user_pass() {
            return Err("`url` holds a user: take it out, `user`, `password` and `token` are for that".to_owned());
        }
        if server.is_websocket() {
            return Err("`url` must begin with nats:// or tls://".to_owned());
        }
        Ok(server)
    }

    /// What is wrong with the options, as far as this machine can tell.
    #[must_use]
    pub fn problems(&self) -> Vec<String> {
        let mut problems: Vec<String> = self.server().err().into_iter().collect();
        if self.stream.is_empty() || self.stream.contains(|c: char| ".*>/\\".contains(c) || c.is_whitespace()) {
            problems.push("`stream` is no name of a stream: no dots, stars or spaces".to_owned());
        }
        if self.subject.split('.').any(str::is_empty)
            || self.subject.contains(|c: char| "*>".contains(c) || c.is_whitespace())
        {
            problems.push("`subject` is no subject to send to: words joined by dots, no stars".to_owned());
        }
        if self.user.is_some() != self.password.is_some() {
            problems.push("`user` and `password` belong together".to_owned());
        }
        let ways = [self.user.is_some(), self.token.is_some(), self.credentials.is_some()];
        if ways.into_iter().filter(|given| *given).count() > 1 {
            problems.push("give one of `user`, `token` and `credentials`".to_owned());
        }
        problems.extend(named::problems([&self.password, &self.token, &self.credentials], self.ca_file.as_deref()));
        problems
    }

    /// Makes relative paths count from `base`.
    pub(crate) fn resolve_paths(&mut self, base: &Path) {
        named::resolve_paths(base, [&mut self.password, &mut self.token, &mut self.credentials], &mut self.ca_file);
    }

    /// Where the server is to be reached, as HOST:PORT.
    pub(crate) fn servers(&self) -> Vec<String> {
        self.server().iter().map(|server| format!("{}:{}", server.host(), server.port())).collect()
    }

    fn timeout(&self) -> Duration {
        Duration::from_secs(self.timeout_secs.max(1))
    }
}

/// The sink. See the module's documentation.
pub struct NatsSink {
    options: NatsOptions,
    session: Option<Session>,
}

/// An open connection.
struct Session {
    client: async_nats::Client,
    context: jetstream::Context,
}

impl NatsSink {
    /// A sink that is not yet open.
    #[must_use]
    pub const fn new(options: NatsOptions) -> Self {
        Self { options, session: None }
    }

    async fn connect(&self) -> Result<Session, SinkError> {
        let options = &self.options;
        let server = options.server().map_err(SinkError::setup)?;
        let failed = |error: &dyn std::error::Error| {
            let said = causes(error);
            let refused = said.contains("authorization violation");
            let advice = if refused { "; check the user and the secret that the sink is given" } else { "" };
            let kind = if refused { Failure::Access } else { Failure::Connection };
            SinkError::of(kind, format!("could not connect to {}: {said}{advice}", self.target()))
        };
        let here = server.host() == "localhost"
            || server.host().parse::<std::net::IpAddr>().is_ok_and(|address| address.is_loopback());
        tls::provider();
        let secure = server.tls_required() || !(here || options.dangerously_plaintext);
        let mut connect = ConnectOptions::new()
            .name("copydesk")
            .connection_timeout(options.timeout())
            // A connection that breaks fails the batch; the runner opens the next, with pauses of its own.
            .max_reconnects(1)
            .require_tls(secure);
        if secure || options.ca_file.is_some() {
            connect = connect.tls_client_config(tls::client_config(options.ca_file.as_deref())?);
        }
        if let (Some(user), Some(password)) = (&options.user, &options.password) {
            connect = connect.user_and_password(user.clone(), password.read()?.expose().to_owned());
        }
        if let Some(token) = &options.token {
            connect = connect.token(token.read()?.expose().to_owned());
        }
        if let Some(credentials) = &options.credentials {
            let read = connect.credentials(credentials.read()?.expose());
            connect =
                read.map_err(|_| SinkError::setup(format!("the secret in {credentials} is no credentials file")))?;
        }
        let client = connect.connect(server).await.map_err(|error| failed(&error))?;
        let mut context = jetstream::new(client.clone());
        context.set_timeout(options.timeout());
        if options.create_stream {
            let config = Config {
                name: options.stream.clone(),
                subjects: vec![options.subject.clone()],
                storage: StorageType::File,
                duplicate_window: DUPLICATE_WINDOW,
                ..Config::default()
            };
            context.get_or_create_stream(config).await.map_err(|error| failed(&error))?;
        } else {
            context.get_stream(&options.stream).await.map_err(|error| failed(&error))?;
        }
        Ok(Session { client, context })
    }

    /// Sends a batch and waits for every acknowledgement.
    async fn publish(&self, session: &Session, batch: &[Row]) -> Result<Report, SinkError> {
        let mut report = Report::default();
        let mut acknowledgements = Vec::with_capacity(batch.len());
        let failed = |error: &PublishError| {
            let kind = match error.kind() {
                PublishErrorKind::TimedOut => Failure::Timeout,
                PublishErrorKind::BrokenPipe => Failure::Connection,
                PublishErrorKind::MaxAckPending => Failure::Busy,
                _ => Failure::Store,
            };
            SinkError::of(kind, format!("could not publish to {}: {}", self.target(), causes(error)))
        };
        for (position, row) in batch.iter().enumerate() {
            let (operation, payload) = match &row.change {
                Change::Put { id, record } => match envelope::check(*id, record) {
                    Ok(json) => ("put", json.to_owned()),
                    Err(reason) => {
                        report.rejected.push(Rejection { row: position, reason });
                        continue;
                    }
                },
                Change::Delete { id } => {
                    ("delete", format!(r#"{{"id":"{id}","deleted":true,"sequence":{}}}"#, row.sequence))
                }
            };
            let message = PublishMessage::build()
                .message_id(format!("{}-{}", row.id(), row.sequence))
                .header("Copydesk-Change", operation)
                .payload(payload.into());
            match session.context.send_publish(self.options.subject.clone(), message).await {
                Ok(acknowledgement) => acknowledgements.push((position, acknowledgement)),
                Err(error) if is_about_message(&error) => {
                    report.rejected.push(Rejection { row: position, reason: causes(&error) });
                }
                Err(error) => return Err(failed(&error)),
            }
        }
        for (position, acknowledgement) in acknowledgements {
            match acknowledgement.await {
                Ok(_) => {}
                Err(error) if is_about_message(&error) => {
                    report.rejected.push(Rejection { row: position, reason: causes(&error) });
                }
                Err(error) => return Err(failed(&error)),
            }
        }
        report.rejected.sort_by_key(|rejection| rejection.row);
        Ok(report)
    }
}

/// Whether the message itself is what the server refuses, so that another try would end the same way.
fn is_about_message(error: &PublishError) -> bool {
    if error.kind() == PublishErrorKind::MaxPayloadExceeded {
        return true;
    }
    let said = std::error::Error::source(error).and_then(|source| source.downcast_ref::<jetstream::Error>());
    said.is_some_and(|said| said.error_code() == ErrorCode::STREAM_MESSAGE_EXCEEDS_MAXIMUM)
}

#[async_trait]
impl Sink for NatsSink {
    fn class(&self) -> Class {
        Class::Append
    }

    fn target(&self) -> String {
        let NatsOptions { stream, subject, .. } = &self.options;
        match self.options.server() {
            Ok(server) => format!("nats:{}:{}/{stream}/{subject}", server.host(), server.port()),
            Err(_) => format!("nats:{stream}/{subject}"),
        }
    }

    async fn open(&mut self, _state: Option<&[u8]>) -> Result<(), SinkError> {
        self.session = None;
        let what = format!("connecting to {}", self.target());
        self.session = Some(within(self.options.timeout(), &what, self.connect()).await?);
        Ok(())
    }

    async fn deliver(&mut self, batch: &[Row]) -> Result<Report, SinkError> {
        let target = self.target();
        let Some(session) = self.session.take() else {
            return Err(SinkError::new(format!("{target} is not open after an error before; it will be opened again")));
        };
        let what = format!("a batch for {target}");
        let report = within(self.options.timeout(), &what, self.publish(&session, batch)).await?;
        self.session = Some(session);
        Ok(report)
    }

    async fn idle(&mut self) -> Result<(), SinkError> {
        match &self.session {
            Some(session) if session.client.connection_state() != async_nats::connection::State::Connected => {
                self.session = None;
                Err(SinkError::of(Failure::Connection, format!("the connection to {} is lost", self.target())))
            }
            _ => Ok(()),
        }
    }

    async fn close(&mut self) -> Result<(), SinkError> {
        self.session = None;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn options_that_cannot_work_are_said() {
        let said = |options: NatsOptions| options.problems().join("; ");
        let good = || NatsOptions::at("nats://queue.example:4222");
        assert_eq!(said(good()), "");
        assert!(said(NatsOptions::at("nats://me:hunter2@queue.example")).contains("holds a user"));
        assert!(!said(NatsOptions::at("nats://me:hunter2@queue.example")).contains("hunter2"));
        assert!(said(NatsOptions { stream: "a.b".to_owned(), ..good() }).contains("`stream`"));
        assert!(said(NatsOptions { subject: "a.*".to_owned(), ..good() }).contains("`subject`"));
        assert!(said(NatsOptions { user: Some("desk".to_owned()), ..good() }).contains("belong together"));
    }
}
