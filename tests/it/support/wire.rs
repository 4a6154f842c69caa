//! HTTP/1 byte by byte, for what no HTTP client would send.

use std::time::Duration;

use reqwest::StatusCode;
use reqwest::header::{HeaderMap, HeaderName, HeaderValue};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use crate::support::answer::Answer;

/// How long an answer may take.
const PATIENCE: Duration = Duration::from_secs(10);

/// What the sender does with its half of the connection after the last byte.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum End {
    /// Keeps it open, as an HTTP client does.
    Open,
    /// Closes it, as one does that has crashed.
    Closed,
}

/// Sends bytes to `origin` and reads one answer; none where the connection ends without one, or nothing comes in time.
pub async fn exchange(origin: &str, bytes: &[u8], end: End) -> Option<Answer> {
    let address = origin.strip_prefix("http://").unwrap();
    let (mut read, mut write) = TcpStream::connect(address).await.unwrap().into_split();
    let sent = async move {
        // who refuses early need not read to the end
        let sent = write.write_all(bytes).await;
        if sent.is_ok() && end == End::Closed {
            drop(write.shutdown().await);
        }
        write
    };
    let received = async move {
        let mut received = Vec::new();
        loop {
            if let Some(answer) = answer_in(&received) {
                return Some(answer);
            }
            if read.read_buf(&mut received).await.unwrap_or(0) == 0 {
                return None;
            }
        }
    };
    let both = async {
        let (_write, answer) = tokio::join!(sent, received);
        answer
    };
    tokio::time::timeout(PATIENCE, both).await.ok().flatten()
}

/// The final answer that begins these bytes, once it is whole.
fn answer_in(bytes: &[u8]) -> Option<Answer> {
    let at = bytes.windows(4).position(|window| window == b"\r\n\r\n")?;
    let (head, body) = (std::str::from_utf8(&bytes[..at]).ok()?, &bytes[at + 4..]);
    let mut lines = head.split("\r\n");
    let status = StatusCode::from_bytes(lines.next()?.split(' ').nth(1)?.as_bytes()).ok()?;
    if status == StatusCode::CONTINUE {
        return answer_in(body);
    }
    let mut headers = HeaderMap::new();
    for line in lines {
        let (name, value) = line.split_once(':')?;
        headers.append(HeaderName::try_from(name).ok()?, HeaderValue::from_str(value.trim()).ok()?);
    }
    let length = headers.get("content-length").map_or(Some(0), |length| length.to_str().ok()?.parse().ok())?;
    let text = String::from_utf8_lossy(body.get(..length)?).into_owned();
    Some(Answer { status, headers, text })
}
