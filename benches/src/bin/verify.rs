//! Time of verifying one recorded request of every scheme, against the bare MACs and digests of the same bytes.
//!
//! `verify [ROUNDS [NAME]]`; with a name only the schemes that have it in theirs.

use std::hint::black_box;
use std::time::Duration;

use hmac::{Hmac, KeyInit, Mac};
use ramgate::ident::SecretKey;
use ramgate_benches::recordings::{Recording, one_each};
use ramgate_benches::timing::{Case, case, judge, ratio, run};
use sha1::Sha1;
use sha2::{Digest, Sha256};
use sm3::Sm3;

fn main() {
    let rounds = std::env::args().nth(1).map_or(21, |text| text.parse().expect("rounds"));
    let wanted = std::env::args().nth(2).unwrap_or_default();
    let mut recordings = one_each();
    recordings.retain(|recording| recording.scheme.as_str().contains(&wanted));
    let mut cases: Vec<Case> = recordings.iter().flat_map(cases_of).collect();
    cases.extend(body_cases());
    run(&mut cases, rounds, Duration::from_millis(10));

    println!("nanoseconds, medians of {rounds} rounds; in brackets how many times as long as bare");
    for recording in &recordings {
        let named = |what: &str| case(&cases, &name(recording, what));
        let times = |what| {
            let [_, ratio, _] = ratio(named(what), named("bare"));
            format!("{:6.0} ({ratio:4.2})", named(what).median())
        };
        println!(
            "{:18} bare {:6.0}, verify {}, wrong signature {}, identify and verify {}   {}",
            recording.scheme.as_str(),
            named("bare").median(),
            times("verify"),
            times("wrong"),
            times("whole"),
            recording.id,
        );
    }
    println!();
    for recording in recordings.iter().filter(|recording| !is_rsa(recording)) {
        let named = |what: &str| case(&cases, &name(recording, what));
        let times = ratio(named("verify"), named("bare"));
        judge(
            &format!("{} at most 2 times bare", recording.scheme.as_str()),
            times,
            times[1] <= 2.0,
        );
    }
    for kibibytes in [64, 1024] {
        let named = |what: &str| case(&cases, &format!("{what} {kibibytes} KiB"));
        let times = ratio(named("check"), named("SHA-256"));
        judge(
            &format!("a body of {kibibytes} KiB at most 1.05 times bare"),
            times,
            times[1] <= 1.05,
        );
    }
}

fn name(recording: &Recording, what: &str) -> String {
    format!("{} {what}", recording.scheme.as_str())
}

/// The library of RSA is timed as it is: no bare one is better.
fn is_rsa(recording: &Recording) -> bool {
    recording.scheme.as_str().contains("RSA")
}

fn cases_of(recording: &Recording) -> Vec<Case<'_>> {
    let claim = recording.identify();
    assert!(recording.verify(&claim).is_ok(), "{}", recording.id);
    let other = SecretKey::from("v3ctorSecretOfAnother0123456789abc");
    let (for_wrong, for_whole) = (claim.clone(), recording);
    let bare = Bare::new(recording);
    vec![
        Case::new(name(recording, "bare"), move |_| {
            black_box(bare.run());
        }),
        Case::new(name(recording, "verify"), move |_| {
            black_box(recording.verify(black_box(&claim))).expect("it fits");
        }),
        Case::new(name(recording, "wrong"), move |_| {
            black_box(recording.verify_with(black_box(&for_wrong), &other))
                .expect_err("another key");
        }),
        Case::new(name(recording, "whole"), move |_| {
            let claim = for_whole.identify();
            black_box(for_whole.verify(black_box(&claim))).expect("it fits");
        }),
    ]
}

/// What cannot be left out: the digest of the canonical request, where the scheme has one, the keys of the chain, and
/// the MAC of the string to sign.
struct Bare {
    hash: Hash,
    canonical: Option<Vec<u8>>,
    chain: Vec<String>,
    secret: Vec<u8>,
    text: String,
}

enum Hash {
    Sha1,
    Sha256,
    Sm3,
}

impl Bare {
    fn new(recording: &Recording) -> Self {
        let scheme = recording.scheme.as_str();
        let claim = recording.identify();
        let text = recording.texts(&claim).swap_remove(0);
        let hash = match scheme {
            "ACS3-HMAC-SM3" => Hash::Sm3,
            _ if text.starts_with("ACS3") || text.contains("4-HMAC-SHA256") => Hash::Sha256,
            "OSS-V2" | "OSS-V2-PRESIGN" | "OTS-V4" | "OSS-POST-V4" => Hash::Sha256,
            _ if scheme.contains("SHA256") || scheme.starts_with("FC2") => Hash::Sha256,
            _ => Hash::Sha1,
        };
        let derived = scheme.contains("V4");
        let chain =
            if derived { ["20261122", "cn-hangzhou", "oss", "aliyun_v4_request"] } else { [""; 4] };
        Self {
            hash,
            canonical: recording.canonical_bytes(&claim).map(|length| vec![b'x'; length]),
            chain: chain
                .iter()
                .filter(|part| !part.is_empty())
                .map(|part| (*part).to_owned())
                .collect(),
            secret: recording.secret.expose().to_vec(),
            text,
        }
    }

    fn run(&self) -> [u8; 32] {
        match self.hash {
            Hash::Sha1 => {
                let mut out = [0; 32];
                out[..20].copy_from_slice(&mac::<Hmac<Sha1>>(&self.secret, self.text.as_bytes()));
                out
            }
            Hash::Sha256 => {
                black_box(self.canonical.as_ref().map(Sha256::digest));
                let mut key: [u8; 32] = [0; 32];
                for (index, part) in self.chain.iter().enumerate() {
                    let before = if index == 0 { &self.secret[..] } else { &key[..] };
                    key =
                        mac::<Hmac<Sha256>>(before, part.as_bytes()).try_into().expect("32 bytes");
                }
                let key = if self.chain.is_empty() { &self.secret[..] } else { &key[..] };
                mac::<Hmac<Sha256>>(key, self.text.as_bytes()).try_into().expect("32 bytes")
            }
            Hash::Sm3 => {
                black_box(self.canonical.as_ref().map(Sm3::digest));
                mac::<Hmac<Sm3>>(&self.secret, self.text.as_bytes()).try_into().expect("32 bytes")
            }
        }
    }
}

fn mac<M: Mac + KeyInit>(key: &[u8], text: &[u8]) -> hmac::digest::Output<M> {
    let mac = <M as KeyInit>::new_from_slice(black_box(key)).expect("any length");
    mac.chain_update(black_box(text)).finalize().into_bytes()
}

fn body_cases() -> Vec<Case<'static>> {
    let claim = one_each()
        .iter()
        .find(|r| r.scheme.as_str() == "ACS3-HMAC-SHA256")
        .expect("ACS3")
        .identify();
    let of = |kibibytes: usize| {
        let body = vec![b'x'; kibibytes * 1024];
        let (same, claim) = (body.clone(), claim.clone());
        [
            Case::new(format!("SHA-256 {kibibytes} KiB"), move |_| {
                black_box(Sha256::digest(black_box(&body)));
            }),
            Case::new(format!("check {kibibytes} KiB"), move |_| {
                black_box(ramgate::signature::check_body(&claim, black_box(&same)))
                    .expect_err("another body");
            }),
        ]
    };
    [64, 1024].into_iter().flat_map(of).collect()
}
