"""Shortened: references and commands without this machine's folders, for files that go to others."""

from __future__ import annotations

from pathlib import PurePath


def shortened(words: str) -> str:
    """A reference, a path or a whole command, each path in it by its last two parts at most.

    ``onnx:/home/me/models/net/model.onnx`` becomes ``onnx:net/model.onnx``. Parts of an ensemble
    (``ensemble:A+B``) and words of a command are shortened one by one.
    """
    return " ".join("+".join(map(_short, word.split("+"))) for word in words.split())


def _short(word: str) -> str:
    head, colon, path = word.rpartition(":")
    option, equals, rest = path.rpartition("=")
    parts = PurePath(rest).parts
    short = "/".join(parts[-2:]) if len(parts) > 2 else rest
    return f"{head}{colon}{option}{equals}{short}"
