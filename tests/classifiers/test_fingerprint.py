import hashlib
import json
from pathlib import Path

import pytest

from foolery.classifiers.card import Card
from foolery.classifiers.fingerprint import fingerprint

CARD = Card.model_validate(
    {
        "name": "net",
        "kind": "softmax",
        "classes": ("a", "b"),
        "preprocessing": {
            "canvas": {"channels": 1, "height": 4, "width": 4},
            "mean": (0.0,),
            "std": (1.0,),
            "channel_order": "gray",
        },
    }
)


@pytest.fixture
def weights(tmp_path: Path) -> list[Path]:
    files = [tmp_path / "graph", tmp_path / "external"]
    for file in files:
        file.write_bytes(file.name.encode())
    return files


def test_everything_that_decides_a_score_counts(weights):
    seen = {fingerprint(weights, CARD)}
    seen.add(fingerprint(weights[:1], CARD))
    seen.add(fingerprint(weights, CARD.model_copy(update={"classes": ("b", "a")})))
    seen.add(fingerprint(weights, CARD.model_copy(update={"kind": "sigmoid"})))
    for field, value in {"scale": 0.5, "mean": (0.1,), "layout": "nhwc"}.items():
        how = CARD.preprocessing.model_copy(update={field: value})
        seen.add(fingerprint(weights, CARD.model_copy(update={"preprocessing": how})))
    weights[1].write_bytes(b"Xternal")
    seen.add(fingerprint(weights, CARD))
    assert len(seen) == 8
    assert all(len(mark) == 64 for mark in seen)


def test_names_and_notes_do_not_count(weights):
    other = CARD.model_copy(update={"name": "other", "notes": "better", "test_error": 0.0})
    assert fingerprint(weights, other) == fingerprint(weights, CARD)
    moved = weights[0].rename(weights[0].with_name("moved"))
    assert fingerprint([moved, weights[1]], CARD) == fingerprint([moved, weights[1]], other)


@pytest.mark.parametrize("change", [{"output": "probabilities"}, {"output_name": "y"}, {"background": 1}])
def test_fields_of_later_versions_count_where_they_are_used(weights, change):
    assert fingerprint(weights, CARD.model_copy(update=change)) != fingerprint(weights, CARD)


def test_the_fingerprints_of_shipped_networks_stay(weights):
    said = {
        "preprocessing": CARD.preprocessing.model_dump(
            mode="json",
            exclude={"resize", "fill", "orientation", "per_image"},  # they came later
        ),
        "kind": "softmax",
        "classes": ["a", "b"],
    }
    digest = hashlib.sha256()
    for file in weights:
        digest.update(hashlib.sha256(file.read_bytes()).digest())
    digest.update(json.dumps(said, sort_keys=True).encode())
    assert fingerprint(weights, CARD) == digest.hexdigest()


@pytest.mark.parametrize(
    "change", [{"resize": "squash"}, {"fill": 114}, {"orientation": "upright"}, {"per_image": True}]
)
def test_ways_of_preprocessing_of_later_versions_count_where_they_are_used(weights, change):
    how = CARD.preprocessing.model_copy(update=change)
    assert fingerprint(weights, CARD.model_copy(update={"preprocessing": how})) != fingerprint(weights, CARD)
