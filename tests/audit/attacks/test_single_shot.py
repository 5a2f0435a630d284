"""Attacks without a search: each picture is asked about once, and the best are drawn again."""

import numpy as np
import pytest

from foolery.audit.attacks.single_shot import FILE, SingleShotState, score_images
from foolery.errors import UsageError
from foolery.search.objectives import Margin, margins
from support.plain import Plain, noise

PICTURES = noise(330, seed=4)


def paint(first, count):
    return PICTURES[first : first + count]


def ask(plain, folder, queries, pulse=lambda queries: None):
    return score_images(
        plain,
        Margin(range(3)),
        paint,
        folder,
        queries=queries,
        seconds=60.0,
        threshold=1.0,
        on_progress=pulse,
    )


def test_it_keeps_the_best_of_every_class(tmp_path):
    plain = Plain()
    trail = ask(plain, tmp_path, 330).result(paint)
    found = margins(plain.scores(PICTURES))
    assert trail.values.tolist() == found.max(axis=0).tolist()
    assert (trail.draw(np.arange(3)) == PICTURES[found.argmax(axis=0)]).all()
    for index in range(3):
        passes = np.flatnonzero(found[:, index] >= 1.0)
        batch_end = min(330, (passes[0] // 100 + 1) * 100) if len(passes) else np.inf
        assert trail.queries_to_fool[index] == batch_end


def test_interrupted_it_asks_only_about_what_is_left(tmp_path):
    class KilledError(Exception):
        pass

    def stop(queries):
        raise KilledError

    first, second = Plain(), Plain()
    with pytest.raises(KilledError):
        ask(first, tmp_path / "a", 330, stop)
    again = ask(second, tmp_path / "a", 330)
    assert (first.asked, second.asked) == ([100], [100, 100, 30])
    whole = ask(Plain(), tmp_path / "b", 330)
    assert again.numbers.tolist() == whole.numbers.tolist()
    assert again.queries_to_fool.tolist() == whole.queries_to_fool.tolist()


def test_a_damaged_file_is_named(tmp_path):
    ask(Plain(), tmp_path, 100)
    (tmp_path / FILE).write_text('{"queries": 3')
    with pytest.raises(UsageError, match=rf"{FILE} is damaged"):
        SingleShotState.read(tmp_path, 3)


def test_a_file_of_other_classes_is_refused(tmp_path):
    ask(Plain(), tmp_path, 100)
    with pytest.raises(UsageError, match="has 3 classes, expected 4"):
        SingleShotState.read(tmp_path, 4)
