//! `GET /console/`: the browser console, static files that are built in.
//!
//! The files live under a path that names their content, so that a browser keeps them for good and one page never mixes
//! two versions; the page itself is asked for each time. A debug build reads the files from the source tree at each
//! request, so that a change shows on reload.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::io::Write as _;
use std::sync::{Arc, LazyLock, OnceLock};

use aws_lc_rs::digest::{Context, SHA256, digest};
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use flate2::Compression;
use flate2::write::GzEncoder;
use http::{HeaderMap, HeaderValue, StatusCode, header};

use crate::app::Management;
use crate::app::error::ApiError;
use crate::http::path::PathId;

/// Content security policy of the console: it can run our scripts, apply our stylesheet, and connect to this
/// deployment.
///
/// Images may be `data:`, for the QR code of an enrolment and the icon. No script may turn text into markup: there is no
/// policy of Trusted Types that could.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; \
                      connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; \
                      require-trusted-types-for 'script'; trusted-types 'none'";
const PERMISSIONS: &str = "camera=(), microphone=(), geolocation=(), payment=(), usb=(), clipboard-write=(self)";

/// `Cache-Control` of content that browsers revalidate each time; the entity tag makes that cheap.
const ASKED_AGAIN: &str = "no-cache";
/// `Cache-Control` of files that never change under their path.
const KEPT: &str = "public, max-age=31536000, immutable";

/// Placeholder in the page for the path of the files.
const FILES_MARK: &str = "@files@";
const ISSUER_MARK: &str = "@issuer@";
const PREFIX_MARK: &str = "@client_id_prefix@";

/// Number of characters of the digest that identify a version.
const VERSION_CHARACTERS: usize = 16;

macro_rules! embedded {
    ($($name:literal),+ $(,)?) => {
        [$(($name, include_bytes!(concat!("../console/", $name)).as_slice())),+]
    };
}

/// Every file of the console but its page.
static EMBEDDED: [(&str, &[u8]); 28] = embedded![
    "account.js",
    "administrators.js",
    "api.js",
    "app.js",
    "audit.js",
    "client.js",
    "client_form.js",
    "clients.js",
    "components.js",
    "dialog.js",
    "fields.js",
    "frame.js",
    "hooks.js",
    "invitation.js",
    "navigation.js",
    "organizations.js",
    "preact.js",
    "request.js",
    "requests.js",
    "resources.js",
    "screens.js",
    "secrets.js",
    "settings.js",
    "sign_in.js",
    "style.css",
    "table.js",
    "time.js",
    "words.js",
];

const PAGE: &str = include_str!("../console/index.html");

static BUILT_IN: LazyLock<Arc<Console>> = LazyLock::new(|| {
    let files = EMBEDDED.iter().map(|(name, content)| (*name, File::new(name, Bytes::from_static(content))));
    Arc::new(Console::new(Cow::Borrowed(PAGE), files.collect()))
});

/// The console in one version.
struct Console {
    page: Cow<'static, str>,
    version: String,
    files: BTreeMap<&'static str, File>,
}

struct File {
    media_type: &'static str,
    plain: Bytes,
    compressed: OnceLock<Bytes>,
}

impl Console {
    fn new(page: Cow<'static, str>, files: BTreeMap<&'static str, File>) -> Self {
        let mut context = Context::new(&SHA256);
        for (name, file) in &files {
            context.update(name.as_bytes());
            context.update(&[0]);
            context.update(&file.plain);
        }
        let mut version = hex::encode(context.finish());
        version.truncate(VERSION_CHARACTERS);
        Self { page, version, files }
    }

    /// Returns the console to serve.
    #[cfg(not(debug_assertions))]
    fn current() -> Arc<Self> {
        Arc::clone(&BUILT_IN)
    }

