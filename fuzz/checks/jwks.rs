//! JWK sets. Each key is used or not, a token is verified by one key or by none, and a naive reader finds the same names.
#![expect(clippy::disallowed_types, reason = "the naive reader is not the one that is checked")]

use ramgate::federation::{Algorithm, KEYS_MAX, KeyName, KeySet, SET_BYTES_MAX};
use serde_json::Value;

pub fn check(input: &[u8]) {
    let Ok(set) = KeySet::parse(input) else { return };
    assert!(input.len() <= SET_BYTES_MAX);
    let naive: Value = serde_json::from_slice(input).expect("it was read");
    let entries = naive["keys"].as_array().expect("it was read");
    assert!(entries.len() <= KEYS_MAX);
    assert_eq!(set.len() + set.unusable().len(), entries.len());
    let named = |id: &str| entries.iter().filter(|entry| entry["kid"] == id).count();
    let ids = entries.iter().filter_map(|entry| entry["kid"].as_str());
    for algorithm in Algorithm::ALL {
        for id in ids.clone() {
            let wanted = KeyName { id: Some(id.into()), algorithm };
            assert!(set.find(&wanted).is_none() || named(id) > 0);
        }
        let unnamed = set.find(&KeyName { id: None, algorithm }).is_some();
        assert!(!unnamed || !set.is_empty());
        let kind = if algorithm.as_str().starts_with("ES") { "EC" } else { "RSA" };
        let of_kind = entries.iter().filter(|entry| entry["kty"] == kind).count();
        assert!(!unnamed || of_kind > 0);
    }
}
