//! The trace id that a caller sends.

use http::{HeaderMap, HeaderName};

const TRACEPARENT: HeaderName = HeaderName::from_static("traceparent");
const AMAZON: HeaderName = HeaderName::from_static("x-amzn-trace-id");

/// The trace id of a request in 32 hexadecimal digits, from `traceparent` (W3C Trace Context) or else from
/// `X-Amzn-Trace-Id`, which API Gateway adds. The caller chooses it, so it serves only to find log lines.
#[must_use]
pub fn trace_id(headers: &HeaderMap) -> Option<String> {
    let header = |name: &HeaderName| headers.get(name).and_then(|value| value.to_str().ok());
    header(&TRACEPARENT).and_then(of_w3c).or_else(|| header(&AMAZON).and_then(of_amazon))
}

/// `{version}-{trace id}-{parent id}-{flags}`; a later version may append more.
fn of_w3c(text: &str) -> Option<String> {
    let mut parts = text.split('-');
    let (version, trace_id, parent_id, flags) = (parts.next()?, parts.next()?, parts.next()?, parts.next()?);
    let well_formed = is_hex(version, 2) && version != "ff" && is_hex(parent_id, 16) && is_hex(flags, 2);
    let ends = version != "00" || parts.next().is_none();
    (well_formed && ends && is_trace_id(trace_id)).then(|| trace_id.to_owned())
}

/// `Root=1-{8 digits of time}-{24 digits};Parent=…`, whose digits together are the same id.
fn of_amazon(text: &str) -> Option<String> {
    let root = text.split(';').find_map(|field| field.trim().strip_prefix("Root="))?;
    let (time, rest) = root.strip_prefix("1-")?.split_once('-')?;
    let trace_id = format!("{time}{rest}");
    (time.len() == 8 && is_trace_id(&trace_id)).then_some(trace_id)
}

fn is_trace_id(text: &str) -> bool {
    is_hex(text, 32) && text.bytes().any(|digit| digit != b'0')
}

fn is_hex(text: &str, length: usize) -> bool {
    text.len() == length && text.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(pairs: &[(HeaderName, &str)]) -> Option<String> {
        trace_id(&pairs.iter().map(|(name, value)| (name.clone(), value.parse().unwrap())).collect())
    }

    #[test]
    fn a_trace_id_is_taken_from_either_header_and_the_standard_one_wins() {
        let w3c = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
        let amazon = "Root=1-5759e988-bd862e3fe1be46a994272793;Parent=53995c3f42cd8ad8;Sampled=1";
        let expected = Some("4bf92f3577b34da6a3ce929d0e0e4736".to_owned());
        assert_eq!(of(&[(TRACEPARENT, w3c)]), expected);
        assert_eq!(of(&[(AMAZON, amazon), (TRACEPARENT, w3c)]), expected);
        let expected = Some("5759e988bd862e3fe1be46a994272793".to_owned());
        assert_eq!(of(&[(AMAZON, amazon)]), expected);
        assert_eq!(of(&[(AMAZON, amazon), (TRACEPARENT, "nonsense")]), expected);
    }

    #[test]
    fn nothing_else_comes_into_the_log() {
        for text in [
            "",
            "00",
            "00-4BF92F3577B34DA6A3CE929D0E0E4736-00f067aa0ba902b7-01",
            "00-00000000000000000000000000000000-00f067aa0ba902b7-01",
            "ff-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
            "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01-more",
            "00-cs_secret-00f067aa0ba902b7-01",
        ] {
            assert_eq!(of(&[(TRACEPARENT, text)]), None, "{text}");
        }
        for text in ["", "Root=", "Root=1-5759e988-secret", "Root=2-5759e988-bd862e3fe1be46a994272793", "Self=1"] {
            assert_eq!(of(&[(AMAZON, text)]), None, "{text}");
        }
    }
}
