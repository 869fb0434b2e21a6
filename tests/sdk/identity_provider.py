"""An identity provider: its keys as a JWK set, and the tokens of service accounts in the form that Kubernetes gives them (RRSA)."""
import json
import time

from Crypto.Hash import SHA256
from Crypto.PublicKey import RSA
from Crypto.Signature import pkcs1_15

from minting import text

ISSUER = "https://oidc.sdk-run.example"
AUDIENCE = "sts.aliyuncs.com"
SUBJECT = "system:serviceaccount:shop:checkout"


class IdentityProvider:
    def __init__(self):
        self.key, self.kid = RSA.generate(2048), "sdk-run-1"

    def key_set(self):
        number = lambda value: text(value.to_bytes((value.bit_length() + 7) // 8, "big"))
        return json.dumps({"keys": [{"kty": "RSA", "use": "sig", "alg": "RS256", "kid": self.kid, "n": number(self.key.n), "e": number(self.key.e)}]})

    def token(self, subject=SUBJECT):
        now = int(time.time())
        claims = {"aud": [AUDIENCE], "exp": now + 3600, "iat": now, "iss": ISSUER, "nbf": now, "sub": subject}
        signed = ".".join(text(json.dumps(part).encode()) for part in ({"alg": "RS256", "kid": self.kid}, claims))
        return signed + "." + text(pkcs1_15.new(self.key).sign(SHA256.new(signed.encode())))
