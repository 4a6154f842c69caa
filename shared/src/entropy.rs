//! The one source of randomness: the operating system's generator.

use rand::TryRng as _;
use rand::rand_core::UnwrapErr;
use rand::rngs::SysRng;

/// A generator that asks the operating system for every byte.
///
/// No state of it lives in the process, so that a snapshot of one started twice repeats nothing.
#[must_use]
pub fn os_rng() -> UnwrapErr<SysRng> {
    UnwrapErr(SysRng)
}

/// `N` random bytes.
#[must_use]
pub fn bytes<const N: usize>() -> [u8; N] {
    let mut bytes = [0; N];
    let UnwrapErr(mut rng) = os_rng();
    match rng.try_fill_bytes(&mut bytes) {
        Ok(()) => bytes,
        // without randomness nothing may go on: there is no safe answer to any request
        Err(_) => std::process::abort(),
    }
}
