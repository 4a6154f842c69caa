//! Rate limit for each caller: a bucket in this process, which costs no read and no write.

use std::collections::HashMap;
use std::str::FromStr;
use std::sync::{Mutex, PoisonError};

use jiff::Timestamp;
use shared::domain::event::Actor;

/// Number of callers to remember; beyond it, callers whose buckets are full again are forgotten.
const REMEMBERED: usize = 10_000;
const MICROSECONDS: i64 = 1_000_000;

/// Request rate of one caller to one process.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RequestRate {
    /// Requests at once after a pause.
    pub burst: u16,
    /// Requests per second in the long run.
    pub per_second: u16,
}

impl RequestRate {
    /// 200 at once and 50 per second: more than a person, or a script that waits for its responses, ever needs.
    pub const DEFAULT: Self = Self { burst: 200, per_second: 50 };
}

/// Text that is not a valid rate.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a rate reads as 200,50: as many requests at once, and as many a second, both at least 1")]
pub struct InvalidRate;

impl FromStr for RequestRate {
    type Err = InvalidRate;

    fn from_str(text: &str) -> Result<Self, InvalidRate> {
        let count = |text: &str| text.trim().parse().ok().filter(|count| *count > 0).ok_or(InvalidRate);
        let (burst, per_second) = text.split_once(',').ok_or(InvalidRate)?;
        Ok(Self { burst: count(burst)?, per_second: count(per_second)? })
    }
}

/// The buckets of this process: one set for requests, one for refusals among them.
#[derive(Debug)]
pub struct RateLimiter {
    requests: Buckets,
    refusals: Buckets,
}

impl RateLimiter {
    /// Creates full buckets of this rate. A refusal is written to the trail, where all concurrent changes wait for each
    /// other: so half as many refusals at once are answered, and a tenth per second.
    #[must_use]
    pub fn new(rate: RequestRate) -> Self {
        let refusals = RequestRate { burst: (rate.burst / 2).max(1), per_second: (rate.per_second / 10).max(1) };
        Self { requests: Buckets::of(rate), refusals: Buckets::of(refusals) }
    }

    /// Takes one request out of the caller's bucket; if it is empty, returns the seconds to wait before trying again.
    pub(crate) fn take(&self, caller: &Actor, at: Timestamp) -> Result<(), i64> {
        self.requests.take(caller, at)
    }

    /// Does the same for a refusal that is to be written to the trail.
    pub(crate) fn take_refusal(&self, caller: &Actor, at: Timestamp) -> Result<(), i64> {
        self.refusals.take(caller, at)
    }
}

/// A bucket for each caller (the generic cell rate algorithm: one instant per caller, at which the bucket is full
/// again).
#[derive(Debug)]
struct Buckets {
    rate: RequestRate,
    full_at: Mutex<HashMap<String, i64>>,
}

impl Buckets {
    fn of(rate: RequestRate) -> Self {
        Self { rate, full_at: Mutex::default() }
    }

    fn take(&self, caller: &Actor, at: Timestamp) -> Result<(), i64> {
        let name = match caller {
            Actor::System => return Ok(()),
            caller => caller.id(),
        };
        let (now, per_second) = (at.as_microsecond(), i64::from(self.rate.per_second));
        let one = MICROSECONDS / per_second;
        let most = one.saturating_mul(i64::from(self.rate.burst));
        let mut full_at = self.full_at.lock().unwrap_or_else(PoisonError::into_inner);
        if full_at.len() >= REMEMBERED && !full_at.contains_key(name) {
            full_at.retain(|_, full_at| *full_at > now);
        }
        let next = full_at.get(name).copied().unwrap_or(now).max(now).saturating_add(one);
        let over = next.saturating_sub(now).saturating_sub(most);
        if over > 0 {
            return Err(over.saturating_add(MICROSECONDS - 1) / MICROSECONDS);
        }
        full_at.insert(name.to_owned(), next);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use shared::domain::id::ClientId;

    #[test]
    fn a_bucket_empties_by_one_a_request_and_fills_with_time() {
        let limiter = RateLimiter::new(RequestRate { burst: 3, per_second: 2 });
        let caller = |name: &str| Actor::Client(ClientId::parse(name).unwrap());
        let at = |milliseconds: i64| Timestamp::from_millisecond(1_000_000 + milliseconds).unwrap();
        let take = |name: &str, milliseconds| limiter.take(&caller(name), at(milliseconds));
        for _ in 0..3 {
            assert_eq!(take("a", 0), Ok(()));
        }
        assert_eq!(take("a", 0), Err(1));
        assert_eq!(take("b", 0), Ok(()), "everybody has a bucket of their own");
        assert_eq!(take("a", 499), Err(1));
        assert_eq!(take("a", 500), Ok(()));
        assert_eq!(take("a", 500), Err(1));
        for _ in 0..3 {
            assert_eq!(take("a", 60_000), Ok(()), "it never holds more than the burst");
        }
        assert_eq!(take("a", 60_000), Err(1));
    }

    #[test]
    fn refusals_have_a_smaller_bucket_of_their_own() {
        let limiter = RateLimiter::new(RequestRate::DEFAULT);
        let caller = Actor::Client(ClientId::parse("a").unwrap());
        let at = Timestamp::from_second(1_000).unwrap();
        let refused = (0..200).take_while(|_| limiter.take_refusal(&caller, at).is_ok()).count();
        assert_eq!((refused, limiter.take(&caller, at)), (100, Ok(())));
    }

    #[test]
    fn a_rate_is_two_counts() {
        assert_eq!("10, 2".parse(), Ok(RequestRate { burst: 10, per_second: 2 }));
        for bad in ["", "10", "0,1", "1,0", "a,b", "-1,1", "1,2,3"] {
            assert_eq!(bad.parse::<RequestRate>(), Err(InvalidRate), "{bad}");
        }
    }
}