    /// Returns the console to serve, read from the source tree if that exists.
    #[cfg(debug_assertions)]
    fn current() -> Arc<Self> {
        let folder = std::path::Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/console"));
        let page = std::fs::read_to_string(folder.join("index.html"));
        let read = |name: &'static str| {
            let content = std::fs::read(folder.join(name)).ok()?;
            Some((name, File::new(name, content.into())))
        };
        let files: Option<BTreeMap<_, _>> = EMBEDDED.iter().map(|(name, _)| read(name)).collect();
        match (page, files) {
            (Ok(page), Some(files)) => Arc::new(Self::new(Cow::Owned(page), files)),
            _ => Arc::clone(&BUILT_IN),
        }
    }

    /// Renders the page for this deployment.
    fn render(&self, app: &Management) -> String {
        let files = format!("{}/console/{}/", app.issuer.path(), self.version);
        self.page
            .replace(FILES_MARK, &files)
            .replace(ISSUER_MARK, app.issuer.as_str())
            .replace(PREFIX_MARK, app.client_id_prefix.as_str())
    }
}

impl File {
    fn new(name: &str, plain: Bytes) -> Self {
        let media_type = match name.rsplit_once('.').map(|(_, extension)| extension) {
            Some("js") => "text/javascript; charset=utf-8",
            Some("css") => "text/css; charset=utf-8",
            _ => "application/octet-stream",
        };
        Self { media_type, plain, compressed: OnceLock::new() }
    }

    fn body(&self, headers: &HeaderMap) -> (Bytes, Option<&'static str>) {
        if takes_gzip(headers) {
            (self.compressed.get_or_init(|| compressed(&self.plain)).clone(), Some("gzip"))
        } else {
            (self.plain.clone(), None)
        }
    }
}

/// `GET /console`: the same page, for URLs without the trailing slash.
pub(crate) async fn entrance(state: State<Arc<Management>>, headers: HeaderMap) -> Response {
    page(state, headers).await
}

/// The page.
pub(crate) async fn page(State(app): State<Arc<Management>>, headers: HeaderMap) -> Response {
    let page = Console::current().render(&app);
    let mut tag = hex::encode(digest(&SHA256, page.as_bytes()));
    tag.truncate(VERSION_CHARACTERS);
    let tag = format!("\"{tag}\"");
    let mut response = if is_known(&headers, &tag) {
        StatusCode::NOT_MODIFIED.into_response()
    } else {
        ([(header::CONTENT_TYPE, "text/html; charset=utf-8")], page).into_response()
    };
    let answered = response.headers_mut();
    answered.extend(HeaderValue::try_from(tag).ok().map(|tag| (header::ETAG, tag)));
    answered.insert(header::CACHE_CONTROL, HeaderValue::from_static(ASKED_AGAIN));
    answered.insert(header::CONTENT_SECURITY_POLICY, HeaderValue::from_static(POLICY));
    answered.insert("permissions-policy", HeaderValue::from_static(PERMISSIONS));
    answered.insert("cross-origin-opener-policy", HeaderValue::from_static("same-origin"));
    answered.insert("cross-origin-resource-policy", HeaderValue::from_static("same-origin"));
    response
}

/// Serves a file of this version only: a page of another version gets a 404 for its files.
pub(crate) async fn file(
    State(_app): State<Arc<Management>>,
    PathId((version, name)): PathId<(String, String)>,
    headers: HeaderMap,
) -> Result<Response, ApiError> {
    let console = Console::current();
    let file = console.files.get(name.as_str()).filter(|_| version == console.version);
    let file = file.ok_or(ApiError::NotFound("file"))?;
    let (body, encoding) = file.body(&headers);
    let usual = [
        (header::CONTENT_TYPE, file.media_type),
        (header::CACHE_CONTROL, KEPT),
        (header::VARY, "Accept-Encoding"),
        (header::HeaderName::from_static("cross-origin-resource-policy"), "same-origin"),
    ];
    let encoding = encoding.map(|encoding| [(header::CONTENT_ENCODING, encoding)]);
    Ok(match encoding {
        Some(encoding) => (usual, encoding, body).into_response(),
        None => (usual, body).into_response(),
    })
}

/// Checks whether the browser already has this version (RFC 9110 section 13.1.2).
fn is_known(headers: &HeaderMap, tag: &str) -> bool {
    let known = headers.get(header::IF_NONE_MATCH).and_then(|value| value.to_str().ok()).unwrap_or_default();
    known.split(',').any(|known| known.trim().trim_start_matches("W/") == tag)
}

