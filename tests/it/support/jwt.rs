//! An identity provider of the tests: keys that stand in this repository or are made at once, and the tokens that they sign.

#![expect(clippy::disallowed_types, reason = "tokens that the tests make")]

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use ring::rand::SystemRandom;
use ring::signature::{self, EcdsaKeyPair, KeyPair as _, RsaKeyPair, RsaPublicKeyComponents};
use serde_json::{Value, json};

/// The audience of RRSA.
pub const AUDIENCE: &str = "sts.aliyuncs.com";
pub const ISSUER: &str = "https://oidc-ack-cn-hangzhou.example.test/c0ffee";

/// A private key that was invented for tests.
#[derive(Debug)]
pub enum Signer {
    Rsa(RsaKeyPair),
    Ec(EcdsaKeyPair, &'static str),
}

impl Signer {
    pub fn rsa() -> Self {
        Self::of_pem(include_str!("keys/invented-rsa.pem"))
    }

    pub fn other_rsa() -> Self {
        Self::of_pem(include_str!("keys/invented-rsa-other.pem"))
    }

    fn of_pem(pem: &str) -> Self {
        let lines: String = pem.lines().filter(|line| !line.starts_with("-----")).collect();
        Self::Rsa(RsaKeyPair::from_pkcs8(&STANDARD.decode(lines).unwrap()).unwrap())
    }

    pub fn p256() -> Self {
        Self::ec(&signature::ECDSA_P256_SHA256_FIXED_SIGNING, "P-256")
    }

    pub fn p384() -> Self {
        Self::ec(&signature::ECDSA_P384_SHA384_FIXED_SIGNING, "P-384")
    }

    fn ec(algorithm: &'static signature::EcdsaSigningAlgorithm, curve: &'static str) -> Self {
        let random = SystemRandom::new();
        let document = EcdsaKeyPair::generate_pkcs8(algorithm, &random).unwrap();
        Self::Ec(EcdsaKeyPair::from_pkcs8(algorithm, document.as_ref(), &random).unwrap(), curve)
    }

    /// The public half as an entry of a set.
    pub fn jwk(&self) -> Value {
        match self {
            Self::Rsa(pair) => {
                let RsaPublicKeyComponents { n, e }: RsaPublicKeyComponents<Vec<u8>> =
                    pair.public_key().into();
                json!({"kty": "RSA", "n": encode(&n), "e": encode(&e)})
            }
            Self::Ec(pair, curve) => {
                let point = pair.public_key().as_ref();
                let half = point.len() / 2;
                let (x, y) = (encode(&point[1..=half]), encode(&point[half + 1..]));
                json!({"kty": "EC", "crv": curve, "x": x, "y": y})
            }
        }
    }

    /// The public half with a name.
    pub fn named(&self, id: &str) -> Value {
        with(self.jwk(), &[("kid", json!(id))])
    }

    /// Signs as `alg` says; whatever it says else, as RS256.
    pub fn sign(&self, algorithm: &str, text: &[u8]) -> Vec<u8> {
        let random = SystemRandom::new();
        match self {
            Self::Rsa(pair) => {
                let padding: &dyn signature::RsaEncoding = match algorithm {
                    "RS384" => &signature::RSA_PKCS1_SHA384,
                    "RS512" => &signature::RSA_PKCS1_SHA512,
                    "PS256" => &signature::RSA_PSS_SHA256,
                    "PS384" => &signature::RSA_PSS_SHA384,
                    "PS512" => &signature::RSA_PSS_SHA512,
                    _ => &signature::RSA_PKCS1_SHA256,
                };
                let mut signature = vec![0; pair.public().modulus_len()];
                pair.sign(padding, &random, text, &mut signature).unwrap();
                signature
            }
            Self::Ec(pair, _) => pair.sign(&random, text).unwrap().as_ref().to_vec(),
        }
    }

    /// A token with this header and these claims, as they are written.
    pub fn token_of(&self, header: &str, claims: &str) -> String {
        let signed = format!("{}.{}", encode(header.as_bytes()), encode(claims.as_bytes()));
        let algorithm = serde_json::from_str::<Value>(header).unwrap_or_default();
        let algorithm = algorithm["alg"].as_str().unwrap_or_default().to_owned();
        let signature = self.sign(&algorithm, signed.as_bytes());
        format!("{signed}.{}", encode(&signature))
    }

    /// A token that names the key `k1`.
    pub fn token(&self, claims: &Value) -> String {
        self.token_of(r#"{"alg":"RS256","kid":"k1"}"#, &claims.to_string())
    }
}

pub fn encode(bytes: &[u8]) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}

/// A set of these keys.
pub fn set(keys: &[Value]) -> String {
    json!({"keys": keys}).to_string()
}

/// An object with members changed; `null` removes one.
pub fn with(mut object: Value, changes: &[(&str, Value)]) -> Value {
    for (name, value) in changes {
        let members = object.as_object_mut().unwrap();
        if value.is_null() {
            members.remove(*name);
        } else {
            members.insert((*name).to_owned(), value.clone());
        }
    }
    object
}

/// What Kubernetes says of a pod, an hour from `now` on: the shape of the tokens that RRSA mounts (4.4).
pub fn pod(namespace: &str, account: &str, now: i64) -> Value {
    json!({
        "aud": [AUDIENCE],
        "exp": now + 3600,
        "iat": now,
        "iss": ISSUER,
        "jti": "5c0ae4e4-0c8f-4b25-a5a1-1b7f3c0a2d11",
        "kubernetes.io": {
            "namespace": namespace,
            "node": {"name": "cn-hangzhou.10.0.0.7", "uid": "0f5f8c8e-8a67-4a39-8f0a-8c3f3c9d1f3e"},
            "pod": {"name": "app-7d9c5b6f4-abcde", "uid": "7a0d3f51-7e4d-4b57-9d83-0c9f1a6b2e44"},
            "serviceaccount": {"name": account, "uid": "d1f0a6c2-2a7b-4a9c-8f64-3f5b1e7c9a20"},
        },
        "nbf": now,
        "sub": format!("system:serviceaccount:{namespace}:{account}"),
    })
}
