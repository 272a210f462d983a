"""Vectors that nobody here wrote (X-Wing draft, HPKE, Wycheproof), through our own functions."""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import mlkem, x25519
from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305
from cryptography.hazmat.primitives.kdf.hkdf import HKDF, HKDFExpand

from crypto.encoding import encode
from crypto.errors import CryptoError, MalformedError, NotForUsError
from crypto.header import Stanza
from crypto.kdf import derive
from crypto.signature import verify_bytes
from crypto.xwing import MLKEM_PUBLIC_SIZE, MLKEM_SHARE_SIZE, STANZA, Identity, Recipient

GOOD_POINT = x25519.X25519PrivateKey.from_private_bytes(b"\x42" * 32).public_key().public_bytes_raw()


def _cases(shared: Path, name: str) -> Iterator[tuple[dict[str, Any], dict[str, Any]]]:
    for group in json.loads((shared / f"vectors/wycheproof/{name}_test.json").read_text())["testGroups"]:
        for case in group["tests"]:
            yield group, case


def test_a_seed_expands_to_the_recipient_of_the_x_wing_draft(shared: Path) -> None:
    vectors = json.loads((shared / "vectors/xwing.json").read_text())
    assert len(vectors) == 3
    for vector in vectors:
        identity = Identity.from_seed(bytes.fromhex(vector["seed"]))
        assert identity.recipient.raw == bytes.fromhex(vector["pk"])
        seed, share, public = (bytes.fromhex(vector[name]) for name in ("seed", "ct", "pk"))
        assert _shared_secret(seed, share, public) == bytes.fromhex(vector["ss"])


def test_a_file_key_is_wrapped_as_the_hpke_vector_says() -> None:
    """The vector fixes the key schedule, written here from RFC 9180; with age's `info` it opens a stanza."""
    vector = json.loads((Path(__file__).parent / "elsewhere" / "hpke_xwing.json").read_text())
    seed, public, share = (bytes.fromhex(vector[name]) for name in ("skRm", "pkRm", "enc"))
    identity = Identity.from_seed(seed)
    assert identity.recipient.raw == public
    secret = _shared_secret(seed, share, public)
    assert secret == bytes.fromhex(vector["shared_secret"])
    key, nonce = _key_schedule(secret, bytes.fromhex(vector["info"]))
    assert (key, nonce) == (bytes.fromhex(vector["key"]), bytes.fromhex(vector["base_nonce"]))
    first = vector["encryptions"][0]
    sealed, aad = bytes.fromhex(first["ct"]), bytes.fromhex(first["aad"])
    assert ChaCha20Poly1305(key).decrypt(nonce, sealed, aad) == bytes.fromhex(first["pt"])
    for info, opens in ((b"age-encryption.org/mlkem768x25519", True), (b"age-encryption.org/other", False)):
        key, nonce = _key_schedule(secret, info)
        stanza = Stanza(STANZA, (encode(share),), ChaCha20Poly1305(key).encrypt(nonce, bytes(range(16)), b""))
        if opens:
            assert identity.unwrap([stanza]) == bytes(range(16))
        else:
            with pytest.raises(NotForUsError):
                identity.unwrap([stanza])


def _key_schedule(secret: bytes, info: bytes) -> tuple[bytes, bytes]:
    """RFC 9180 §5.1, base mode, for X-Wing, HKDF-SHA256 and ChaCha20-Poly1305."""
    suite = b"HPKE" + (0x647A).to_bytes(2, "big") + (1).to_bytes(2, "big") + (3).to_bytes(2, "big")

    def extract(salt: bytes, label: bytes, material: bytes) -> bytes:
        return hmac.digest(salt or bytes(32), b"HPKE-v1" + suite + label + material, "sha256")

    def expand(key: bytes, label: bytes, about: bytes, length: int) -> bytes:
        told = length.to_bytes(2, "big") + b"HPKE-v1" + suite + label + about
        return HKDFExpand(hashes.SHA256(), length, told).derive(key)

    about = b"\0" + extract(b"", b"psk_id_hash", b"") + extract(b"", b"info_hash", info)
    root = extract(secret, b"secret", b"")
    return expand(root, b"key", about, 32), expand(root, b"base_nonce", about, 12)


def _shared_secret(seed: bytes, share: bytes, public: bytes) -> bytes:
    """Decapsulate by the draft's own text; the library offers X-Wing only inside HPKE."""
    expanded = hashlib.shake_256(seed).digest(96)
    lattice = mlkem.MLKEM768PrivateKey.from_seed_bytes(expanded[:64]).decapsulate(share[:MLKEM_SHARE_SIZE])
    point = x25519.X25519PublicKey.from_public_bytes(share[MLKEM_SHARE_SIZE:])
    curve = x25519.X25519PrivateKey.from_private_bytes(expanded[64:]).exchange(point)
    parts = lattice + curve + share[MLKEM_SHARE_SIZE:] + public[MLKEM_PUBLIC_SIZE:]
    return hashlib.sha3_256(parts + b"\\.//^\\").digest()


