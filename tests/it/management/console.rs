//! The console's files and headers; tests/browser covers its behaviour.

use std::io::Read as _;

use flate2::read::GzDecoder;
use reqwest::{Method, StatusCode, header};
use shared::http::Issuer;

use crate::support::answer::send;
use crate::support::app::App;

const KINDS: [(&str, &str); 2] = [("js", "text/javascript; charset=utf-8"), ("css", "text/css; charset=utf-8")];

/// What kind of file a path leads to, where it is one of the console.
fn kind(path: &str) -> Option<&'static str> {
    let (_, extension) = path.split_once("/console/")?.1.rsplit_once('.')?;
    KINDS.into_iter().find(|(known, _)| *known == extension).map(|(_, kind)| kind)
}

/// The paths of the files that a page loads.
fn files(page: &str) -> Vec<&str> {
    page.split('"').filter(|text| kind(text).is_some()).collect()
}

#[tokio::test]
async fn the_page_says_where_it_is_and_loads_nothing_but_its_own_files() {
    let app = App::with(|configuration| {
        configuration.issuer = Issuer::parse(&format!("{}/realms/partner", configuration.issuer.as_str())).unwrap();
    })
    .await;
    let (page, entrance) = (app.get("/console/").await, app.get("/console").await);
    assert_eq!((page.status.as_u16(), page.header("content-type")), (200, "text/html; charset=utf-8"));
    assert_eq!(page.text, entrance.text, "with or without the slash");
    assert!(page.text.contains(&format!("content=\"{}\"", app.base)) && page.text.contains("content=\"wallet\""));
    assert!(!page.text.contains('@'), "every mark is replaced");
    let loaded = files(&page.text);
    assert!(loaded.len() >= 4, "{loaded:?}");
    for path in loaded {
        assert!(path.starts_with("/realms/partner/console/"), "{path}");
        let file = send(app.http.get(format!("{}{path}", app.origin))).await;
        assert_eq!((file.status.as_u16(), file.header("content-type")), (200, kind(path).unwrap()), "{path}");
        assert_eq!(file.header("cache-control"), "public, max-age=31536000, immutable", "{path}");
    }
}

#[tokio::test]
async fn the_policy_of_the_page_lets_nothing_in_from_elsewhere_and_nothing_inline() {
    let app = App::start().await;
    let page = app.get("/console/").await;
    let policy = page.header("content-security-policy").to_owned();
    for needed in ["default-src 'none'", "script-src 'self'", "frame-ancestors 'none'", "trusted-types 'none'"] {
        assert!(policy.split(';').any(|part| part.trim() == needed), "{needed} in {policy}");
    }
    for forbidden in ["unsafe-", "http:", "https:", "*", "blob:"] {
        assert!(!policy.contains(forbidden), "{forbidden} in {policy}");
    }
    assert_eq!(page.header("x-content-type-options"), "nosniff");
    assert_eq!(page.header("cross-origin-opener-policy"), "same-origin");
}

#[tokio::test]
async fn a_page_that_is_known_is_not_sent_again_and_files_of_another_version_are_not_there() {
    let app = App::start().await;
    let page = app.get("/console/").await;
    let tag = page.header("etag").to_owned();
    let known = send(app.request(Method::GET, "/console/").header(header::IF_NONE_MATCH, &tag)).await;
    assert_eq!((known.status, known.text.as_str()), (StatusCode::NOT_MODIFIED, ""));
    assert_eq!((known.header("etag"), known.header("cache-control")), (tag.as_str(), "no-cache"));
    let other = send(app.request(Method::GET, "/console/").header(header::IF_NONE_MATCH, "\"other\"")).await;
    assert_eq!(other.text, page.text);
    let script = files(&page.text).into_iter().find(|path| path.ends_with("/app.js")).unwrap();
    let version = script.split('/').rev().nth(1).unwrap();
    for missing in [
        script.replace(version, "0000000000000000"),
        script.replace("app.js", "nothing.js"),
        script.replace("app.js", "index.html"),
        script.replace("app.js", "..%2F..%2FCargo.toml"),
    ] {
        assert_eq!(app.get(&missing).await.status, 404, "{missing}");
    }
}

#[tokio::test]
async fn a_file_is_compressed_for_clients_that_accept_it() {
    let app = App::start().await;
    let page = app.get("/console/").await;
    let script = files(&page.text).into_iter().find(|path| path.ends_with("/app.js")).unwrap();
    let plain = app.get(script).await;
    assert!(!plain.headers.contains_key(header::CONTENT_ENCODING));
    let asked = app.request(Method::GET, script).header(header::ACCEPT_ENCODING, "br, gzip");
    let answer = asked.send().await.unwrap();
    assert_eq!(
        (&answer.headers()["content-encoding"], &answer.headers()["vary"]),
        (&"gzip".parse().unwrap(), &"Accept-Encoding".parse().unwrap())
    );
    let bytes = answer.bytes().await.unwrap();
    assert!(bytes.len() * 2 < plain.text.len());
    let mut text = String::new();
    GzDecoder::new(bytes.as_ref()).read_to_string(&mut text).unwrap();
    assert_eq!(text, plain.text);
}
