//! From where a pair may be used (ID-23).

use std::fmt;
use std::net::IpAddr;
use std::str::FromStr;

use ipnet::IpNet;

/// RAM's limit of addresses and blocks for one pair. More is a finding, not an error (ID-28).
pub(super) const NETWORKS_MAX: usize = 50;

/// An address, or a block of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Network(IpNet);

impl Network {
    /// Whether a peer has an address of the block. IPv4 addresses in the form of IPv6 are IPv4 addresses.
    pub fn contains(&self, peer: IpAddr) -> bool {
        self.0.contains(&peer.to_canonical())
    }
}

/// As a block, or as an address where it is one.
impl fmt::Display for Network {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let whole = self.0.prefix_len() == self.0.max_prefix_len();
        if whole { self.0.addr().fmt(f) } else { self.0.fmt(f) }
    }
}

impl FromStr for Network {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        const WANTED: &str = "write an address or a block, such as 10.0.0.0/8";
        let block =
            text.parse::<IpNet>().or_else(|_syntax| text.parse::<IpAddr>().map(IpNet::from));
        let block = block.map_err(|_syntax| WANTED)?;
        // A mapped block would never match, since peers are compared as IPv4.
        let mapped = matches!(block, IpNet::V6(net) if net.network().to_ipv4_mapped().is_some());
        if mapped { Err(WANTED) } else { Ok(Self(block)) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn blocks() {
        for (block, peer, expected) in [
            ("10.0.0.0/8", "10.255.255.255", true),
            ("10.0.0.0/8", "11.0.0.0", false),
            ("10.0.0.0/8", "::ffff:10.1.2.3", true),
            ("192.0.2.7", "192.0.2.7", true),
            ("192.0.2.7", "192.0.2.8", false),
            ("2001:db8::/32", "2001:db8::1", true),
            ("2001:db8::/32", "10.0.0.1", false),
            ("0.0.0.0/0", "2001:db8::1", false),
        ] {
            let block: Network = block.parse().unwrap();
            assert_eq!(block.contains(peer.parse().unwrap()), expected, "{block:?} {peer}");
        }
        for wrong in ["", "*", "10.0.0.0/33", "10.0.0", "a", "10.0.0.0/8 ", "::ffff:10.0.0.0/104"] {
            assert!(wrong.parse::<Network>().is_err(), "{wrong}");
        }
    }
}
