//! Pauses between the tries of something that others do at the same time.

use std::time::Duration;

use rand::RngExt as _;

use crate::entropy;

/// The longest pause.
const PAUSE_MAX: Duration = Duration::from_millis(40);
/// By how much the longest pause grows with each try.
const STEP: Duration = Duration::from_millis(4);

/// Waits after the try with this number, counted from 1: a random while, so that those who met once do not meet again.
pub async fn pause(tried: u32) {
    let most = PAUSE_MAX.min(STEP.saturating_mul(tried));
    let pause = entropy::os_rng().random_range(Duration::ZERO..=most);
    tokio::time::sleep(pause).await;
}
