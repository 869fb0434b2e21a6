//! Addresses and blocks against arithmetic on whole numbers. An input is an address of the request and, line by line,
//! values of the policy.

use std::net::IpAddr;

use ramgate::policy::{Attribute, Truth};

use super::{Given, Statement, lines, text};

pub fn check(input: &[u8]) {
    let lines = lines(input);
    let [given, wanted @ ..] = &lines[..] else { return };
    if wanted.is_empty() || wanted.len() > 8 {
        return;
    }
    let blocks: Option<Vec<Block>> = wanted.iter().map(|text| Block::read(text)).collect();
    let address: Option<IpAddr> = given.parse().ok();
    for (operator, borders, negated) in [
        ("IpAddress", Truth::Indeterminate, false),
        ("NotIpAddress", Truth::Indeterminate, true),
        ("IpAddressIncludeBorder", Truth::True, false),
        ("NotIpAddressIncludeBorder", Truth::True, true),
    ] {
        let statement = Statement::condition(operator, wanted);
        assert_eq!(statement.is_some(), blocks.is_some(), "{operator} {wanted:?}");
        let (Some(statement), Some(blocks)) = (statement, &blocks) else { continue };
        let positive = address.map_or(Truth::Indeterminate, |address| {
            let each = blocks.iter().map(|block| block.contains(address, borders));
            each.fold(Truth::False, Truth::or)
        });
        let expected = if negated { positive.negate() } else { positive };
        let found = statement.holds(&text(given));
        assert_eq!(found, expected, "{operator} {wanted:?} on {given:?}");
        if let Some(address) = address {
            let found = statement.holds(&Given(Attribute::Address(address)));
            assert_eq!(found, expected, "{operator} {wanted:?} on {address}, as an address");
        }
    }
}

/// From the first to the last address, of 32 or 128 bits.
struct Block {
    bits: Option<u32>,
    first: u128,
    last: u128,
    is_one: bool,
}

impl Block {
    fn read(text: &str) -> Option<Self> {
        if text == "*" {
            return Some(Self { bits: None, first: 0, last: u128::MAX, is_one: true });
        }
        let (address, length) = match text.split_once('/') {
            Some((address, length)) => (address, Some(read_length(length)?)),
            None => (text, None),
        };
        let address: IpAddr = address.parse().ok()?;
        let (bits, value) = reduce(address);
        let Some(length) = length else {
            return Some(Self { bits: Some(bits), first: value, last: value, is_one: true });
        };
        let written_as_v6 = address.is_ipv6() && bits == 32;
        let length = if written_as_v6 { length.checked_sub(96)? } else { length };
        let free = bits.checked_sub(length)?;
        let hosts = if free == 128 { u128::MAX } else { (1 << free) - 1 };
        let (first, last) = (value & !hosts, value | hosts);
        Some(Self { bits: Some(bits), first, last, is_one: false })
    }

    fn contains(&self, address: IpAddr, borders: Truth) -> Truth {
        let (bits, value) = reduce(address);
        if self.bits.is_some_and(|own| own != bits) || value < self.first || value > self.last {
            return Truth::False;
        }
        let border = !self.is_one && (value == self.first || value == self.last);
        if border { borders } else { Truth::True }
    }
}

/// A length in decimal digits, the first of them not 0 unless it is the only one.
fn read_length(text: &str) -> Option<u32> {
    let length: u32 = text.parse().ok()?;
    (text == length.to_string()).then_some(length)
}

/// The bits of the family and the address as a number; IPv4 written as IPv6 is IPv4.
fn reduce(address: IpAddr) -> (u32, u128) {
    const MAPPED: u128 = 0xffff;
    match address {
        IpAddr::V4(address) => (32, u128::from(u32::from(address))),
        IpAddr::V6(address) => match u128::from(address) {
            value if value >> 32 == MAPPED => (32, value & 0xffff_ffff),
            value => (128, value),
        },
    }
}
