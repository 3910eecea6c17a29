//! A Kafka topic ([`Class::Append`]): each article a message, acknowledged by all replicas in step.
//!
//! The key is the article's id, the value the record, the headers say the change and the sequence; a delete is a
//! message without a value, which a compacted topic takes as what it is. An article always goes to the same partition,
//! so its states stay in order. A batch is parted by partition and cut to `max_message_bytes`, since brokers limit what
//! is sent at once as well as each message. Repeats carry the same key and sequence.
//!
//! A record larger than `max_message_bytes` is rejected; so is one that the broker finds too large, which is looked for
//! by halving. Everything else is another try over new connections. The topic must be there, or the broker make it. The
//! messages are not compressed by us: `compression.type` of the topic does that.
//!
//! Anything but this machine itself is spoken to over TLS, unless `dangerously_plaintext` says otherwise.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::Duration;

use async_trait::async_trait;
use copydesk_article::ArticleId;
use rskafka::BackoffConfig;
use rskafka::chrono::Utc;
use rskafka::client::error::{Error, ProtocolError};
use rskafka::client::partition::{Compression, PartitionClient, UnknownTopicHandling};
use rskafka::client::{Client, ClientBuilder, Credentials, SaslConfig};
use rskafka::record::Record;
use serde::Deserialize;

use crate::within::{causes, within};
use crate::{Change, Class, Failure, Rejection, Report, Row, Secret, Sink, SinkError, envelope, named, tls};

/// What a message takes besides its key and value, generously.
const OVERHEAD: usize = 128;

/// Options of the `kafka` sink.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "snake_case")]
pub struct KafkaOptions {
    /// Addresses of brokers to begin with, `HOST:PORT` each.
    pub brokers: Vec<String>,
    /// The topic. Default `copydesk.articles`.
    #[serde(default = "default_topic")]
    pub topic: String,
    /// Most bytes of a message, and of what is sent at once: no more than the broker's `message.max.bytes`. Default
    /// 1 MB.
    #[serde(default = "default_max_message_bytes")]
    pub max_message_bytes: usize,
    /// How the user is proved. Default `scram-sha-512`.
    #[serde(default)]
    pub mechanism: KafkaMechanism,
    /// User, with `password`. Not set: none.
    pub user: Option<String>,
    /// The user's password.
    pub password: Option<Secret>,
    /// How long the brokers may take over a batch, in seconds. Default 30.
    #[serde(default = "default_timeout_secs")]
    pub timeout_secs: u64,
    /// Certificates, PEM, that are trusted besides the system's.
    pub ca_file: Option<PathBuf>,
    /// Whether to speak to another machine without TLS: whoever is on the way can read everything. Default false.
    #[serde(default)]
    pub dangerously_plaintext: bool,
}

/// How a user is proved (SASL).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
pub enum KafkaMechanism {
    /// The password itself is sent.
    #[serde(rename = "plain")]
    Plain,
    /// A proof of the password.
    #[serde(rename = "scram-sha-256")]
    ScramSha256,
    /// The same with the longer hash.
    #[default]
    #[serde(rename = "scram-sha-512")]
    ScramSha512,
}

fn default_topic() -> String {
    "copydesk.articles".to_owned()
}

const fn default_max_message_bytes() -> usize {
    1_000_000
}

const fn default_timeout_secs() -> u64 {
    30
}

impl KafkaOptions {
    /// The defaults for brokers.
    #[must_use]
    pub fn at(brokers: Vec<String>) -> Self {
        Self {
            brokers,
            topic: default_topic(),
            max_message_bytes: default_max_message_bytes(),
            mechanism: KafkaMechanism::default(),
            user: None,
            password: None,
            timeout_secs: default_timeout_secs(),
            ca_file: None,
            dangerously_plaintext: false,
        }
    }

