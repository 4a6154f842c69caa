//! Mail on its way: MIME, and what SES says to it.

use std::time::Duration;

use aws_config::SdkConfig;
use aws_config::retry::RetryConfig;
use aws_config::timeout::TimeoutConfig;
use aws_sdk_ses::error::{ProvideErrorMetadata as _, SdkError};
use aws_sdk_ses::operation::send_raw_email::SendRawEmailError;
use aws_sdk_ses::primitives::Blob;
use aws_sdk_ses::types::RawMessage;
use jiff::Timestamp;
use mail_builder::MessageBuilder;
use mail_builder::headers::raw::Raw;

use super::{Mail, MailingList};
use crate::domain::email::Email;
use crate::entropy;

/// How long a mail may take to be sent, every pause and repetition included.
pub const SEND_TIMEOUT: Duration = Duration::from_secs(30);

/// How often SES is asked to take one mail. The pauses in between grow to a total of about fifteen seconds.
const ATTEMPTS: u32 = 5;
/// How long one of these may take.
const ATTEMPT_TIMEOUT: Duration = Duration::from_secs(5);

/// What stands in the message of a `MessageRejected` that no other mail would fare better than.
const NOT_VERIFIED: &str = "not verified";

/// The name beside the sender's address.
const SENDER_NAME: &str = "Countersign";

/// What sends mail through SES.
#[derive(Debug, Clone)]
pub struct Sender {
    ses: aws_sdk_ses::Client,
    from: Email,
}

/// An SES client that has patience with throttling, for mail that nobody waits for. Where somebody does, a client with
/// the limits of [`crate::aws::config`] serves.
#[must_use]
pub fn patient_client(aws: &SdkConfig) -> aws_sdk_ses::Client {
    let timeouts = TimeoutConfig::builder().operation_attempt_timeout(ATTEMPT_TIMEOUT).operation_timeout(SEND_TIMEOUT);
    let config = aws_sdk_ses::config::Builder::from(aws)
        .retry_config(RetryConfig::standard().with_max_attempts(ATTEMPTS))
        .timeout_config(timeouts.build());
    aws_sdk_ses::Client::from_conf(config.build())
}

/// Why a mail was not sent: the error code, or how far the call came. Never the SDK's own text, which may quote it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SendError {
    /// SES refuses this mail to this recipient, however often it is tried.
    #[error("the mail was refused: {0}")]
    Refused(String),
    /// SES takes no mail from this sender until somebody mends that.
    #[error("SES takes no mail from the sender: {0}")]
    Sender(String),
    /// The same mail may be taken later.
    #[error("SES did not take the mail: {0}")]
    Later(String),
}

impl Sender {
    /// Sends mail from this address.
    #[must_use]
    pub fn new(ses: aws_sdk_ses::Client, from: Email) -> Self {
        Self { ses, from }
    }

    /// Sends a mail, dated `now`, and answers with SES's id of it. Throttling and passing trouble are tried again as
    /// often as the client's configuration has it, with growing pauses, and given up after [`SEND_TIMEOUT`].
    pub async fn send(&self, mail: &Mail, now: Timestamp) -> Result<String, SendError> {
        let message = RawMessage::builder().data(Blob::new(self.mime(mail, now)));
        let message = message.build().map_err(|_| SendError::Refused("InvalidMessage".to_owned()))?;
        let request =
            self.ses.send_raw_email().source(self.from.as_str()).destinations(mail.to.as_str()).raw_message(message);
        match tokio::time::timeout(SEND_TIMEOUT, request.send()).await {
            Ok(sent) => sent.map(|sent| sent.message_id).map_err(|error| judge(&error)),
            Err(_) => Err(SendError::Later("timed out".to_owned())),
        }
    }

    /// The mail as it goes over the wire (RFC 5322, RFC 2045).
    #[must_use]
    pub fn mime(&self, mail: &Mail, now: Timestamp) -> Vec<u8> {
        let domain = self.from.as_str().rsplit_once('@').map_or("localhost", |(_, domain)| domain);
        let id = u128::from_le_bytes(entropy::bytes());
        let MailingList { title, kind, organization } = &mail.list;
        let mut wire = Vec::new();
        MessageBuilder::new()
            .from((SENDER_NAME, self.from.as_str()))
            .to(mail.to.as_str())
            .subject(mail.subject.as_str())
            .date(now.as_second())
            .message_id(format!("{id:032x}@{domain}"))
            // RFC 3834 section 5: nobody's absence notice is wanted
            .header("Auto-Submitted", Raw::new("auto-generated"))
            // RFC 2919: what a reader's filter sorts by
            .header("List-Id", Raw::new(format!("{title} <{kind}.{organization}.{domain}>")))
            .text_body(mail.text.as_str())
            .html_body(mail.html.as_str())
            .serialize(&mut wire);
        wire
    }
}

fn judge(error: &SdkError<SendRawEmailError>) -> SendError {
    let Some(service) = error.as_service_error() else {
        let reason = if matches!(error, SdkError::TimeoutError(_)) { "timed out" } else { "not reached" };
        return SendError::Later(reason.to_owned());
    };
    let code = service.code().unwrap_or("unknown error").to_owned();
    match code.as_str() {
        // SES says it of the sender; in its sandbox of a recipient, too, until somebody has it let out
        "MessageRejected" if service.message().is_some_and(|message| message.contains(NOT_VERIFIED)) => {
            SendError::Sender(format!("{code}: {NOT_VERIFIED}"))
        }
        "MessageRejected" | "InvalidParameterValue" => SendError::Refused(code),
        "MailFromDomainNotVerified"
        | "MailFromDomainNotVerifiedException"
        | "AccountSendingPaused"
        | "AccountSendingPausedException"
        | "AccessDenied" => SendError::Sender(code),
        _ => SendError::Later(code),
    }
}