def test_a_recipient_with_coefficients_out_of_range_is_refused(shared: Path) -> None:
    refused = 0
    for _, case in _cases(shared, "mlkem_768_encaps"):
        raw = bytes.fromhex(case["ek"]) + GOOD_POINT
        if case["result"] == "valid":
            assert Recipient.parse(raw).raw == raw
            continue
        with pytest.raises(MalformedError):
            Recipient.parse(raw)
        refused += 1
    assert refused > 100


def test_a_recipient_with_a_low_order_point_is_refused(shared: Path) -> None:
    lattice = Identity.from_seed(bytes(32)).recipient.raw[:MLKEM_PUBLIC_SIZE]
    refused = 0
    for _, case in _cases(shared, "x25519"):
        raw = lattice + bytes.fromhex(case["public"])
        if case["shared"] == "00" * 32:
            with pytest.raises(MalformedError):
                Recipient.parse(raw)
            refused += 1
        elif case["result"] == "valid":
            assert Recipient.parse(raw).raw == raw
    assert refused > 10


def test_signatures_are_judged_as_wycheproof_judges_them(shared: Path) -> None:
    judged = {"valid": 0, "invalid": 0}
    for group, case in _cases(shared, "ed25519"):
        public, message = bytes.fromhex(group["publicKey"]["pk"]), bytes.fromhex(case["msg"])
        judged[case["result"]] += 1
        if case["result"] == "valid":
            verify_bytes(public, message, bytes.fromhex(case["sig"]))
        else:
            with pytest.raises(CryptoError):
                verify_bytes(public, message, bytes.fromhex(case["sig"]))
    assert min(judged.values()) > 20


# --- what we stand on: the library's own answers, judged by Wycheproof


def test_chunks_are_opened_as_wycheproof_judges_chacha20_poly1305(shared: Path) -> None:
    judged = {"valid": 0, "invalid": 0}
    for group, case in _cases(shared, "chacha20_poly1305"):
        if group["ivSize"] != 96:
            continue  # nonces of no other length are ever made
        key, nonce, aad, plain, body, tag = (
            bytes.fromhex(case[name]) for name in ("key", "iv", "aad", "msg", "ct", "tag")
        )
        judged[case["result"]] += 1
        if case["result"] == "valid":
            assert ChaCha20Poly1305(key).encrypt(nonce, plain, aad) == body + tag
            assert ChaCha20Poly1305(key).decrypt(nonce, body + tag, aad) == plain
        else:
            with pytest.raises(InvalidTag):
                ChaCha20Poly1305(key).decrypt(nonce, body + tag, aad)
    assert min(judged.values()) > 50


def test_keys_are_derived_as_wycheproof_judges_hkdf(shared: Path) -> None:
    ours = 0
    for _, case in _cases(shared, "hkdf_sha256"):
        secret, salt, info = (bytes.fromhex(case[name]) for name in ("ikm", "salt", "info"))
        if case["result"] == "invalid":
            with pytest.raises(ValueError, match=r"length|large"):
                HKDF(hashes.SHA256(), case["size"], salt, info).derive(secret)
            continue
        assert HKDF(hashes.SHA256(), case["size"], salt, info).derive(secret).hex() == case["okm"]
        if info.isascii():
            found = derive(secret, info.decode("ascii"), salt=salt, length=case["size"])
            assert found.hex() == case["okm"]
            ours += 1
    assert ours > 10


def test_the_lattice_half_is_judged_as_wycheproof_judges_it(shared: Path) -> None:
    judged = {"valid": 0, "invalid": 0}
    for _, case in _cases(shared, "mlkem_768"):
        judged[case["result"]] += 1
        if case["result"] == "valid":
            key = mlkem.MLKEM768PrivateKey.from_seed_bytes(bytes.fromhex(case["seed"]))
            assert key.public_key().public_bytes_raw().hex() == case["ek"]
            assert key.decapsulate(bytes.fromhex(case["c"])).hex() == case["K"]
        else:
            with pytest.raises(ValueError, match=r"length|seed|ciphertext|bytes|invalid"):
                mlkem.MLKEM768PrivateKey.from_seed_bytes(bytes.fromhex(case["seed"])).decapsulate(
                    bytes.fromhex(case["c"])
                )
    assert min(judged.values()) > 20
    for _, case in _cases(shared, "mlkem_768_keygen_seed"):
        key = mlkem.MLKEM768PrivateKey.from_seed_bytes(bytes.fromhex(case["seed"]))
        assert key.public_key().public_bytes_raw().hex() == case["ek"]
