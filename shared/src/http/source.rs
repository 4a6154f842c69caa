//! The network address of the caller, from the platform: never from a header that the caller could write.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// The network address of the caller, in the request's extensions. It comes from API Gateway's request context on
/// Lambda, and from the connection on one machine.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Source(pub IpAddr);

impl Source {
    /// The network of the address: an IPv4 /24 or an IPv6 /48.
    #[must_use]
    pub fn network(self) -> String {
        match self.0.to_canonical() {
            IpAddr::V4(v4) => {
                let [a, b, c, _] = v4.octets();
                format!("{}/24", Ipv4Addr::new(a, b, c, 0))
            }
            IpAddr::V6(v6) => {
                let [a, b, c, ..] = v6.segments();
                format!("{}/48", Ipv6Addr::new(a, b, c, 0, 0, 0, 0, 0))
            }
        }
    }

    /// The unit by which failures are counted: an IPv4 address, or an IPv6 /64, in which one caller owns every address.
    #[must_use]
    pub fn limited_by(self) -> String {
        match self.0.to_canonical() {
            IpAddr::V4(v4) => v4.to_string(),
            IpAddr::V6(v6) => {
                let [a, b, c, d, ..] = v6.segments();
                format!("{}/64", Ipv6Addr::new(a, b, c, d, 0, 0, 0, 0))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_widened_to_its_network() {
        let of = |text: &str| Source(text.parse().unwrap());
        assert_eq!(of("203.0.113.77").network(), "203.0.113.0/24");
        assert_eq!(of("2001:db8:1:2:3::4").network(), "2001:db8:1::/48");
        assert_eq!(of("2001:db8:1:2:3::4").limited_by(), "2001:db8:1:2::/64");
        assert_eq!(of("::ffff:203.0.113.77").limited_by(), "203.0.113.77");
    }
}
