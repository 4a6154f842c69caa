//! The mailbox in a browser: sent mail, for the user of this machine.
//!
//! Mail may contain a link that signs its reader in. The pages are served only if everything indicates that the reader
//! is on this machine; otherwise they do not exist.

use std::fmt::Write as _;
use std::sync::Arc;

use axum::Router;
use axum::extract::{Path, Request, State};
use axum::middleware::{self, Next};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use http::header::{
    CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE, HOST, REFERRER_POLICY, X_CONTENT_TYPE_OPTIONS,
};
use http::{HeaderMap, StatusCode};
use shared::domain::time::whole_seconds;
use shared::http::{Issuer, Source};
use shared::text::escaped;

use crate::aws::mailbox::{Mailbox, SentMail};

/// The path below the issuer.
pub const PATH: &str = "/mailbox";

/// Content security policy of our pages: they may style themselves and frame a mail.
const PAGE_POLICY: &str =
    "default-src 'none'; style-src 'unsafe-inline'; frame-src 'self'; base-uri 'none'; form-action 'none'";
/// Content security policy of the HTML of a mail: it may style itself and open its links in a new tab.
const MAIL_POLICY: &str = "sandbox allow-popups allow-popups-to-escape-sandbox; default-src 'none'; \
                           style-src 'unsafe-inline'; img-src data:; base-uri 'none'; form-action 'none'; \
                           frame-ancestors 'self'";

const STYLE: &str = "body{font:15px/1.5 system-ui,sans-serif;margin:0 auto;padding:16px;max-width:860px;\
                     overflow-wrap:anywhere;color:#1b1f24;background:#fff}a{color:#0b57d0}\
                     li{margin:12px 0}ol{padding-left:0;list-style:none}.quiet{color:#5c6470}\
                     iframe{width:100%;height:60vh;border:1px solid #d5d9e0;border-radius:8px}\
                     pre{white-space:pre-wrap;background:#f4f5f7;padding:12px;border-radius:8px}";

struct Pages {
    path: String,
    mailbox: Mailbox,
}

/// The pages, below the issuer's path.
pub fn router(issuer: &Issuer, mailbox: Mailbox) -> Router {
    let path = format!("{}{PATH}", issuer.path());
    let served_on = Arc::new(issuer.origin().to_owned());
    Router::new()
        .route(&path, get(list))
        .route(&format!("{path}/{{id}}"), get(single))
        .route(&format!("{path}/{{id}}/html"), get(html))
        .with_state(Arc::new(Pages { path, mailbox }))
        .route_layer(middleware::from_fn(move |request: Request, next: Next| {
            let served_on = Arc::clone(&served_on);
            async move { if is_local(&served_on, &request) { next.run(request).await } else { nothing() } }
        }))
}

/// Checks that the request was made on this machine: to a loopback origin, from a loopback address, and under that
/// origin's own name, since any web page can point another name here.
fn is_local(origin: &str, request: &Request) -> bool {
    let Some(authority) = origin.strip_prefix("http://") else { return false };
    let named = request.headers().get(HOST).is_some_and(|host| host.as_bytes() == authority.as_bytes());
    named && request.extensions().get::<Source>().is_some_and(|source| source.0.to_canonical().is_loopback())
}

async fn list(State(pages): State<Arc<Pages>>) -> Response {
    let mut items = String::new();
    for mail in pages.mailbox.mails().iter().rev() {
        let _ = writeln!(
            items,
            "<li><a href=\"{}/{}\">{}</a><br><span class=\"quiet\">{} to {}</span></li>",
            pages.path,
            escaped(&mail.id),
            escaped(subject(mail)),
            whole_seconds(mail.sent_at),
            escaped(&mail.to.join(", ")),
        );
    }
    let empty = if items.is_empty() { "<p>No mail was sent yet.</p>" } else { "" };
    page("Mailbox", &format!("<h1>Mailbox</h1>\n{empty}<ol>\n{items}</ol>"))
}

async fn single(State(pages): State<Arc<Pages>>, Path(id): Path<String>) -> Response {
    let Some(mail) = pages.mailbox.mail(&id) else { return nothing() };
    let headers: Vec<String> = mail.headers.iter().map(|(name, value)| format!("{name}: {value}")).collect();
    let framed = format!(
        "<iframe title=\"The mail as HTML\" sandbox=\"allow-popups allow-popups-to-escape-sandbox\" \
         src=\"{}/{}/html\"></iframe>",
        pages.path,
        escaped(&mail.id),
    );
    let body = format!(
        "<p><a href=\"{}\">Mailbox</a></p>\n<h1>{}</h1>\n<p class=\"quiet\">{}<br>from {}<br>to {}</p>\n\
         {}\n<h2>Text</h2>\n<pre>{}</pre>\n<h2>Header</h2>\n<pre>{}</pre>",
        pages.path,
        escaped(subject(&mail)),
        whole_seconds(mail.sent_at),
        escaped(&mail.from),
        escaped(&mail.to.join(", ")),
        if mail.html.is_some() { framed.as_str() } else { "" },
        escaped(mail.text.as_deref().unwrap_or_default()),
        escaped(&headers.join("\n")),
    );
    page(subject(&mail), &body)
}

async fn html(State(pages): State<Arc<Pages>>, Path(id): Path<String>) -> Response {
    match pages.mailbox.mail(&id).and_then(|mail| mail.html) {
        Some(html) => answer(MAIL_POLICY, html),
        None => nothing(),
    }
}

fn subject(mail: &SentMail) -> &str {
    if mail.subject.is_empty() { "(no subject)" } else { &mail.subject }
}

fn page(title: &str, body: &str) -> Response {
    let html = format!(
        "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n<title>{}</title>\n\
         <style>{STYLE}</style>\n</head>\n<body>\n{body}\n</body>\n</html>\n",
        escaped(title),
    );
    answer(PAGE_POLICY, html)
}

fn answer(policy: &'static str, html: String) -> Response {
    let headers = [
        (CONTENT_TYPE, "text/html; charset=utf-8"),
        (CONTENT_SECURITY_POLICY, policy),
        (CACHE_CONTROL, "no-store"),
        (REFERRER_POLICY, "no-referrer"),
        (X_CONTENT_TYPE_OPTIONS, "nosniff"),
    ];
    let headers: HeaderMap =
        headers.into_iter().map(|(name, value)| (name, http::HeaderValue::from_static(value))).collect();
    (headers, html).into_response()
}

fn nothing() -> Response {
    StatusCode::NOT_FOUND.into_response()
}
