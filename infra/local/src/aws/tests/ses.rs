use aws_sdk_ses::{
    Client,
    error::ProvideErrorMetadata,
    primitives::Blob,
    types::{Body, Content, Destination, Message, RawMessage},
};

use super::{START, code, in_memory, owned};
use crate::aws::mailbox::CAPACITY;

fn content(text: &str) -> Content {
    Content::builder().data(text).build().unwrap()
}

/// Sends a mail and answers with its id or the error code.
async fn send(ses: &Client, to: &str) -> Result<String, String> {
    let body = Body::builder().text(content("Grüße & <mehr>")).html(content("<p>Grüße</p>"));
    let message = Message::builder().subject(content("Secret expires + soon")).body(body.build());
    let sent = ses
        .send_email()
        .source("Countersign <no-reply@example.com>")
        .destination(Destination::builder().to_addresses(to).cc_addresses("copy@example.com").build())
        .message(message.build())
        .send()
        .await;
    sent.map(|sent| sent.message_id().to_owned()).map_err(|error| code(&error))
}

#[tokio::test]
async fn a_sent_mail_lies_in_the_mailbox() {
    let aws = in_memory();
    let id = send(&aws.ses(), "alice@example.com").await.unwrap();

    let mail = aws.mailbox().newest_to("alice@example.com").unwrap();
    assert_eq!(mail.id, id);
    assert_eq!(mail.sent_at.as_second(), START);
    assert_eq!(mail.from, "Countersign <no-reply@example.com>");
    assert_eq!(mail.to, ["alice@example.com", "copy@example.com"]);
    assert_eq!(mail.subject, "Secret expires + soon");
    assert_eq!(mail.text.as_deref(), Some("Grüße & <mehr>"));
    assert_eq!(mail.html.as_deref(), Some("<p>Grüße</p>"));
    assert!(mail.headers.is_empty());
    assert!(aws.mailbox().mail(&id).is_some_and(|found| found == mail));
    assert!(aws.mailbox().newest_to("bob@example.com").is_none());
}

const RAW: &str = "From: =?utf-8?q?Z=C3=BCrich?= <no-reply@example.com>\r\n\
    To: Alice <alice@example.com>, bob@example.com\r\n\
    Subject: =?utf-8?q?Gr=C3=BC=C3=9Fe?=\r\n\
    X-Entity-Ref-ID: 42\r\n\
    MIME-Version: 1.0\r\n\
    Content-Type: multipart/alternative; boundary=\"b\"\r\n\
    \r\n\
    --b\r\n\
    Content-Type: text/plain; charset=utf-8\r\n\
    Content-Transfer-Encoding: quoted-printable\r\n\
    \r\n\
    Gr=C3=BC=C3=9Fe\r\n\
    --b\r\n\
    Content-Type: text/html; charset=utf-8\r\n\
    Content-Transfer-Encoding: base64\r\n\
    \r\n\
    PHA+SGVsbG88L3A+\r\n\
    --b--\r\n";

async fn send_raw(ses: &Client, raw: &str, destinations: Option<Vec<String>>) -> Result<String, String> {
    let message = RawMessage::builder().data(Blob::new(raw)).build().unwrap();
    let sent = ses.send_raw_email().set_destinations(destinations).raw_message(message).send().await;
    sent.map(|sent| sent.message_id().to_owned()).map_err(|error| code(&error))
}

#[tokio::test]
async fn a_raw_mail_is_taken_apart() {
    let aws = in_memory();
    let id = send_raw(&aws.ses(), RAW, None).await.unwrap();

    let mail = aws.mailbox().mail(&id).unwrap();
    assert_eq!(mail.from, "Zürich <no-reply@example.com>");
    assert_eq!(mail.to, ["alice@example.com", "bob@example.com"]);
    assert_eq!(mail.subject, "Grüße");
    assert_eq!(mail.text.as_deref(), Some("Grüße"));
    assert_eq!(mail.html.as_deref(), Some("<p>Hello</p>"));
    assert!(mail.headers.contains(&(owned("X-Entity-Ref-ID"), owned("42"))));
    assert_eq!(mail.headers.first().unwrap().1, "=?utf-8?q?Z=C3=BCrich?= <no-reply@example.com>");
}

