//! Addresses and blocks of addresses (rules C-13 to C-16).

use std::net::{IpAddr, Ipv6Addr};

use ipnet::IpNet;

use crate::policy::Truth;

/// A value of an address operator.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::policy) enum Block {
    /// `*`: every address of either family.
    Every,
    /// One address.
    One(IpAddr),
    /// A CIDR block. Its host bits do not matter.
    Net(IpNet),
}

/// Why a text is none of these.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum BadBlock {
    #[error("the address cannot be read")]
    Address,
    #[error("the length behind `/` is not a number of bits")]
    Length,
    #[error("a block of IPv4 addresses written as IPv6 starts at `/96`")]
    MappedLength,
}

impl Block {
    pub(super) fn parse(text: &str) -> Result<Self, BadBlock> {
        if text == "*" {
            return Ok(Self::Every);
        }
        let Some((address, length)) = text.split_once('/') else {
            let address: IpAddr = text.parse().map_err(|_syntax| BadBlock::Address)?;
            return Ok(Self::One(address.to_canonical()));
        };
        let address: IpAddr = address.parse().map_err(|_syntax| BadBlock::Address)?;
        let (address, length) = reduce(address, parse_length(length)?)?;
        IpNet::new(address, length).map(Self::Net).map_err(|_too_long| BadBlock::Length)
    }

    /// C-14, C-16: the whole block. `address` is reduced to IPv4 already.
    pub(super) fn contains(&self, address: IpAddr) -> bool {
        match self {
            Self::Every => true,
            Self::One(one) => *one == address,
            Self::Net(net) => net.contains(&address),
        }
    }

    /// C-15: the first and the last address of a block are neither in nor out.
    pub(super) fn contains_leaving_borders_undecided(&self, address: IpAddr) -> Truth {
        let border = matches!(self, Self::Net(net) if net.network() == address || net.broadcast() == address);
        if border { Truth::Indeterminate } else { self.contains(address).into() }
    }

    pub(super) fn has_only_border_addresses(&self) -> bool {
        matches!(self, Self::Net(net) if net.max_prefix_len().saturating_sub(net.prefix_len()) <= 1)
    }
}

fn parse_length(text: &str) -> Result<u8, BadBlock> {
    let plain = text == "0" || text.starts_with(|first: char| matches!(first, '1'..='9'));
    if !plain {
        return Err(BadBlock::Length);
    }
    text.parse().map_err(|_syntax| BadBlock::Length)
}

/// IPv4-mapped IPv6 becomes IPv4.
fn reduce(address: IpAddr, length: u8) -> Result<(IpAddr, u8), BadBlock> {
    const MAPPED_BITS: u8 = 96;
    let mapped = match address {
        IpAddr::V4(_) => None,
        IpAddr::V6(address) => Ipv6Addr::to_ipv4_mapped(&address),
    };
    let Some(mapped) = mapped else { return Ok((address, length)) };
    let length = length.checked_sub(MAPPED_BITS).ok_or(BadBlock::MappedLength)?;
    Ok((mapped.into(), length))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn blocks() {
        use Truth::{False, Indeterminate, True};
        check("*", "10.0.0.1", True, true);
        check("*", "2001:db8::1", True, true);
        check("10.0.0.1", "10.0.0.1", True, true);
        check("10.0.0.1", "10.0.0.2", False, false);
        check("10.0.0.1", "::ffff:10.0.0.1", True, true);
        check("::ffff:10.0.0.1", "10.0.0.1", True, true);
        check("10.0.0.0/24", "10.0.0.1", True, true);
        check("10.0.0.77/24", "10.0.0.1", True, true); // host bits do not matter
        check("10.0.0.0/24", "10.0.0.0", Indeterminate, true);
        check("10.0.0.0/24", "10.0.0.255", Indeterminate, true);
        check("10.0.0.0/24", "10.0.1.0", False, false);
        check("10.0.0.1/32", "10.0.0.1", Indeterminate, true);
        check("10.0.0.1/32", "10.0.0.2", False, false);
        check("10.0.0.0/31", "10.0.0.1", Indeterminate, true);
        check("0.0.0.0/0", "2001:db8::1", False, false);
        check("0.0.0.0/0", "10.0.0.1", True, true);
        check("::/0", "10.0.0.1", False, false);
        check("::/0", "::ffff:10.0.0.1", False, false);
        check("::ffff:10.0.0.0/104", "10.1.2.3", True, true);
        check("2001:db8::/32", "2001:db8::1", True, true);
        check("2001:db8::/32", "2001:db8::", Indeterminate, true);
        check("2001:db8::/32", "2001:db9::1", False, false);
    }

    #[track_caller]
    fn check(block: &str, address: &str, plain: Truth, with_borders: bool) {
        let read = Block::parse(block).unwrap();
        let canonical = address.parse::<IpAddr>().unwrap().to_canonical();
        let found = read.contains_leaving_borders_undecided(canonical);
        assert_eq!(found, plain, "{address} in {block}");
        assert_eq!(
            read.contains(canonical),
            with_borders,
            "{address} in {block}, borders included"
        );
    }

    #[test]
    fn other_forms_are_no_blocks() {
        for text in [
            "",
            "10.0.*",
            "10.0.0",
            "010.0.0.1",
            "10.0.0.1/33",
            "10.0.0.1/",
            "10.0.0.1/08",
            "10.0.0.1/+8",
            "10.0.0.1/255.0.0.0",
            " 10.0.0.1",
            "10.0.0.1 ",
            "fe80::1%eth0",
            "::/129",
            "::ffff:0:0/95",
            "1.2.3.4:80",
        ] {
            assert!(Block::parse(text).is_err(), "{text}");
        }
    }
}
