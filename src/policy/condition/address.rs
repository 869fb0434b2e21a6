//! Addresses and blocks (C-13 – C-16).

use std::net::IpAddr;

use ipnet::IpNet;

use super::super::truth::Truth;

/// A policy's value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Network {
    Any,
    Single(IpAddr),
    Block(IpNet),
}

impl Network {
    pub(super) fn parse(text: &str) -> Option<Self> {
        if text == "*" {
            return Some(Self::Any);
        }
        if !text.contains('/') {
            return parse(text).map(Self::Single);
        }
        let block: IpNet = text.parse().ok()?;
        match block {
            IpNet::V4(_) => Some(Self::Block(block.trunc())),
            IpNet::V6(six) => match (six.addr().to_ipv4_mapped(), six.prefix_len().checked_sub(96))
            {
                (Some(four), Some(prefix)) => ipnet::Ipv4Net::new(four, prefix)
                    .ok()
                    .map(|net| Self::Block(IpNet::V4(net.trunc()))),
                (Some(_), None) => None, // wider than the mapped range: it would mean two families
                (None, _) => Some(Self::Block(block.trunc())),
            },
        }
    }

    /// The first and the last address of a block are undecided under the plain operators (C-15).
    pub(super) fn contains(self, address: IpAddr, borders: bool) -> Truth {
        match self {
            Self::Any => Truth::True,
            Self::Single(wanted) => holds(wanted == address),
            Self::Block(block) if !block.contains(&address) => Truth::False,
            Self::Block(block) => {
                let border = address == block.network() || address == block.broadcast();
                if border && !borders { Truth::Indeterminate } else { Truth::True }
            }
        }
    }
}

/// One address; IPv4-mapped IPv6 is reduced to IPv4. No zone, no leading zeros: `std` refuses both.
pub(super) fn parse(text: &str) -> Option<IpAddr> {
    text.parse::<IpAddr>().ok().map(|address| address.to_canonical())
}

fn holds(holds: bool) -> Truth {
    if holds { Truth::True } else { Truth::False }
}