#[tokio::test]
async fn a_raw_mail_goes_to_the_destinations_of_the_request_and_no_body_is_invented() {
    let aws = in_memory();
    let plain = "From: no-reply@example.com\r\nTo: alice@example.com\r\n\r\nHello\r\n";
    send_raw(&aws.ses(), plain, Some(vec![owned("carol@example.com")])).await.unwrap();

    let mail = aws.mailbox().newest_to("carol@example.com").unwrap();
    assert_eq!(mail.to, ["carol@example.com"]);
    assert_eq!(mail.subject, "");
    assert_eq!(mail.text.as_deref().map(str::trim), Some("Hello"));
    assert_eq!(mail.html, None);
}

#[tokio::test]
async fn mail_without_recipient_or_sender_is_refused() {
    let aws = in_memory();
    let no_recipient = send_raw(&aws.ses(), "From: a@example.com\r\n\r\nHello", None).await;
    assert_eq!(no_recipient, Err(owned("InvalidParameterValue")));
    let no_sender = send_raw(&aws.ses(), "To: a@example.com\r\n\r\nHello", None).await;
    assert_eq!(no_sender, Err(owned("InvalidParameterValue")));
    assert!(aws.mailbox().mails().is_empty());
}

#[tokio::test]
async fn a_refused_recipient_and_an_unverified_sender_are_told_apart_by_the_message() {
    let aws = in_memory();
    let ses = aws.ses();
    let sent = ses.send_raw_email().raw_message(RawMessage::builder().data(Blob::new(RAW)).build().unwrap());
    let refusal = async || {
        let error = sent.clone().send().await.unwrap_err();
        assert_eq!(code(&error), "MessageRejected");
        error.as_service_error().and_then(ProvideErrorMetadata::message).unwrap().to_owned()
    };
    aws.mailbox().refuse("bob@example.com");
    assert_eq!(refusal().await, "Address blacklisted.");
    aws.mailbox().verify_sender(false);
    assert!(refusal().await.starts_with("Email address is not verified."));
}

#[tokio::test]
async fn an_unknown_ses_action_is_refused_by_name() {
    let aws = in_memory();
    let error = aws.ses().get_send_quota().send().await.unwrap_err();
    assert_eq!(code(&error), "InvalidAction");
    let message = error.as_service_error().and_then(ProvideErrorMetadata::message).unwrap();
    assert_eq!(message, "the local SES does not offer GetSendQuota");
}

#[tokio::test]
async fn throttling_fails_a_send_once_the_attempts_of_the_sdk_are_used_up() {
    let aws = in_memory();
    aws.mailbox().fail_next(3);
    assert_eq!(send(&aws.ses(), "alice@example.com").await, Err(owned("Throttling")));
    assert!(aws.mailbox().mails().is_empty());

    aws.mailbox().fail_next(2);
    assert!(send(&aws.ses(), "alice@example.com").await.is_ok());
    assert_eq!(aws.mailbox().mails().len(), 1);
}

#[tokio::test]
async fn the_mailbox_keeps_the_newest_thousand() {
    let aws = in_memory();
    let ses = aws.ses();
    let first = send(&ses, "alice@example.com").await.unwrap();
    let second = send(&ses, "alice@example.com").await.unwrap();
    for _ in 2..=CAPACITY {
        send(&ses, "alice@example.com").await.unwrap();
    }

    let mails = aws.mailbox().mails();
    assert_eq!(mails.len(), CAPACITY);
    assert!(aws.mailbox().mail(&first).is_none());
    assert_eq!(mails.first().unwrap().id, second);
    assert!(mails.is_sorted_by_key(|mail| mail.sent_at));
}
