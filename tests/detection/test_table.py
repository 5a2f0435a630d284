"""The table: figures of known distributions, and the same figures from the stored file."""

import numpy as np
import pytest

from foolery.detection.scores import REAL, SetScores, read_scores, write_scores
from foolery.detection.table import figures, make_table
from foolery.errors import UsageError

RNG = np.random.default_rng(5)
SHARED = RNG.normal(size=500)


def scores_of(name: str, values: np.ndarray, network: str = "net", seed: int = 0, fools=None) -> SetScores:
    fools = np.ones(len(values), bool) if fools is None else fools
    return SetScores(network, seed, "energy", name, values, fools)


def test_a_set_like_real_images_is_guessed():
    auroc, fpr, area = figures(SHARED, RNG.normal(size=4000))
    assert auroc == pytest.approx(0.5, abs=0.03)
    assert fpr == pytest.approx(0.95, abs=0.02)
    assert area == pytest.approx(0.5, abs=0.03)


def test_a_set_beyond_all_real_images_is_told_apart_and_one_before_them_passes():
    assert figures(SHARED, SHARED + 100.0) == pytest.approx([1.0, 0.0, 1.0])
    auroc, fpr, _ = figures(SHARED, SHARED - 100.0)
    assert (auroc, fpr) == (0.0, 1.0)


def test_auroc_and_fpr_are_those_of_scikit_learn():
    metrics = pytest.importorskip("sklearn.metrics", reason="scikit-learn is not installed")
    others = RNG.normal(1.0, 2.0, 300)
    labels = np.r_[np.zeros(500), np.ones(300)]
    values = np.r_[SHARED, others]
    auroc, fpr, _ = figures(SHARED, others)
    assert auroc == pytest.approx(metrics.roc_auc_score(labels, values))
    false, true, _ = metrics.roc_curve(1 - labels, -values, drop_intermediate=False)
    assert fpr == pytest.approx(false[np.argmax(true >= 0.95)])


def test_an_image_that_fools_nobody_counts_as_the_most_unusual():
    passing = np.full(10, SHARED.min())
    fools = np.arange(10) < 4
    row = make_table([scores_of(REAL, SHARED), scores_of("made", passing, fools=fools)]).rows[0]
    assert row.fpr95.value == pytest.approx(0.4)


def test_intervals_hold_the_mean_and_are_wider_where_networks_differ():
    def table(shift: float):
        units = [scores_of(REAL, SHARED, f"net{n}") for n in range(4)]
        units += [scores_of("made", RNG.normal(shift * n, 1.0, 200), f"net{n}") for n in range(4)]
        return make_table(units).row("energy", "made").auroc

    same, different = table(0.0), table(1.0)
    for each in (same, different):
        assert each.low <= each.value <= each.high
    assert different.high - different.low > 3 * (same.high - same.low)


def test_the_stored_file_gives_the_same_table_and_the_same_bytes(tmp_path):
    sets = [scores_of(REAL, SHARED), scores_of("made", RNG.normal(size=20), fools=np.arange(20) % 3 > 0)]
    write_scores(tmp_path / "a.csv.gz", sets)
    again = read_scores(tmp_path / "a.csv.gz")
    assert make_table(again).to_dict() == make_table(sets).to_dict()
    write_scores(tmp_path / "b.csv.gz", again)
    assert (tmp_path / "a.csv.gz").read_bytes() == (tmp_path / "b.csv.gz").read_bytes()


def test_champions_of_several_networks_are_one_set():
    sets = [scores_of(REAL, SHARED)]
    sets += [scores_of(f"transferred:{name}", np.zeros(5)) for name in ("a", "b")]
    row = make_table(sets).row("energy", "transferred")
    assert row.images == 10


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"no gzip", "cannot read"),
        ("", "first line is not network,seed"),
        ("network,seed,detector,set,image,fools,score\nlenet,0,msp\n", "line 2 has 3 columns"),
        ("network,seed,detector,set,image,fools,score\nlenet,x,msp,real,0,1,0.5\n", "cannot read"),
    ],
)
def test_a_file_that_is_none_is_refused(tmp_path, content, message):
    import gzip

    path = tmp_path / "scores.csv.gz"
    path.write_bytes(content if isinstance(content, bytes) else gzip.compress(content.encode()))
    with pytest.raises(UsageError, match=message):
        read_scores(path)


def test_a_set_without_real_images_is_refused():
    with pytest.raises(UsageError, match="no real images of net for the detector energy"):
        make_table([scores_of("made", SHARED)])
