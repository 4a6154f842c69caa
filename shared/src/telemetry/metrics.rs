//! Metrics as log lines in CloudWatch's embedded metric format: one line for a request, a run or a step that counted
//! something. Whoever does not start them pays nothing.

use std::cell::Cell;
use std::fmt::Write as _;
use std::sync::OnceLock;

use crate::clock::Clock;

/// The namespace of the metrics in CloudWatch.
pub const NAMESPACE: &str = "Countersign";

/// Unit of a metric.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unit {
    /// Number of occurrences.
    Count,
    /// Time, counted in microseconds and reported in milliseconds.
    Milliseconds,
    /// Time in whole seconds.
    Seconds,
}

impl Unit {
    /// The name of this unit in CloudWatch.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Count => "Count",
            Self::Milliseconds => "Milliseconds",
            Self::Seconds => "Seconds",
        }
    }
}

macro_rules! metrics {
    ($($(#[$doc:meta])* $name:ident: $unit:ident,)*) => {
        /// A metric; its name in CloudWatch is that of the variant. docs/TELEMETRY.md has them all.
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub enum Metric {
            $($(#[$doc])* $name,)*
        }

        impl Metric {
            /// All of them.
            pub const ALL: &[Self] = &[$(Self::$name,)*];

            /// Its name in CloudWatch.
            #[must_use]
            pub fn as_str(self) -> &'static str {
                match self {
                    $(Self::$name => stringify!($name),)*
                }
            }

            /// Returns the unit of the metric.
            #[must_use]
            pub fn unit(self) -> Unit {
                match self {
                    $(Self::$name => Unit::$unit,)*
                }
            }
        }
    };
}

metrics! {
    /// Access tokens given out.
    TokensIssued: Count,
    /// Token requests refused; also by `reason`.
    TokensRefused: Count,
    /// Introspections answered.
    TokensIntrospected: Count,
    /// Tokens revoked by their own client.
    TokensRevoked: Count,
    /// Runs of Argon2, over secrets and passwords.
    Argon2Runs: Count,
    /// Presented secrets that this process had verified before.
    VerificationCacheHits: Count,
    /// Time that a request spent waiting for DynamoDB.
    DynamoDbTime: Milliseconds,
    /// Sign-ins of people that were refused.
    SignInsRefused: Count,
    /// Runs of reminders for all that left nothing.
    ReminderRunsCompleted: Count,
    /// Reminders that were due.
    RemindersDue: Count,
    /// Reminders in mail that SES took.
    RemindersSent: Count,
    /// Reminders that were told before, or are being told by another run.
    RemindersSkipped: Count,
    /// Reminders that have to be tried again.
    RemindersFailed: Count,
    /// Reminders whose recipient mail does not reach.
    RemindersUndeliverable: Count,
    /// Organizations in which nobody could be told.
    OrganizationsUnheard: Count,
    /// For how long the oldest change request waits.
    ChangeRequestLongestWait: Seconds,
    /// Rotations of the signing keys that came to their end.
    KeyRotations: Count,
    /// Steps of a rotation that failed.
    KeyRotationStepsFailed: Count,
}

/// The directive for the one metric that has a second dimension.
const REFUSALS_BY_REASON: &str = concat!(
    ",{\"Namespace\":\"Countersign\",\"Dimensions\":[[\"function\",\"reason\"]],",
    "\"Metrics\":[{\"Name\":\"TokensRefused\",\"Unit\":\"Count\"}]}"
);

/// Where lines go, and under whose name.
struct Sink {
    function: Option<String>,
    write: Box<dyn Fn(&str) + Send + Sync>,
}

static SINK: OnceLock<Sink> = OnceLock::new();

tokio::task_local! {
    static TALLY: Tally;
}

/// Counts so far in one request, run or step; `None` for a metric that was not touched.
struct Tally {
    counts: [Cell<Option<u64>>; Metric::ALL.len()],
    reason: Cell<Option<&'static str>>,
}

/// Starts writing lines, each without its end, to `write`; `function` is the dimension of all of them, where the process
/// has a name of its own, as on Lambda. Only the first call counts.
pub fn start(function: Option<String>, write: impl Fn(&str) + Send + Sync + 'static) {
    let started = SINK.set(Sink { function, write: Box::new(write) });
    drop(started);
}

/// Runs `future` and writes what it counted, as the metrics of `function` or under the process's own name, in a line
/// that names `request_id`.
pub async fn measured<F: Future>(function: &'static str, request_id: &str, future: F) -> F::Output {
    let Some(sink) = SINK.get() else { return future.await };
    let function = sink.function.as_deref().unwrap_or(function);
    let tally = Tally { counts: [const { Cell::new(None) }; Metric::ALL.len()], reason: Cell::new(None) };
    let whole = async {
        let output = future.await;
        if let Ok(Some(line)) = TALLY.try_with(|tally| tally.line(function, request_id)) {
            (sink.write)(&line);
        }
        output
    };
    TALLY.scope(tally, whole).await
}

/// Counts `more` of `metric` in what is [`measured`] at the moment; zero says that it was looked at.
pub fn count(metric: Metric, more: u64) {
    with_tally(|tally| {
        if let Some(cell) = tally.counts.get(metric as usize) {
            cell.set(Some(cell.get().unwrap_or(0).saturating_add(more)));
        }
    });
}

/// Counts a refused token request, with its error code as the reason.
pub fn count_refusal(reason: &'static str) {
    count(Metric::TokensRefused, 1);
    with_tally(|tally| tally.reason.set(Some(reason)));
}

/// Does nothing where nobody measures.
fn with_tally(change: impl FnOnce(&Tally)) {
    TALLY.try_with(change).unwrap_or_default();
}

impl Tally {
    /// The line; none where nothing was counted. Names and numbers need no escapes.
    fn line(&self, function: &str, request_id: &str) -> Option<String> {
        let counted =
            || Metric::ALL.iter().zip(&self.counts).filter_map(|(metric, count)| Some((*metric, count.get()?)));
        counted().next()?;
        let mut line = String::with_capacity(512);
        let at = Clock::System.now().as_millisecond();
        line.push_str("{\"_aws\":{\"Timestamp\":");
        write!(
            line,
            "{at},\"CloudWatchMetrics\":[{{\"Namespace\":\"{NAMESPACE}\",\"Dimensions\":[[\"function\"]],\"Metrics\":["
        )
        .ok()?;
        for (number, (metric, _)) in counted().enumerate() {
            let comma = if number == 0 { "" } else { "," };
            let (name, unit) = (metric.as_str(), metric.unit().as_str());
            write!(line, "{comma}{{\"Name\":\"{name}\",\"Unit\":\"{unit}\"}}").ok()?;
        }
        line.push_str("]}");
        if self.reason.get().is_some() {
            line.push_str(REFUSALS_BY_REASON);
        }
        write!(line, "]}},\"function\":\"{function}\",\"request_id\":\"{request_id}\"").ok()?;
        if let Some(reason) = self.reason.get() {
            write!(line, ",\"reason\":\"{reason}\"").ok()?;
        }
        for (metric, count) in counted() {
            let name = metric.as_str();
            match metric.unit() {
                Unit::Count | Unit::Seconds => write!(line, ",\"{name}\":{count}").ok()?,
                Unit::Milliseconds => {
                    let (whole, rest) = (count.div_euclid(1_000), count.rem_euclid(1_000));
                    write!(line, ",\"{name}\":{whole}.{rest:03}").ok()?;
                }
            }
        }
        line.push('}');
        Some(line)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};

    fn line(fill: impl FnOnce()) -> Option<Value> {
        let tally = Tally { counts: [const { Cell::new(None) }; Metric::ALL.len()], reason: Cell::new(None) };
        TALLY
            .sync_scope(tally, || {
                fill();
                TALLY.with(|tally| tally.line("token-endpoint", "req_1"))
            })
            .map(|line| serde_json::from_str(&line).unwrap())
    }

    #[test]
    fn what_was_counted_is_announced_and_told_and_nothing_else() {
        assert_eq!(line(|| {}), None);
        let told = line(|| {
            count(Metric::TokensIssued, 1);
            count(Metric::Argon2Runs, 0);
            count(Metric::DynamoDbTime, 2_040);
            count(Metric::DynamoDbTime, 1);
        });
        let mut told = told.unwrap();
        assert!(told["_aws"]["Timestamp"].take().is_i64());
        let expected = json!({
            "_aws": {
                "Timestamp": null,
                "CloudWatchMetrics": [{
                    "Namespace": "Countersign",
                    "Dimensions": [["function"]],
                    "Metrics": [
                        { "Name": "TokensIssued", "Unit": "Count" },
                        { "Name": "Argon2Runs", "Unit": "Count" },
                        { "Name": "DynamoDbTime", "Unit": "Milliseconds" },
                    ],
                }],
            },
            "function": "token-endpoint",
            "request_id": "req_1",
            "TokensIssued": 1,
            "Argon2Runs": 0,
            "DynamoDbTime": 2.041,
        });
        assert_eq!(told, expected);
    }

    #[test]
    fn a_refusal_is_counted_by_its_reason_too() {
        let told = line(|| count_refusal("invalid_client")).unwrap();
        let directives = told["_aws"]["CloudWatchMetrics"].as_array().unwrap();
        assert_eq!(directives.len(), 2);
        assert_eq!(directives[1]["Namespace"], NAMESPACE);
        assert_eq!(directives[1]["Dimensions"], json!([["function", "reason"]]));
        assert_eq!((&told["reason"], &told["TokensRefused"]), (&json!("invalid_client"), &json!(1)));
    }

    #[test]
    fn where_nobody_measures_nothing_happens() {
        count(Metric::TokensIssued, 1);
    }
}
