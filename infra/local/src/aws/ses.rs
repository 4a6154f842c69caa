//! A local SES, version 1: `SendEmail` and `SendRawEmail` over its form-encoded protocol, into a
//! [`Mailbox`].

use std::collections::HashMap;

use axum::{
    Router,
    body::Bytes,
    extract::{DefaultBodyLimit, State},
    http::{StatusCode, header::CONTENT_TYPE},
    response::{IntoResponse, Response},
};
use base64::{Engine, prelude::BASE64_STANDARD};
use mail_parser::{Addr, Address, Message, MessageParser, PartType};
use shared::text::escaped;

use super::mailbox::{Mailbox, Outgoing};

/// SES takes mail of up to 10 MB through these operations; base64 in a form is that and a half.
const MAX_REQUEST_BYTES: usize = 15 * 1024 * 1024;

#[derive(Debug, thiserror::Error)]
enum SesError {
    #[error("the local SES does not offer {0}")]
    UnknownAction(String),
    #[error("{0} is missing")]
    Missing(&'static str),
    #[error("the raw message is not understood")]
    UnreadableMessage,
    #[error("Maximum sending rate exceeded.")]
    Throttled,
    #[error("Address blacklisted.")]
    Rejected,
    #[error("Email address is not verified. The following identities failed the check in region US-EAST-1: {0}")]
    NotVerified(String),
}

impl SesError {
    fn code(&self) -> &'static str {
        match self {
            Self::UnknownAction(_) => "InvalidAction",
            Self::Missing(_) | Self::UnreadableMessage => "InvalidParameterValue",
            Self::Throttled => "Throttling",
            Self::Rejected | Self::NotVerified(_) => "MessageRejected",
        }
    }
}

/// The endpoint that delivers to the given mailbox.
pub(super) fn router(mailbox: Mailbox) -> Router {
    Router::new().fallback(answer).layer(DefaultBodyLimit::max(MAX_REQUEST_BYTES)).with_state(mailbox)
}

async fn answer(State(mailbox): State<Mailbox>, body: Bytes) -> Response {
    let form = Form::parse(&body);
    let action = form.value("Action").unwrap_or("a request without an Action");
    let sent = match action {
        "SendEmail" => composed(&form),
        "SendRawEmail" => raw(&form),
        other => Err(SesError::UnknownAction(other.to_owned())),
    };
    let sent = match sent {
        Ok(_) if mailbox.takes_failure() => Err(SesError::Throttled),
        Ok(outgoing) if !mailbox.knows_sender() => Err(SesError::NotVerified(outgoing.from)),
        Ok(outgoing) if mailbox.refuses(&outgoing.to) => Err(SesError::Rejected),
        sent => sent,
    };
    match sent {
        Ok(outgoing) => accepted(action, &mailbox.accept(outgoing)),
        Err(error) => refused(&error),
    }
}

/// The mail of a `SendEmail` request.
fn composed(form: &Form) -> Result<Outgoing, SesError> {
    let html = form.value("Message.Body.Html.Data").map(str::to_owned);
    let text = form.value("Message.Body.Text.Data").map(str::to_owned);
    if html.is_none() && text.is_none() {
        return Err(SesError::Missing("Message.Body"));
    }
    let recipients = ["Destination.ToAddresses", "Destination.CcAddresses", "Destination.BccAddresses"];
    let to = recipients.iter().flat_map(|list| form.list(list)).collect();
    Ok(Outgoing {
        from: form.value("Source").ok_or(SesError::Missing("Source"))?.to_owned(),
        to: at_least_one(to)?,
        subject: form.value("Message.Subject.Data").ok_or(SesError::Missing("Message.Subject"))?.to_owned(),
        html,
        text,
        headers: Vec::new(),
    })
}

/// The mail of a `SendRawEmail` request. Its sender is the one a reader sees; its recipients are
/// those of the request, and those in the header only where the request has none.
fn raw(form: &Form) -> Result<Outgoing, SesError> {
    let data = form.value("RawMessage.Data").ok_or(SesError::Missing("RawMessage.Data"))?;
    let data = BASE64_STANDARD.decode(data).map_err(|_| SesError::UnreadableMessage)?;
    let message = MessageParser::default().parse(&data).ok_or(SesError::UnreadableMessage)?;
    let from = message.from().and_then(Address::first).and_then(displayed);
    let mut to: Vec<String> = form.list("Destinations").collect();
    if to.is_empty() {
        let lists = [message.to(), message.cc(), message.bcc()];
        to = lists.into_iter().flatten().flat_map(Address::iter).filter_map(Addr::address).map(str::to_owned).collect();
    }
    Ok(Outgoing {
        from: from.or_else(|| form.value("Source").map(str::to_owned)).ok_or(SesError::Missing("From"))?,
        to: at_least_one(to)?,
        subject: message.subject().unwrap_or_default().to_owned(),
        html: html_of(&message),
        text: text_of(&message),
        headers: message.headers_raw().map(|(name, value)| (name.to_owned(), value.trim().to_owned())).collect(),
    })
}

fn displayed(address: &Addr<'_>) -> Option<String> {
    let mailbox = address.address()?;
    Some(address.name().map_or_else(|| mailbox.to_owned(), |name| format!("{name} <{mailbox}>")))
}

// Not `Message::body_html` and `body_text`: they make the one from the other where it is missing.
fn html_of(message: &Message<'_>) -> Option<String> {
    message.html_bodies().find_map(|part| match &part.body {
        PartType::Html(html) => Some(html.clone().into_owned()),
        _ => None,
    })
}

fn text_of(message: &Message<'_>) -> Option<String> {
    message.text_bodies().find_map(|part| match &part.body {
        PartType::Text(text) => Some(text.clone().into_owned()),
        _ => None,
    })
}

fn at_least_one(recipients: Vec<String>) -> Result<Vec<String>, SesError> {
    if recipients.is_empty() { Err(SesError::Missing("Destination")) } else { Ok(recipients) }
}

fn accepted(action: &str, id: &str) -> Response {
    let body = format!(
        "<{action}Response xmlns=\"http://ses.amazonaws.com/doc/2010-12-01/\">\
         <{action}Result><MessageId>{id}</MessageId></{action}Result>\
         <ResponseMetadata><RequestId>{id}</RequestId></ResponseMetadata></{action}Response>"
    );
    xml(StatusCode::OK, body)
}

fn refused(error: &SesError) -> Response {
    if matches!(error, SesError::UnknownAction(_)) {
        tracing::error!(%error, "the local SES refused a request");
    }
    let code = error.code();
    let message = escaped(&error.to_string());
    let body = format!(
        "<ErrorResponse xmlns=\"http://ses.amazonaws.com/doc/2010-12-01/\">\
         <Error><Type>Sender</Type><Code>{code}</Code><Message>{message}</Message></Error>\
         <RequestId>local</RequestId></ErrorResponse>"
    );
    xml(StatusCode::BAD_REQUEST, body)
}

fn xml(status: StatusCode, body: String) -> Response {
    (status, [(CONTENT_TYPE, "text/xml")], body).into_response()
}

/// The fields of a request.
struct Form(HashMap<String, String>);

impl Form {
    fn parse(body: &[u8]) -> Self {
        Self(form_urlencoded::parse(body).into_owned().collect())
    }

    fn value(&self, name: &str) -> Option<&str> {
        self.0.get(name).map(String::as_str)
    }

    /// The members of a list, which the protocol numbers from 1.
    fn list(&self, name: &str) -> impl Iterator<Item = String> {
        (1..).map_while(move |number| self.0.get(&format!("{name}.member.{number}")).cloned())
    }
}
