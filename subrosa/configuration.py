"""
Reading the configuration: one TOML file, refused as a whole when anything in it is unknown or ill-typed.

Relative paths are relative to the file.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import MISSING, fields
from pathlib import Path
from typing import Any, get_type_hints

from subrosa.errors import SettingsError
from subrosa.settings import Settings

DEFAULT = Path("subrosa.toml")


def load(path: Path) -> Settings:
    """
    Read the configuration at *path*.

    Raises:
        SettingsError: it is not there, not TOML, or has an unknown or ill-typed setting; names the setting.
    """
    try:
        tables = tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise SettingsError("there is no such file", hint="make a house with `subrosa init DIR`") from None
    except (OSError, UnicodeDecodeError):
        raise SettingsError("the file cannot be read") from None
    except tomllib.TOMLDecodeError as error:
        raise SettingsError(f"not TOML, {error}") from None
    base = path.resolve().parent
    sections = {f.name: f for f in fields(Settings) if f.name != "path"}
    for name in tables:
        if name not in sections:
            raise SettingsError(f"unknown section [{name}]")
    hints = get_type_hints(Settings)
    values = {name: _section(name, hints[name], tables.get(name, {}), base) for name in sections}
    return Settings(path=path.resolve(), **values)


def example(values: Mapping[str, Any] | None = None) -> str:
    """
    Write a configuration: every setting with why it exists, and its default unless *values* has another.

    *values* maps ``section.setting`` to a value of its type.
    """
    left = dict(values or {})
    lines = ["# Every setting with its default. Paths are relative to this file. Secrets never stand here."]
    hints = get_type_hints(Settings)
    for section in fields(Settings):
        if section.name == "path":
            continue
        kind = hints[section.name]
        lines += ["", f"# {(kind.__doc__ or '').strip()}", f"[{section.name}]"]
        for one in fields(kind):
            lines += [
                f"# {one.metadata['why']}",
                f"{one.name} = {write(left.pop(f'{section.name}.{one.name}', one.default))}",
            ]
    if left:
        raise ValueError(f"subrosa: no such setting: {', '.join(sorted(left))}")
    return "\n".join(lines) + "\n"


def write(value: Any) -> str:
    """Write one value as TOML."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int):
        return str(value)
    if isinstance(value, tuple):
        return "[" + ", ".join(write(one) for one in value) + "]"
    text = str(value).replace("\\", "\\\\").replace('"', '\\"')
    return f'"{text}"'


def _section(name: str, kind: type[Any], table: Any, base: Path) -> Any:
    """Read one section; whatever it leaves out takes its default."""
    if not isinstance(table, dict):
        raise SettingsError(f"[{name}] must be a section")
    known = {one.name: one for one in fields(kind)}
    hints = get_type_hints(kind)
    for key in table:
        if key not in known:
            raise SettingsError(f"unknown setting {name}.{key}")
    values = {}
    for key, one in known.items():
        assert one.default is not MISSING
        value = _value(f"{name}.{key}", hints[key], table[key]) if key in table else one.default
        values[key] = _anchored(value, base)
    if name == "database":
        values["url"] = _absolute(str(values["url"]), base)
    return kind(**values)


def _anchored(value: Any, base: Path) -> Any:
    """Let paths begin at the folder of the configuration."""
    if isinstance(value, tuple):
        return tuple(_anchored(one, base) for one in value)
    return base / value if isinstance(value, Path) else value


def _value(key: str, kind: Any, value: Any) -> Any:
    """Hold *value* against the type of its setting."""
    if kind is Path and isinstance(value, str):
        return Path(value)
    if kind == tuple[Path, ...] and isinstance(value, list) and all(type(one) is str for one in value):
        return tuple(map(Path, value))
    if kind in (str, int, bool) and type(value) is kind:
        return value
    if kind in (tuple[str, ...], tuple[int, ...]) and isinstance(value, list):
        inner = kind.__args__[0]
        if all(type(one) is inner for one in value):
            return tuple(value)
    raise SettingsError(f"{key} is of the wrong type")


def _absolute(url: str, base: Path) -> str:
    """Make the path of a relative SQLite address absolute."""
    head = "sqlite:///"
    if not url.startswith(head) or url.startswith(head + "/"):
        return url
    return f"{head}/{(base / url.removeprefix(head)).resolve().as_posix().lstrip('/')}"
