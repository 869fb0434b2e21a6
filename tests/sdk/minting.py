"""A session that was issued a while ago: sealed here, by another implementation than the gate's (the format is in docs/tokens.md).

A session lasts 15 minutes at least, no clock is turned anywhere, and nobody wants to wait. The ring is that of a deployment which has
run for an hour.
"""
import base64
import json
import secrets

from Crypto.Cipher import ChaCha20_Poly1305
from Crypto.Hash import SHA256
from Crypto.Protocol.KDF import HKDF
from Crypto.PublicKey import ECC
from Crypto.Signature import eddsa

ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
RAN_SECONDS = 3600


def text(data):
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def data(word):
    return base64.urlsafe_b64decode(word + "=" * (-len(word) % 4))


def derived(key, info):
    return HKDF(key, 32, b"", SHA256, context=info)


def age(ring):
    """Has the ring of this file begun an hour ago."""
    content = json.loads(ring.read_text())
    for entry in content["entries"]:
        entry["not_before"] -= RAN_SECONDS
    ring.write_text(json.dumps(content))


# ------------------------------------------------------------------ deterministic CBOR, as much as a payload needs
def cbor_head(major, number):
    for size, extra in ((0, 24), (1, 24), (2, 25), (4, 26), (8, 27)):
        if size == 0 and number < 24:
            return bytes([major << 5 | number])
        if size and number < 1 << 8 * size:
            return bytes([major << 5 | extra]) + number.to_bytes(size, "big")
    raise ValueError(number)


def cbor(value):
    if isinstance(value, int):
        return cbor_head(0, value)
    if isinstance(value, str):
        return cbor_head(3, len(value.encode())) + value.encode()
    return cbor_head(5, len(value)) + b"".join(cbor(key) + cbor(value[key]) for key in sorted(value))


# ------------------------------------------------------------------ a session
def seal(entry, issuer, payload):
    """A token of version 2."""
    header = b"RG\x02" + bytes.fromhex(entry["kid"])
    signature = eddsa.new(issuer, "rfc8032").sign(b"ramgate/sts/v2/sig\0" + header + payload)
    nonce = secrets.token_bytes(24)
    cipher = ChaCha20_Poly1305.new(key=derived(data(entry["key"]), b"ramgate/sts/v1/seal"), nonce=nonce)
    cipher.update(header)
    sealed, tag = cipher.encrypt_and_digest(payload + signature)
    return text(header + nonce + sealed + tag)


def session(ring, issuer_key, role, user, issued, seconds=900):
    """A session of `role` that `user` (each a pair of name and id) obtained at `issued`: id, secret and token."""
    entry = json.loads(ring.read_text())["entries"][0]
    issuer = ECC.construct(curve="Ed25519", seed=data(issuer_key.read_text().strip()))
    access_key = "STS.RG" + "".join(secrets.choice(ALPHABET) for _ in range(26))
    payload = cbor({1: 1, 2: access_key, 3: issued, 4: issued + seconds, 5: entry["account"], 6: role[1], 7: role[0], 8: "long-ago", 9: 1,
                    10: entry["account"], 11: user[1], 14: 0})
    secret = derived(derived(data(entry["key"]), b"ramgate/sts/v1/secret"), b"ak\0" + access_key.encode())
    return {"id": access_key, "secret": text(secret), "token": seal(entry, issuer, payload)}