/// Checks that `Accept-Encoding` lists gzip with a nonzero weight (RFC 9110 section 12.5.3).
fn takes_gzip(headers: &HeaderMap) -> bool {
    let accepted = headers.get(header::ACCEPT_ENCODING).and_then(|value| value.to_str().ok()).unwrap_or_default();
    accepted.split(',').any(|coding| {
        let (name, weight) = coding.split_once(';').unwrap_or((coding, ""));
        let refused = weight.trim().strip_prefix("q=").is_some_and(|q| q.parse::<f32>().is_ok_and(|q| q <= 0.0));
        name.trim().eq_ignore_ascii_case("gzip") && !refused
    })
}

fn compressed(plain: &[u8]) -> Bytes {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
    // writing into memory does not fail
    match encoder.write_all(plain).and_then(|()| encoder.finish()) {
        Ok(bytes) => bytes.into(),
        Err(_) => Bytes::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;
    use std::io::Read as _;
    use std::path::Path;

    fn headers(name: header::HeaderName, value: &str) -> HeaderMap {
        HeaderMap::from_iter([(name, value.parse().unwrap())])
    }

    #[test]
    fn every_script_and_style_of_the_folder_is_built_in() {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("console");
        let names = folder.read_dir().unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap());
        // the rest are the page, and the settings and types of the tools that check the console
        let is_served = |name: &String| Path::new(name).extension().is_some_and(|ext| ext == "js" || ext == "css");
        let there: BTreeSet<String> = names.filter(is_served).collect();
        let built_in = EMBEDDED.iter().map(|(name, _)| (*name).to_owned());
        assert_eq!(there, built_in.collect());
    }

    #[test]
    fn no_file_names_another_origin_or_carries_markup_as_text() {
        for (name, content) in EMBEDDED.iter().filter(|(name, _)| *name != "preact.js") {
            let text = std::str::from_utf8(content).unwrap();
            for forbidden in ["innerHTML", "insertAdjacentHTML", "document.write", "eval(", "new Function", "//cdn"] {
                assert!(!text.contains(forbidden), "{name}: {forbidden}");
            }
            let elsewhere = text.matches("https://").count() + text.matches("http://").count();
            let namespaces = text.matches("http://www.w3.org/2000/svg").count();
            assert_eq!(elsewhere, namespaces, "{name}");
        }
        for forbidden in ["<style", " style=", " onclick", " onload", "https://"] {
            assert!(!PAGE.contains(forbidden), "{forbidden}");
        }
        assert_eq!(PAGE.matches("<script").count(), PAGE.matches("<script type=\"module\" src=").count());
    }

    #[test]
    fn a_file_is_compressed_for_whoever_takes_that_and_is_the_same_then() {
        let file = File::new("a.js", Bytes::from_static(b"export const a = 1;"));
        for taken in ["gzip", "br, gzip;q=0.5", "GZIP"] {
            let (body, encoding) = file.body(&headers(header::ACCEPT_ENCODING, taken));
            assert_eq!(encoding, Some("gzip"), "{taken}");
            let mut text = String::new();
            flate2::read::GzDecoder::new(body.as_ref()).read_to_string(&mut text).unwrap();
            assert_eq!(text, "export const a = 1;");
        }
        for refused in ["br", "gzip;q=0", "gzip; q=0.0", ""] {
            assert_eq!(file.body(&headers(header::ACCEPT_ENCODING, refused)).1, None, "{refused}");
        }
        assert_eq!(file.body(&HeaderMap::new()).1, None);
    }

    #[test]
    fn a_page_that_is_known_is_recognized_by_its_tag() {
        for known in ["\"a\"", "W/\"a\"", "\"b\", \"a\""] {
            assert!(is_known(&headers(header::IF_NONE_MATCH, known), "\"a\""), "{known}");
        }
        assert!(!is_known(&headers(header::IF_NONE_MATCH, "\"b\""), "\"a\"") && !is_known(&HeaderMap::new(), "\"a\""));
    }

    #[test]
    fn another_content_is_another_version() {
        let of = |content: &'static [u8]| {
            let files = [("a.js", File::new("a.js", Bytes::from_static(content)))];
            Console::new(Cow::Borrowed(""), files.into()).version
        };
        assert_eq!(of(b"1"), of(b"1"));
        assert_ne!(of(b"1"), of(b"2"));
        assert_eq!(of(b"1").len(), VERSION_CHARACTERS);
    }
}
