//! Which AWS operations were called, seen at the SDK: what a path costs is a count, not a guess.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use aws_sdk_dynamodb::config::interceptors::BeforeTransmitInterceptorContextRef;
use aws_sdk_dynamodb::config::{ConfigBag, Intercept, RuntimeComponents};
use aws_sdk_dynamodb::error::BoxError;

/// Counts the requests of the SDK's JSON protocols by operation, retries included.
#[derive(Debug, Clone, Default)]
pub struct CallLog(Arc<Mutex<BTreeMap<String, u64>>>);

impl CallLog {
    /// How often each operation was called so far, such as `DynamoDB_20120810.Query`.
    #[must_use]
    pub fn counts(&self) -> BTreeMap<String, u64> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// The operations called since `before`, without their service, each with how often.
    #[must_use]
    pub fn since(&self, before: &BTreeMap<String, u64>) -> BTreeMap<String, u64> {
        let more = |(name, count): (String, u64)| {
            let new = count.saturating_sub(before.get(&name).copied().unwrap_or(0));
            let operation = name.rsplit('.').next().unwrap_or(&name).to_owned();
            (new > 0).then_some((operation, new))
        };
        self.counts().into_iter().filter_map(more).collect()
    }
}

impl Intercept for CallLog {
    fn name(&self) -> &'static str {
        "CallLog"
    }

    fn read_before_transmit(
        &self,
        context: &BeforeTransmitInterceptorContextRef<'_>,
        _components: &RuntimeComponents,
        _config: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        if let Some(operation) = context.request().headers().get("x-amz-target") {
            let mut counts = self.0.lock().unwrap_or_else(PoisonError::into_inner);
            *counts.entry(operation.to_owned()).or_default() += 1;
        }
        Ok(())
    }
}
