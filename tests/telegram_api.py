"""
Hold calls and answers against a machine-readable description of the Bot API.

The description is not ours: it stands beside the checkout (``telegram/api.json``), and
tests that use it skip where it is absent. A value fits only if every field is known,
every required one is there, and all have the type the description names.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

Json = Any


class MismatchError(AssertionError):
    """A call or an answer is not what the Bot API describes; says where, never what stood there."""


class Specification:
    """Check values against the Bot API's types and methods."""

    def __init__(self, description: dict[str, Any]) -> None:
        self.methods: dict[str, Any] = description["methods"]
        self.types: dict[str, Any] = description["types"]
        self._names = {name.lower(): name for name in self.methods}

    @classmethod
    def load(cls, path: Path) -> Specification:
        """Read a description from a file."""
        return cls(json.loads(path.read_text(encoding="utf-8")))

    def check_call(self, method: str, params: dict[str, Json]) -> None:
        """Raise unless *method* exists and *params* fit it; values of a form may be strings of JSON."""
        described = self.methods[self._method(method)]
        fields = {field["name"]: field for field in described.get("fields", [])}
        for name, value in params.items():
            if name not in fields:
                raise MismatchError(f"{method}: no such parameter: {name}")
            self._any_of(_unwrap(value, fields[name]["types"]), fields[name]["types"], f"{method}.{name}")
        for name, field in fields.items():
            if field["required"] and name not in params:
                raise MismatchError(f"{method}: {name} is missing")

    def check_result(self, method: str, result: Json) -> None:
        """Raise unless *result* is what *method* returns."""
        described = self.methods[self._method(method)]
        self._any_of(result, described["returns"], f"{method} →")

    def check_answer(self, method: str, answer: dict[str, Json]) -> None:
        """Raise unless *answer* is the envelope the Bot API sends, good or bad."""
        if answer.get("ok") is True:
            self.check_result(method, answer["result"])
            left = set(answer) - {"ok", "result", "description"}
        else:
            if not isinstance(answer.get("error_code"), int) or not isinstance(
                answer.get("description"), str
            ):
                raise MismatchError(f"{method}: a refusal lacks its code or words")
            if "parameters" in answer:
                self.check(answer["parameters"], "ResponseParameters")
            left = set(answer) - {"ok", "error_code", "description", "parameters"}
        if left:
            raise MismatchError(f"{method}: the envelope carries {sorted(left)}")

    def check(self, value: Json, kind: str, where: str = "") -> None:
        """Raise unless *value* is of the type the description calls *kind*."""
        where = where or kind
        if kind.startswith("Array of "):
            if not isinstance(value, list):
                raise MismatchError(f"{where}: not a list")
            for number, each in enumerate(value):
                self.check(each, kind.removeprefix("Array of "), f"{where}[{number}]")
        elif kind in self.types:
            self._object(value, kind, where)
        elif not _is_plain(value, kind):
            raise MismatchError(f"{where}: not {kind}")

    def _object(self, value: Json, kind: str, where: str) -> None:
        described = self.types[kind]
        if described.get("subtypes"):
            self._any_of(value, described["subtypes"], where)
            return
        if kind == "InputFile":
            return
        if not isinstance(value, dict):
            raise MismatchError(f"{where}: not an object")
        fields = {field["name"]: field for field in described.get("fields", [])}
        for name in value:
            if name not in fields:
                raise MismatchError(f"{where}: {kind} has no field {name}")
            self._any_of(value[name], fields[name]["types"], f"{where}.{name}")
        for name, field in fields.items():
            if field["required"] and name not in value:
                raise MismatchError(f"{where}: {kind} lacks {name}")

    def _any_of(self, value: Json, kinds: list[str], where: str) -> None:
        complaints = []
        for kind in kinds:
            try:
                self.check(value, kind, where)
            except MismatchError as error:
                complaints.append(str(error))
            else:
                return
        raise MismatchError("; or ".join(complaints))

    def _method(self, name: str) -> str:
        if name.lower() not in self._names:
            raise MismatchError(f"no such method: {name}")
        return self._names[name.lower()]


def _is_plain(value: Json, kind: str) -> bool:
    match kind:
        case "Integer":
            return isinstance(value, int) and not isinstance(value, bool)
        case "Float":
            return isinstance(value, int | float) and not isinstance(value, bool)
        case "Boolean" | "True":
            return isinstance(value, bool)
        case "String":
            return isinstance(value, str)
        case _:
            raise MismatchError(f"the description names an unknown type {kind}")


def _unwrap(value: Json, kinds: list[str]) -> Json:
    """Return what a form's string stands for, where a string is not what is asked."""
    if not isinstance(value, str) or "String" in kinds:
        return value
    try:
        return json.loads(value)
    except ValueError:
        return value
