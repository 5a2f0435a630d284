"""Seeded mutations of every format that travels: bytes, JSON, SQLite, zip members, names of files."""

import json
import os
import random
import sqlite3
import zipfile
from pathlib import Path

HOSTILE_TEXTS = (
    "\x1b[2J\x1b[1;1Hpassed", "<script>alert(1)</script>", "../../../etc/passwd", "/dev/zero", "\ud800",
    "\u202e", "x" * 100_000, "", "\0", "hf:org/net", "python:os:system", "a\nb", "%s%n{0}",
    "'; DROP TABLE run; --",
)  # fmt: skip
HOSTILE_NUMBERS = (0, -1, 2**31, 2**63, 2**64, 10**30, 1e308, -1e308, 0.5, 10**400)
RAW_NUMBERS = ("NaN", "Infinity", "-Infinity", "1e999", "9" * 5000, "[" * 2000 + "]" * 2000)


def mutate(file: Path, random_: random.Random) -> str:
    """Change a file by its format; returns in words what was done."""
    changes = {".json": [_json, _json, _json_raw], ".db": [_sqlite, _sqlite], ".npz": [_zip]}
    change = random_.choice(
        [*changes.get(file.suffix, [_bytes]), _bytes, _place][: 5 if random_.random() < 0.5 else 3]
    )
    return f"{file.name}: {change.__name__} {change(file, random_)}"


def _bytes(file: Path, random_: random.Random) -> str:
    content = bytearray(file.read_bytes())
    kind = random_.choice(("flip", "cut", "repeat", "insert"))
    if kind == "cut" or not content:
        content = content[: random_.randrange(len(content) + 1)]
    elif kind == "flip":
        for _ in range(random_.randrange(1, 9)):
            content[random_.randrange(len(content))] = random_.randrange(256)
    else:
        at = random_.randrange(len(content))
        part = content[at : at + 64] * random_.randrange(1, 99) if kind == "repeat" else random_.randbytes(9)
        content[at:at] = part
    file.write_bytes(content)
    return kind


def _places(value: object) -> list[tuple[object, object]]:
    found = []
    for key, each in value.items() if isinstance(value, dict) else enumerate(value):
        found.append((value, key))
        if isinstance(each, dict | list):
            found += _places(each)
    return found


def _json(file: Path, random_: random.Random) -> str:
    try:
        document = json.loads(file.read_text(encoding="utf-8"))
        holder, key = random_.choice(_places(document))
    except (ValueError, IndexError, TypeError, AttributeError):
        return _bytes(file, random_)
    choices = (*HOSTILE_TEXTS, *HOSTILE_NUMBERS, None, [], {}, True, [[]] * 3)
    kind = random_.choice(("set", "set", "delete", "twice"))
    if kind == "delete":
        del holder[key]
    elif kind == "twice" and isinstance(holder, list):
        holder.append(holder[key])
    else:
        holder[key] = random_.choice(choices)
    file.write_text(json.dumps(document), encoding="utf-8")
    return f"{kind} {str(key)[:20]}"


def _json_raw(file: Path, random_: random.Random) -> str:
    text = file.read_text(encoding="utf-8", errors="replace")
    digits = [at for at, each in enumerate(text) if each.isdigit() and not text[at - 1].isalnum()]
    if not digits:
        return _bytes(file, random_)
    at = random_.choice(digits)
    file.write_text(
        text[:at] + random_.choice(RAW_NUMBERS) + text[at + 1 :], encoding="utf-8", errors="replace"
    )
    return "raw number"


def _sqlite(file: Path, random_: random.Random) -> str:
    try:
        connection = sqlite3.connect(file)
        tables = [row[0] for row in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
        table = random_.choice(tables)
        columns = [row[1] for row in connection.execute(f"PRAGMA table_info({table})")]
        column = random_.choice(columns)
        number = random_.choice((float("inf"), -float("inf"), 2**63 - 1, -1, 1e308, None, 0))
        value = random_.choice((*HOSTILE_TEXTS[:4], *HOSTILE_TEXTS[6:], number, number, number, b"\xff" * 99))
        (text,) = connection.execute(f"SELECT {column} FROM {table} LIMIT 1").fetchone()
        if isinstance(text, str) and text.startswith("{"):
            document = json.loads(text)
            holder, key = random_.choice(_places(document))
            holder[key] = value if isinstance(value, str | int) else random_.choice(HOSTILE_NUMBERS)
            value = json.dumps(document)
        connection.execute(
            f"UPDATE {table} SET {column} = ? WHERE rowid IN (SELECT rowid FROM {table} LIMIT 1)", (value,)
        )
        connection.commit()
        return f"{table}.{column}"
    except (sqlite3.Error, TypeError, IndexError, UnicodeError, OverflowError):
        return _bytes(file, random_)
    finally:
        connection.close()


def _zip(file: Path, random_: random.Random) -> str:
    try:
        with zipfile.ZipFile(file) as archive:
            members = {name: archive.read(name) for name in archive.namelist()}
    except (OSError, zipfile.BadZipFile):
        return _bytes(file, random_)
    name = random_.choice(sorted(members))
    content = bytearray(members[name])
    content[random_.randrange(min(len(content), 120))] = random_.randrange(256)
    members[name] = bytes(content)
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        for each, content in members.items():
            archive.writestr(each, content)
    return name


def _place(file: Path, random_: random.Random) -> str:
    """Something else in the place of the file: a link out, a pipe, a device, a folder, nothing."""
    kind = random_.choice(("link", "pipe", "device", "folder", "nothing"))
    file.unlink()
    if kind == "link":
        file.symlink_to("/etc/hostname")
    elif kind == "pipe":
        os.mkfifo(file)
    elif kind == "device":
        file.symlink_to("/dev/zero")
    elif kind == "folder":
        file.mkdir()
    return kind
