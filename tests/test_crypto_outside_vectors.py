"""Vectors that nobody here wrote (X-Wing draft, Wycheproof), through our own functions."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import mlkem, x25519

from crypto.errors import CryptoError, MalformedError
from crypto.signature import verify_bytes
from crypto.xwing import MLKEM_PUBLIC_SIZE, MLKEM_SHARE_SIZE, Identity, Recipient

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
        assert _shared_secret(vector) == bytes.fromhex(vector["ss"])


def _shared_secret(vector: dict[str, str]) -> bytes:
    """Decapsulate by the draft's own text; the library offers X-Wing only inside HPKE."""
    expanded = hashlib.shake_256(bytes.fromhex(vector["seed"])).digest(96)
    share, public = bytes.fromhex(vector["ct"]), bytes.fromhex(vector["pk"])
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
