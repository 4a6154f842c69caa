//! Malformed methods, content types and bodies.

use reqwest::Method;
use reqwest::header::{CONTENT_TYPE, HeaderValue};

use crate::support::app::TOKEN;
use crate::support::oauth_errors::{FORM, INVALID_REQUEST, TOO_LARGE, UNSUPPORTED, WRONG_METHOD};
use crate::token::malformed::cases::{BODY_LIMIT, GRANT, PATHS, Table};

pub fn content_types(table: &mut Table<'_>) {
    let good_form = format!("{GRANT}&token=x");
    let types: &[(&str, &[&[u8]])] = &[
        ("none", &[]),
        ("an empty one", &[b""]),
        ("JSON", &[b"application/json"]),
        ("plain text", &[b"text/plain"]),
        ("multipart", &[b"multipart/form-data; boundary=x"]),
        ("XML", &[b"application/xml"]),
        ("any", &[b"*/*"]),
        ("any application", &[b"application/*"]),
        ("a form with a suffix", &[b"application/x-www-form-urlencoded+json"]),
        ("a form without its tree", &[b"x-www-form-urlencoded"]),
        ("a form in quotation marks", &[b"\"application/x-www-form-urlencoded\""]),
        ("a form and a comma", &[b"application/x-www-form-urlencoded, application/json"]),
        ("a form after a semicolon", &[b"; application/x-www-form-urlencoded"]),
        ("a form with a letter of Latin-1", &[b"application/x-www-form-url\xe9ncoded"]),
        ("a form with a space inside", &[b"application / x-www-form-urlencoded"]),
        ("two forms", &[b"application/x-www-form-urlencoded", b"application/x-www-form-urlencoded"]),
        ("a form and JSON", &[b"application/x-www-form-urlencoded", b"application/json"]),
    ];
    for path in PATHS {
        for (what, values) in types {
            let mut request = table.app.request(Method::POST, path).body(good_form.clone());
            request = request.basic_auth(&table.client.id, Some(&table.client.secret));
            for value in *values {
                request = request.header(CONTENT_TYPE, HeaderValue::from_bytes(value).unwrap());
            }
            table.add(format!("the content type {what} at {path}"), INVALID_REQUEST, request);
        }
    }
    let utf16 = |big: bool| -> Vec<u8> {
        GRANT.encode_utf16().flat_map(|unit| if big { unit.to_be_bytes() } else { unit.to_le_bytes() }).collect()
    };
    let bodies: [(&str, Vec<u8>); 8] = [
        ("a form in UTF-16, little-endian", utf16(false)),
        ("a form in UTF-16, big-endian", utf16(true)),
        ("a form in UTF-16 behind its byte order mark", [b"\xff\xfe".to_vec(), utf16(false)].concat()),
        ("a form in UTF-32", GRANT.bytes().flat_map(|b| [0, 0, 0, b]).collect()),
        ("a form under gzip", b"\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\x03grant".to_vec()),
        ("JSON", br#"{"grant_type":"client_credentials"}"#.to_vec()),
        (
            "multipart",
            b"--x\r\nContent-Disposition: form-data; name=\"grant_type\"\r\n\r\nclient_credentials\r\n--x--".to_vec(),
        ),
        ("XML", b"<grant_type>client_credentials</grant_type>".to_vec()),
    ];
    for charset in ["", "; charset=utf-16", "; charset=utf-8; charset=utf-16", "; charset=\"", ";;", "; charset"] {
        for (what, body) in &bodies {
            let request = table.app.request(Method::POST, TOKEN).header(CONTENT_TYPE, format!("{FORM}{charset}"));
            let request = request.body(body.clone()).basic_auth(&table.client.id, Some(&table.client.secret));
            table.add(format!("{what} that says it is a form{charset}"), INVALID_REQUEST, request);
        }
    }
}

pub fn methods(table: &mut Table<'_>) {
    for path in PATHS {
        for method in ["GET", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "PROPFIND", "QUERY", "post", "POSTS", "!"] {
            let method_name = Method::from_bytes(method.as_bytes()).unwrap();
            let request = table.app.request(method_name, &format!("{path}?{GRANT}")).header(CONTENT_TYPE, FORM);
            let request = request.basic_auth(&table.client.id, Some(&table.client.secret));
            table.add(format!("{method} {path}"), WRONG_METHOD, request.body(format!("{GRANT}&token=x")));
        }
    }
}

pub fn sizes(table: &mut Table<'_>) {
    let padded = |start: &str, length: usize| format!("{start}{}", "a".repeat(length - start.len()));
    for (length, expected) in [
        (BODY_LIMIT - 1, UNSUPPORTED),
        (BODY_LIMIT, UNSUPPORTED),
        (BODY_LIMIT + 1, TOO_LARGE),
        (BODY_LIMIT * 4, TOO_LARGE),
        (1024 * 1024, TOO_LARGE),
        (5 * 1024 * 1024, TOO_LARGE),
    ] {
        let request = table.authenticated(TOKEN, padded("grant_type=", length));
        table.add(format!("a body of {length} bytes that is one grant_type"), expected, request);
    }
    for path in PATHS {
        for length in [BODY_LIMIT + 1, BODY_LIMIT * 2] {
            let request = table.authenticated(path, padded(&format!("{GRANT}&token="), length));
            table.add(format!("a body of {length} bytes at {path}"), TOO_LARGE, request);
            let request = table.authenticated(path, "&".repeat(length));
            table.add(format!("{length} ampersands at {path}"), TOO_LARGE, request);
        }
    }
    for (what, body) in [
        ("nothing but ampersands", "&".repeat(BODY_LIMIT)),
        ("nothing but equals signs", "=".repeat(BODY_LIMIT)),
        ("nothing but pluses", "+".repeat(BODY_LIMIT)),
        ("nothing but zero bytes", "\0".repeat(BODY_LIMIT)),
        ("nothing but percent signs", "%".repeat(BODY_LIMIT)),
        ("eight thousand empty parameters", "a&".repeat(BODY_LIMIT / 2)),
        ("four thousand parameters", "a=b&".repeat(BODY_LIMIT / 4)),
        ("nested brackets", format!("a{}=1", "[".repeat(BODY_LIMIT - 3))),
    ] {
        let request = table.authenticated(TOKEN, body);
        table.add(format!("{what}, as many as fit"), INVALID_REQUEST, request);
    }
}