    /// What is wrong with the options, as far as this machine can tell.
    #[must_use]
    pub fn problems(&self) -> Vec<String> {
        let mut problems = Vec::new();
        if self.brokers.is_empty() {
            problems.push("`brokers` is empty: name one at least".to_owned());
        }
        for broker in &self.brokers {
            let port = broker.rsplit_once(':').filter(|(host, _)| !host.is_empty() && !host.contains(['/', '@']));
            if port.is_none_or(|(_, port)| port.parse::<u16>().is_err()) {
                problems.push("`brokers` takes HOST:PORT each, without a scheme or a user".to_owned());
            }
        }
        let is_good = |c: char| c.is_ascii_alphanumeric() || "._-".contains(c);
        if self.topic.is_empty() || self.topic.len() > 249 || !self.topic.chars().all(is_good) {
            problems.push("`topic` is no name of a topic: letters, digits, dots, `_` and `-`".to_owned());
        }
        if !(1024..=1 << 30).contains(&self.max_message_bytes) {
            problems.push("`max_message_bytes` takes a number from 1024 to 1073741824".to_owned());
        }
        if self.user.is_some() != self.password.is_some() {
            problems.push("`user` and `password` belong together".to_owned());
        }
        problems.extend(named::problems([&self.password], self.ca_file.as_deref()));
        problems
    }

    /// Makes relative paths count from `base`.
    pub(crate) fn resolve_paths(&mut self, base: &Path) {
        named::resolve_paths(base, [&mut self.password], &mut self.ca_file);
    }

    fn timeout(&self) -> Duration {
        Duration::from_secs(self.timeout_secs.max(1))
    }

    /// Whether the brokers are spoken to over TLS: not those of this machine, unless a certificate is named for them.
    fn is_secure(&self) -> bool {
        let host = |broker: &String| broker.rsplit_once(':').map_or("", |(host, _)| host).to_owned();
        let is_here = |host: String| {
            let address = host.trim_start_matches('[').trim_end_matches(']').parse::<std::net::IpAddr>();
            host == "localhost" || address.is_ok_and(|address| address.is_loopback())
        };
        self.ca_file.is_some() || !(self.dangerously_plaintext || self.brokers.iter().map(host).all(is_here))
    }
}

/// The sink. See the module's documentation.
pub struct KafkaSink {
    options: KafkaOptions,
    partitions: Option<Vec<PartitionClient>>,
}

impl KafkaSink {
    /// A sink that is not yet open.
    #[must_use]
    pub const fn new(options: KafkaOptions) -> Self {
        Self { options, partitions: None }
    }

    async fn connect(&self) -> Result<Vec<PartitionClient>, SinkError> {
        let options = &self.options;
        if let Some(problem) = options.problems().into_iter().next() {
            return Err(SinkError::setup(problem));
        }
        tls::provider();
        // By itself the client tries for ever; the runner tries again, with pauses of its own.
        let backoff = BackoffConfig {
            init_backoff: Duration::from_millis(50),
            max_backoff: Duration::from_secs(1),
            deadline: Some(options.timeout() / 2),
            ..BackoffConfig::default()
        };
        let mut builder = ClientBuilder::new(options.brokers.clone()).client_id("copydesk").backoff_config(backoff);
        if options.is_secure() {
            builder = builder.tls_config(tls::client_config(options.ca_file.as_deref())?.into());
        }
        if let (Some(user), Some(password)) = (&options.user, &options.password) {
            let credentials = Credentials::new(user.clone(), password.read()?.expose().to_owned());
            builder = builder.sasl_config(match options.mechanism {
                KafkaMechanism::Plain => SaslConfig::Plain(credentials),
                KafkaMechanism::ScramSha256 => SaslConfig::ScramSha256(credentials),
                KafkaMechanism::ScramSha512 => SaslConfig::ScramSha512(credentials),
            });
        }
        let client = builder.build().await.map_err(|error| self.failed("connect to", &error))?;
        let count = self.partition_count(&client).await?;
        let mut partitions = Vec::with_capacity(count);
        for partition in 0..i32::try_from(count).unwrap_or(i32::MAX) {
            let found = client.partition_client(&options.topic, partition, UnknownTopicHandling::Error).await;
            partitions.push(found.map_err(|error| self.failed("find a partition of", &error))?);
        }
        Ok(partitions)
    }

