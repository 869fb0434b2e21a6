//! Which addresses the keys of an issuer may be fetched from.

use std::net::IpAddr;

use ipnet::IpNet;

use crate::config::FetchKeys;

/// The networks of IPv4 that are no public unicast addresses, by what they are (RFC 6890).
const SPECIAL_V4: [(&str, &str); 15] = [
    ("0.0.0.0/8", "an address of this host"),
    ("10.0.0.0/8", "a private address"),
    // Among them 100.100.100.200, where instances ask for their own credentials.
    ("100.64.0.0/10", "a shared address"),
    ("127.0.0.0/8", "a loopback address"),
    ("169.254.0.0/16", "a link-local address"),
    ("172.16.0.0/12", "a private address"),
    ("192.0.0.0/24", "a reserved address"),
    ("192.0.2.0/24", "an address for documents"),
    ("192.88.99.0/24", "a relay"),
    ("192.168.0.0/16", "a private address"),
    ("198.18.0.0/15", "an address for measurements"),
    ("198.51.100.0/24", "an address for documents"),
    ("203.0.113.0/24", "an address for documents"),
    ("224.0.0.0/4", "a multicast address"),
    ("240.0.0.0/4", "a reserved address"),
];

/// Of IPv6, what is public lies in here …
const PUBLIC_V6: &str = "2000::/3";

/// … but for these. Loopback, unspecified, unique local, link-local and multicast addresses lie outside, and so does what stands
/// for an IPv4 address behind a translator (`64:ff9b::/96`).
const SPECIAL_V6: [(&str, &str); 4] = [
    ("2001::/23", "a tunnel or reserved address"),
    ("2001:db8::/32", "an address for documents"),
    ("2002::/16", "a relay"),
    ("3fff::/20", "an address for documents"),
];

/// Whether keys may be fetched from there, else what the address is. One that is written as IPv6 and means IPv4 counts as what it
/// means.
pub(super) fn admit(settings: &FetchKeys, host: &str, address: IpAddr) -> Result<(), &'static str> {
    let address = address.to_canonical();
    let is_named = settings.hosts.iter().any(|it| it.eq_ignore_ascii_case(host));
    if is_named || settings.networks.iter().any(|network| network.contains(&address)) {
        return Ok(());
    }
    special(address).map_or(Ok(()), Err)
}

fn special(address: IpAddr) -> Option<&'static str> {
    let table: &[(&str, &'static str)] = match address {
        IpAddr::V4(_) => &SPECIAL_V4,
        IpAddr::V6(_) if !is_in(address, PUBLIC_V6) => return Some("no public address"),
        IpAddr::V6(_) => &SPECIAL_V6,
    };
    table.iter().find(|(network, _)| is_in(address, network)).map(|(_, what)| *what)
}

/// A network that cannot be read would hold every address: rather refuse one too many.
fn is_in(address: IpAddr, network: &str) -> bool {
    network.parse::<IpNet>().map_or(true, |network| network.contains(&address))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// FED-06.
    #[test]
    fn what_is_public() {
        for (address, expected) in [
            ("8.8.8.8", None),
            ("47.88.1.1", None),
            ("2400:3200::1", None),
            ("2606:4700:4700::1111", None),
            ("0.0.0.0", Some("an address of this host")),
            ("10.0.0.1", Some("a private address")),
            ("172.15.255.255", None),
            ("172.16.0.0", Some("a private address")),
            ("172.31.255.255", Some("a private address")),
            ("172.32.0.0", None),
            ("192.168.1.1", Some("a private address")),
            ("100.63.255.255", None),
            ("100.64.0.0", Some("a shared address")),
            ("100.100.100.200", Some("a shared address")),
            ("100.127.255.255", Some("a shared address")),
            ("100.128.0.0", None),
            ("127.0.0.1", Some("a loopback address")),
            ("127.255.255.254", Some("a loopback address")),
            ("169.254.169.254", Some("a link-local address")),
            ("224.0.0.1", Some("a multicast address")),
            ("255.255.255.255", Some("a reserved address")),
            ("::", Some("no public address")),
            ("::1", Some("no public address")),
            ("::ffff:127.0.0.1", Some("a loopback address")),
            ("::ffff:10.1.2.3", Some("a private address")),
            ("::ffff:8.8.8.8", None),
            ("::127.0.0.1", Some("no public address")),
            ("64:ff9b::7f00:1", Some("no public address")),
            ("64:ff9b:1::a00:1", Some("no public address")),
            ("fc00::1", Some("no public address")),
            ("fd12:3456::1", Some("no public address")),
            ("fe80::1", Some("no public address")),
            ("fec0::1", Some("no public address")),
            ("ff02::1", Some("no public address")),
            ("100::1", Some("no public address")),
            ("2001::1", Some("a tunnel or reserved address")), // Teredo
            ("2001:db8::1", Some("an address for documents")),
            ("2002:7f00:1::", Some("a relay")), // 6to4, of 127.0.0.1
        ] {
            assert_eq!(
                special(address.parse::<IpAddr>().unwrap().to_canonical()),
                expected,
                "{address}"
            );
        }
        for (network, _) in SPECIAL_V4.iter().chain(&SPECIAL_V6) {
            assert!(network.parse::<IpNet>().is_ok(), "{network}");
        }
    }

    #[test]
    fn what_is_allowed_beside() {
        let networks = ["10.0.0.0/8", "fd00::/8"].map(|text| text.parse().unwrap()).to_vec();
        let settings =
            FetchKeys { networks, hosts: vec!["kubernetes.default.svc".to_owned()], ca_file: None };
        for (host, address, expected) in [
            ("issuer.example", "10.1.2.3", Ok(())),
            ("issuer.example", "::ffff:10.1.2.3", Ok(())),
            ("issuer.example", "fd00::1", Ok(())),
            ("issuer.example", "192.168.0.1", Err("a private address")),
            ("kubernetes.default.svc", "192.168.0.1", Ok(())),
            ("Kubernetes.Default.SVC", "192.168.0.1", Ok(())),
            ("a.kubernetes.default.svc", "192.168.0.1", Err("a private address")),
            ("issuer.example", "8.8.8.8", Ok(())),
        ] {
            assert_eq!(
                admit(&settings, host, address.parse().unwrap()),
                expected,
                "{host} {address}"
            );
        }
    }
}
