"""Images without a search: each is scored once, and the best are drawn again."""

import numpy as np
import pytest

from foolery.audit.attacks.base import NOTHING_MORE, AttackBudget, AttackContext
from foolery.audit.attacks.single_shot import FILE, SingleShotState, score_images
from foolery.errors import UsageError
from foolery.search.objectives import margins
from support.plain import Plain, noise

IMAGES = noise(330, seed=4)


def draw_images(first, count):
    return IMAGES[first : first + count]


def run(plain, runs, queries, report=lambda queries, batch: None):
    """The attack called ``noise``."""
    context = AttackContext(plain, np.arange(3), seed=0, runs=runs, threshold=1.0)
    return score_images("noise", draw_images, context, AttackBudget(queries, 60.0, report))


FOLDER = "noise-seed-0"


def test_it_keeps_the_best_of_every_class(tmp_path):
    plain = Plain()
    result = run(plain, tmp_path, 330)
    leads = margins(plain.scores(IMAGES))
    assert result.values.tolist() == leads.max(axis=0).tolist()
    assert (result.draw(np.arange(3)) == IMAGES[leads.argmax(axis=0)]).all()
    for index in range(3):
        passes = np.flatnonzero(leads[:, index] >= 1.0)
        batch_end = min(330, (passes[0] // 100 + 1) * 100) if len(passes) else np.inf
        assert result.queries_to_fool[index] == batch_end


def test_interrupted_it_scores_only_what_is_left(tmp_path):
    class KilledError(Exception):
        pass

    def stop(queries, batch):
        if queries:
            raise KilledError

    first, second = Plain(), Plain()
    with pytest.raises(KilledError):
        run(first, tmp_path / "a", 330, stop)
    again = run(second, tmp_path / "a", 330)
    assert (first.asked, second.asked) == ([100], [100, 100, 30])
    whole = run(Plain(), tmp_path / "b", 330)
    assert again.values.tolist() == whole.values.tolist()
    assert again.queries_to_fool.tolist() == whole.queries_to_fool.tolist()
    assert (again.draw(np.arange(3)) == whole.draw(np.arange(3))).all()


def test_what_is_kept_is_had_without_a_query(tmp_path):
    whole, mute = run(Plain(), tmp_path, 330), Plain()
    context = AttackContext(mute, np.arange(3), seed=0, runs=tmp_path, threshold=1.0)
    kept = score_images("noise", draw_images, context, NOTHING_MORE)
    assert mute.asked == []
    assert (kept.queries, kept.values.tolist()) == (330, whole.values.tolist())


def test_every_batch_is_announced_before_it_is_scored(tmp_path):
    reports = []
    run(Plain(), tmp_path, 330, lambda queries, batch: reports.append((queries, batch)))
    assert reports == [(0, 100), (100, 100), (200, 100), (300, 100), (330, 100)]


def test_a_damaged_file_is_named(tmp_path):
    run(Plain(), tmp_path, 100)
    (tmp_path / FOLDER / FILE).write_text('{"queries": 3')
    with pytest.raises(UsageError, match=rf"{FILE} is damaged"):
        SingleShotState.read(tmp_path / FOLDER, 3)


def test_a_file_of_other_classes_is_refused(tmp_path):
    run(Plain(), tmp_path, 100)
    with pytest.raises(UsageError, match="has 3 classes, expected 4"):
        SingleShotState.read(tmp_path / FOLDER, 4)