    async fn partition_count(&self, client: &Client) -> Result<usize, SinkError> {
        let topics = client.list_topics().await.map_err(|error| self.failed("list the topics of", &error))?;
        let topic = topics.into_iter().find(|topic| topic.name == self.options.topic);
        let count = topic.map_or(0, |topic| topic.partitions.len());
        if count == 0 {
            let target = self.target();
            return Err(SinkError::new(format!("{target}: there is no such topic; make it, or check `topic`")));
        }
        Ok(count)
    }

    fn failed(&self, action: &str, error: &Error) -> SinkError {
        let said = causes(error);
        let refused = said.contains("SASL") || said.contains("Sasl") || said.contains("uthenticat");
        let advice = if refused { "; check the user and the secret that the sink is given" } else { "" };
        let kind = match error {
            _ if refused => Failure::Access,
            // Retries it gave up are of a connection, whatever it was that broke it.
            Error::Connection(_) | Error::Request(_) | Error::RetryFailed(_) => Failure::Connection,
            Error::Timeout => Failure::Timeout,
            _ => Failure::Store,
        };
        SinkError::of(kind, format!("could not {action} {}: {said}{advice}", self.target()))
    }

    async fn publish(&self, partitions: &[PartitionClient], batch: &[Row]) -> Result<Report, SinkError> {
        let mut report = Report::default();
        let mut by_partition: BTreeMap<usize, Vec<(usize, Record)>> = BTreeMap::new();
        for (position, row) in batch.iter().enumerate() {
            match self.message(row) {
                Ok(message) => {
                    by_partition.entry(partition(row.id(), partitions.len())).or_default().push((position, message));
                }
                Err(reason) => report.rejected.push(Rejection { row: position, reason }),
            }
        }
        for (partition, messages) in by_partition {
            // Halves of what was too large come before the rest: messages stay in their order.
            let mut waiting = in_requests(messages, self.options.max_message_bytes);
            waiting.reverse();
            while let Some(mut request) = waiting.pop() {
                let records = request.iter().map(|(_, message)| message.clone()).collect();
                match partitions[partition].produce(records, Compression::NoCompression).await {
                    Ok(_) => {}
                    Err(error) if !is_about_message(&error) => return Err(self.failed("publish to", &error)),
                    Err(error) => match request.as_slice() {
                        [(position, _)] => {
                            report.rejected.push(Rejection { row: *position, reason: causes(&error) });
                        }
                        _ => {
                            let second = request.split_off(request.len() / 2);
                            waiting.push(second);
                            waiting.push(request);
                        }
                    },
                }
            }
        }
        report.rejected.sort_by_key(|rejection| rejection.row);
        Ok(report)
    }

    /// A row as a message; why not, where it can be none.
    fn message(&self, row: &Row) -> Result<Record, String> {
        let (change, value) = match &row.change {
            Change::Put { id, record } => ("put", Some(envelope::check(*id, record)?.as_bytes().to_vec())),
            Change::Delete { .. } => ("delete", None),
        };
        let header = |name: &str, value: String| (name.to_owned(), value.into_bytes());
        let message = Record {
            key: Some(row.id().to_string().into_bytes()),
            value,
            headers: BTreeMap::from([
                header("copydesk-change", change.to_owned()),
                header("copydesk-sequence", row.sequence.to_string()),
            ]),
            timestamp: Utc::now(),
        };
        let (bytes, most) = (size(&message), self.options.max_message_bytes);
        if bytes > most {
            return Err(format!("the message has {bytes} bytes, more than max_message_bytes = {most}"));
        }
        Ok(message)
    }
}

/// Bytes of a message, at most.
fn size(message: &Record) -> usize {
    message.approximate_size() + OVERHEAD
}

/// Messages in requests of so many bytes at most, in their order.
fn in_requests(messages: Vec<(usize, Record)>, most: usize) -> Vec<Vec<(usize, Record)>> {
    let mut requests: Vec<Vec<(usize, Record)>> = Vec::new();
    let mut bytes = usize::MAX;
    for message in messages {
        let more = size(&message.1);
        match requests.last_mut() {
            Some(request) if bytes.saturating_add(more) <= most => {
                bytes += more;
                request.push(message);
            }
            _ => {
                bytes = more;
                requests.push(vec![message]);
            }
        }
    }
    requests
}

