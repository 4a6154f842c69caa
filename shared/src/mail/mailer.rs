//! Sending mail through SES: the MIME message, and the outcome.

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

/// The time that sending a mail may take, every pause and attempt included.
pub const SEND_TIMEOUT: Duration = Duration::from_secs(30);

/// The attempts to send one mail. The pauses in between grow to a total of about fifteen seconds.
const ATTEMPTS: u32 = 5;
/// The time that one attempt may take.
const ATTEMPT_TIMEOUT: Duration = Duration::from_secs(5);

/// Part of the message of a `MessageRejected` that is about the sender and not about this mail.
const NOT_VERIFIED: &str = "not verified";

/// The display name of the sender.
const SENDER_NAME: &str = "Countersign";

/// Sends mail, through SES.
#[derive(Debug, Clone)]
pub struct Mailer {
    ses: aws_sdk_ses::Client,
    from: Email,
}

/// A mail that was not sent. It holds the error code, or how far the call came; never the SDK's own text, which may quote
/// the mail.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SendError {
    /// This mail to this recipient is refused, however often it is tried.
    #[error("the mail was refused: {0}")]
    Refused(String),
    /// No mail from this sender is accepted until an operator fixes that.
    #[error("no mail from the sender is accepted: {0}")]
    Sender(String),
    /// The same mail may be accepted later.
    #[error("the mail was not accepted: {0}")]
    Later(String),
}

impl Mailer {
    /// Sends mail that somebody waits for, within the limits of [`crate::aws::config`].
    #[must_use]
    pub fn prompt(aws: &SdkConfig, from: Email) -> Self {
        Self::ses(aws_sdk_ses::Client::new(aws), from)
    }

    /// Sends mail that nobody waits for, and is patient with throttling.
    #[must_use]
    pub fn patient(aws: &SdkConfig, from: Email) -> Self {
        let timeouts = TimeoutConfig::builder().operation_attempt_timeout(ATTEMPT_TIMEOUT);
        let config = aws_sdk_ses::config::Builder::from(aws)
            .retry_config(RetryConfig::standard().with_max_attempts(ATTEMPTS))
            .timeout_config(timeouts.operation_timeout(SEND_TIMEOUT).build());
        Self::ses(aws_sdk_ses::Client::from_conf(config.build()), from)
    }

    /// Sends mail with this SES client. SES may send for the address.
    #[must_use]
    pub fn ses(ses: aws_sdk_ses::Client, from: Email) -> Self {
        Self { ses, from }
    }

    /// Sends a mail, dated `now`, and returns its message id. Throttling and passing failures are retried with growing
    /// pauses, up to [`SEND_TIMEOUT`] in all.
    ///
    /// # Errors
    ///
    /// The mail was not accepted; the variants say whether another attempt may help.
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

    /// Writes the mail as a MIME message (RFC 5322, RFC 2045).
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
            // RFC 3834 section 5: no automatic replies
            .header("Auto-Submitted", Raw::new("auto-generated"))
            // RFC 2919: a reader's filter sorts by it
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
        // about the sender; in the SES sandbox about a recipient, too
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
