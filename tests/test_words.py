"""The words: names in the code are the field's own, and the makers' private ones do not come back."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

import foolery

SOURCE = Path(foolery.__file__).parent
ROOT = Path(__file__).parents[1]
#: What the code once said, and what it says now.
SAY = {
    "yardstick": "reference, threshold", "keep95": "tpr95", "nonsense": "unrecognizable",
    "starter": "transfer", "brood": "offspring",
    "newborn": "offspring", "reign": "replacement",
    "crown": "replacement", "dethrone": "replace", "takeover": "replacement", "jumps": "improvements",
    "scribe": "writer thread", "ledger": "validation", "exhibit": "result", "showcase": "results",
    "pulse": "progress", "allowance": "budget", "trail": "result", "hopeless": "unavailable",
    "obstacle": "unavailable", "tally": "count", "remedies": "mitigations", "lane": "worker", "dice": "rng",
    "climb": "ascent", "refined": "memetic", "easel": "canvas", "shelf": "library",
}  # fmt: skip
#: What says nothing as a name: it is a noun of the thing that is meant.
PARTICIPLES = {"told", "known", "found", "said", "asked", "given", "made"}
#: Readers of older formats, which have to know the old words.
OLD = {SOURCE / "audit" / "schema_1.py", SOURCE / "runs" / "schema.py"}
FILES = sorted(set(SOURCE.rglob("*.py")) - OLD)


def names(tree: ast.AST) -> Iterator[str]:
    """Every name that a file binds or uses."""
    for node in ast.walk(tree):
        match node:
            case ast.Name(id=name) | ast.arg(arg=name) | ast.Attribute(attr=name):
                yield name
            case ast.FunctionDef(name=name) | ast.ClassDef(name=name):
                yield name


def private_words(name: str) -> set[str]:
    """The words of ``name`` that the code no longer uses."""
    words = {word.lower() for word in re.findall(r"[A-Z]?[a-z0-9]+", name)}
    return {word for word in SAY if word in words or f"{word}s" in words}


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(SOURCE)))
def test_names_are_the_field_s(path):
    for name in set(names(ast.parse(path.read_text(encoding="utf-8")))):
        assert name not in PARTICIPLES, f"{name}: what is it? Say that"
        for word in private_words(name):
            pytest.fail(f"{name}: for {word!r} say {SAY[word]}")


@pytest.mark.parametrize("word", ["yardstick", "keep95", "beats-real", "starter", "nonsense", "remedies"])
def test_no_text_that_users_read_has_an_old_word(word):
    texts = [*FILES, *SOURCE.rglob("*.html"), *SOURCE.rglob("*.js"), *ROOT.glob("docs/how-to/*.md")]
    texts += [ROOT / "README.md", ROOT / "CONTRIBUTING.md", ROOT / "docs" / "glossary.md"]
    for path in texts:
        assert not re.search(rf"\b{word}s?\b", path.read_text(encoding="utf-8"), re.IGNORECASE), path