/// The partition of an article: ids are hashes, so any of their bytes will do.
fn partition(id: ArticleId, count: usize) -> usize {
    let bytes = id.as_bytes();
    let hash = u32::from_be_bytes([bytes[0], bytes[1], bytes[2], bytes[3]]);
    usize::try_from(hash).unwrap_or(0) % count.max(1)
}

/// Whether the message itself is what the broker refuses, so that another try would end the same way.
fn is_about_message(error: &Error) -> bool {
    matches!(
        error,
        Error::ServerError {
            protocol_error: ProtocolError::MessageTooLarge
                | ProtocolError::RecordListTooLarge
                | ProtocolError::InvalidRecord,
            ..
        }
    )
}

#[async_trait]
impl Sink for KafkaSink {
    fn class(&self) -> Class {
        Class::Append
    }

    fn target(&self) -> String {
        // One cluster has many names: the first in the configuration is the cursor's.
        let first = self.options.brokers.first().map_or("", String::as_str);
        format!("kafka:{first}/{}", self.options.topic)
    }

    async fn open(&mut self, _state: Option<&[u8]>) -> Result<(), SinkError> {
        self.partitions = None;
        let what = format!("connecting to {}", self.target());
        self.partitions = Some(within(self.options.timeout(), &what, self.connect()).await?);
        Ok(())
    }

    async fn deliver(&mut self, batch: &[Row]) -> Result<Report, SinkError> {
        let target = self.target();
        let Some(partitions) = self.partitions.take() else {
            return Err(SinkError::new(format!("{target} is not open after an error before; it will be opened again")));
        };
        let what = format!("a batch for {target}");
        let report = within(self.options.timeout(), &what, self.publish(&partitions, batch)).await?;
        self.partitions = Some(partitions);
        Ok(report)
    }

    async fn close(&mut self) -> Result<(), SinkError> {
        self.partitions = None;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn options_that_cannot_work_are_said() {
        let said = |options: KafkaOptions| options.problems().join("; ");
        let good = || KafkaOptions::at(vec!["queue.example:9092".to_owned()]);
        assert_eq!(said(good()), "");
        assert!(said(KafkaOptions::at(Vec::new())).contains("`brokers`"));
        for wrong in ["queue.example", "kafka://queue.example:9092", "me:hunter2@queue.example:9092", ":9092"] {
            let said = said(KafkaOptions::at(vec![wrong.to_owned()]));
            assert!(said.contains("HOST:PORT") && !said.contains("hunter2"), "{wrong}: {said}");
        }
        assert!(said(KafkaOptions { topic: "a b".to_owned(), ..good() }).contains("`topic`"));
        assert!(said(KafkaOptions { max_message_bytes: 1, ..good() }).contains("`max_message_bytes`"));
        assert!(said(KafkaOptions { user: Some("desk".to_owned()), ..good() }).contains("belong together"));
        assert!(good().is_secure() && !KafkaOptions { dangerously_plaintext: true, ..good() }.is_secure());
        for here in ["localhost:9092", "127.0.0.1:9092", "[::1]:9092"] {
            assert!(!KafkaOptions::at(vec![here.to_owned()]).is_secure(), "{here}");
        }
        let mixed = vec!["localhost:9092".to_owned(), "queue.example:9092".to_owned()];
        assert!(KafkaOptions::at(mixed).is_secure());
    }

    #[test]
    fn messages_are_sent_in_requests_that_are_small_enough_in_their_order() {
        let message = |position: usize| {
            let value = Some(vec![b'x'; 100 + position]);
            (position, Record { key: None, value, headers: BTreeMap::new(), timestamp: Utc::now() })
        };
        let requests = in_requests((0..10).map(message).collect(), 3 * (OVERHEAD + 110));
        assert!(requests.iter().all(|request| request.len() <= 3), "small enough");
        let positions: Vec<usize> = requests.iter().flatten().map(|(position, _)| *position).collect();
        assert_eq!((positions, requests.len()), ((0..10).collect(), 4));
        assert_eq!(in_requests(vec![message(0), message(1)], 1).len(), 2, "one at least");
    }
}
