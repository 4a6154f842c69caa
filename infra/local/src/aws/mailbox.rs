//! The mail that the local SES accepted, for tests and for a page to read.

use std::{
    collections::{BTreeSet, VecDeque},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use jiff::Timestamp;
use serde::Serialize;

use super::account::Now;

/// Maximum number of mails kept; the oldest are dropped first.
pub const CAPACITY: usize = 1000;

/// One mail as it was sent. It may contain a link that signs its reader in, and therefore has no `Debug`.
#[derive(Clone, PartialEq, Eq, Serialize)]
pub struct SentMail {
    /// The message id that SES answered with.
    pub id: String,
    /// When SES accepted it.
    pub sent_at: Timestamp,
    /// The sender.
    pub from: String,
    /// Everyone who gets it, copies included.
    pub to: Vec<String>,
    /// The subject line, decoded.
    pub subject: String,
    /// The HTML body.
    pub html: Option<String>,
    /// The plain text body.
    pub text: Option<String>,
    /// The header fields as they stood in a raw mail, top to bottom; none where SES composed the
    /// mail.
    pub headers: Vec<(String, String)>,
}

/// Mail as given by the sender; id and time are added on acceptance.
pub(super) struct Outgoing {
    pub(super) from: String,
    pub(super) to: Vec<String>,
    pub(super) subject: String,
    pub(super) html: Option<String>,
    pub(super) text: Option<String>,
    pub(super) headers: Vec<(String, String)>,
}

/// A handle to the mail that was sent; clones share it.
#[derive(Clone)]
pub struct Mailbox {
    now: Now,
    inner: Arc<Mutex<Inner>>,
}

#[derive(Default)]
struct Inner {
    mails: VecDeque<SentMail>,
    accepted: u64,
    failures_left: u32,
    fails_every: Option<u64>,
    requests: u64,
    refused: BTreeSet<String>,
    sender_unverified: bool,
}

impl Mailbox {
    pub(super) fn new(now: Now) -> Self {
        Self { now, inner: Arc::default() }
    }

    /// All mail, newest last.
    #[must_use]
    pub fn mails(&self) -> Vec<SentMail> {
        self.lock().mails.iter().cloned().collect()
    }

    /// The mail with this id, while it is kept.
    #[must_use]
    pub fn mail(&self, id: &str) -> Option<SentMail> {
        self.lock().mails.iter().find(|mail| mail.id == id).cloned()
    }

    /// The newest mail to this address.
    #[must_use]
    pub fn newest_to(&self, address: &str) -> Option<SentMail> {
        self.lock().mails.iter().rev().find(|mail| mail.to.iter().any(|to| to == address)).cloned()
    }

    /// Makes the next requests to send end in SES's `Throttling` error. The SDK tries each send
    /// three times, so three failures make one send fail, and fewer are not noticed.
    pub fn fail_next(&self, requests: u32) {
        self.lock().failures_left = requests;
    }

    /// Makes every `n`th request to send end in SES's `Throttling` error; none ends that.
    pub fn fail_every(&self, n: Option<u64>) {
        self.lock().fails_every = n;
    }

    /// Makes SES refuse mail to this address, as `MessageRejected`.
    pub fn refuse(&self, address: &str) {
        self.lock().refused.insert(address.to_owned());
    }

    /// Sets whether SES has verified the sender. Until it has, all mail ends in `MessageRejected`.
    pub fn verify_sender(&self, verified: bool) {
        self.lock().sender_unverified = !verified;
    }

    pub(super) fn knows_sender(&self) -> bool {
        !self.lock().sender_unverified
    }

    pub(super) fn takes_failure(&self) -> bool {
        let mut inner = self.lock();
        inner.requests += 1;
        let fails = inner.failures_left > 0 || inner.fails_every.is_some_and(|n| inner.requests.is_multiple_of(n));
        inner.failures_left = inner.failures_left.saturating_sub(1);
        fails
    }

    pub(super) fn refuses(&self, addresses: &[String]) -> bool {
        let inner = self.lock();
        addresses.iter().any(|address| inner.refused.contains(address))
    }

    /// Accepts a mail and gives it its id.
    pub(super) fn accept(&self, outgoing: Outgoing) -> String {
        let sent_at = (self.now)();
        let mut inner = self.lock();
        inner.accepted += 1;
        let id = format!("{:016x}-{}", sent_at.as_millisecond(), inner.accepted);
        let Outgoing { from, to, subject, html, text, headers } = outgoing;
        if inner.mails.len() == CAPACITY {
            inner.mails.pop_front();
        }
        inner.mails.push_back(SentMail { id: id.clone(), sent_at, from, to, subject, html, text, headers });
        id
    }

    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
