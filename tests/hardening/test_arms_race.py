import json
import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from foolery.classifiers import load_classifier
from foolery.errors import FooleryError, UsageError
from foolery.hardening import harden, read_arms_race
from foolery.hardening.config import FOOLING_CLASS, IMAGES_FILE
from foolery.hardening.loop import run_arms_race
from foolery.hardening.rounds import Round, RoundImages
from foolery.training.recipes import RECIPES, InverseDecay
from hardening.conftest import SMALL


def images_of(folder: Path, number: int) -> RoundImages:
    return RoundImages.read(folder / f"round-{number:02d}" / IMAGES_FILE)


def network(folder: Path, number: int):
    return load_classifier(f"onnx:{folder / f'round-{number:02d}' / 'network.onnx'}")


def test_the_fooling_class_grows_by_the_images_of_every_round_before(held):
    _, rounds = held
    first, later = 3 * 20 * 2, 2 * 20 * 2  # runs, images of each, copies
    assert [each.fooling_images for each in rounds] == [0, first, first + later]
    assert [each.training_images for each in rounds] == [2000, 2000 + first, 2000 + first + later]


def test_networks_after_the_first_have_one_class_more(held):
    folder, _ = held
    assert network(folder, 1).description.classes == tuple("0123456789")
    for number in (2, 3):
        assert network(folder, number).description.classes == (*"0123456789", FOOLING_CLASS)


def test_images_are_for_the_real_classes_and_confidences_are_the_network_s_own(held):
    folder, _ = held
    for number, runs in ((1, 3), (2, 2), (3, 2)):
        fooling, asked = images_of(folder, number), network(folder, number)
        assert fooling.last_images.shape == (runs, 10, 1, 28, 28)
        for images, sure in (
            (fooling.first_images, fooling.first_confidence),
            (fooling.last_images, fooling.last_confidence),
        ):
            scores = np.exp(asked.scores(images.reshape(-1, 1, 28, 28)))[:, :10].reshape(runs, 10, 10)
            np.testing.assert_allclose(scores[:, range(10), range(10)], sure, rtol=1e-5)
        assert (fooling.last_confidence >= fooling.first_confidence).all()


def test_a_round_sums_up_its_images_and_its_errors(held, few):
    folder, rounds = held
    for each in rounds:
        sure = images_of(folder, each.number).last_confidence[: SMALL.reported_runs]
        assert each.median_confidence == pytest.approx(np.median(sure))
        assert each.fooled["0.5"] == pytest.approx((sure >= 0.5).mean())
        answers = network(folder, each.number).scores(few[1].canvases).argmax(axis=1)
        assert each.test_error == pytest.approx((answers != few[1].labels).mean())
        assert each.real_as_fooling == pytest.approx((answers == 10).mean())


def test_a_race_held_again_is_the_same(held, few, tmp_path):
    _, rounds = held
    again = run_arms_race(SMALL, tmp_path / "again", train_data=few[0], test_data=few[1])
    timeless = {"seconds"}
    assert [each.model_dump(exclude=timeless) for each in again] == [
        each.model_dump(exclude=timeless) for each in rounds
    ]


def broken_off(folder: Path, where: Path, gone: tuple[str, ...]) -> Path:
    """A copy of the race as it is when it stops in its second round, without the files ``gone``."""
    shutil.copytree(folder, where)
    shutil.rmtree(where / "round-03")
    for name in gone:
        (where / "round-02" / name).unlink()
    return where


@pytest.mark.parametrize(
    "gone",
    [
        ("round.json",),
        ("round.json", "images.npz"),
        ("round.json", "images.npz", "network.card.json"),
    ],
)
def test_a_race_goes_on_wherever_it_stopped(held, few, tmp_path, gone):
    folder, rounds = held
    where = broken_off(folder, tmp_path / "stopped", gone)
    kept = (where / "round-01" / "network.safetensors").stat().st_mtime_ns
    resumed = run_arms_race(SMALL, where, train_data=few[0], test_data=few[1], resume=True)
    assert [each.median_confidence for each in resumed] == [each.median_confidence for each in rounds]
    assert (where / "round-01" / "network.safetensors").stat().st_mtime_ns == kept


def test_a_race_can_be_made_longer_and_then_shows_what_a_longer_one_shows(held, few, tmp_path):
    _, rounds = held
    shorter = SMALL.model_copy(update={"rounds": 2, "reported": 2})
    run_arms_race(shorter, tmp_path / "race", train_data=few[0], test_data=few[1])
    longer = run_arms_race(SMALL, tmp_path / "race", train_data=few[0], test_data=few[1], resume=True)
    assert [each.median_confidence for each in longer] == [each.median_confidence for each in rounds]


def test_nothing_is_overwritten_and_other_settings_are_refused(held, few):
    folder, _ = held
    before = (folder / "arms_race.json").read_text()
    for contest, resume, said in (
        (SMALL, False, "holds an arms race already; give --resume"),
        (SMALL.model_copy(update={"batch": 61}), True, "other settings"),
    ):
        with pytest.raises(UsageError, match=said):
            run_arms_race(contest, folder, train_data=few[0], test_data=few[1], resume=resume)
    assert (folder / "arms_race.json").read_text() == before


def test_damaged_images_are_named(held, few, tmp_path):
    where = broken_off(held[0], tmp_path / "stopped", ("round.json",))
    (where / "round-01" / "images.npz").write_bytes(b"PK\x03\x04 nothing")
    with pytest.raises(UsageError, match=r"images\.npz: damaged"):
        run_arms_race(SMALL, where, train_data=few[0], test_data=few[1], resume=True)


def test_acet_lowers_the_confidence_in_noise(few, tmp_path):
    contest = SMALL.model_copy(
        update={"method": "acet", "start": "lenet", "rounds": 2, "iterations": 60, "copies": 1}
    )
    rounds = run_arms_race(
        contest, tmp_path / "race", train_data=few[0], test_data=few[1], command="foolery harden …"
    )
    plain, hardened = (network(tmp_path / "race", number) for number in (1, 2))
    noise = np.random.default_rng(0).integers(0, 256, (200, 1, 28, 28)).astype(np.uint8)
    before, after = (np.exp(each.scores(noise).max(axis=1)).mean() for each in (plain, hardened))
    assert after < before - 0.1
    assert rounds[1].test_error < 0.2
    card = json.loads((tmp_path / "race" / "round-02" / "network.card.json").read_text())
    assert card["made_by"] == "foolery harden …"
    assert "Fine-tuned by ACET" in card["notes"]


def test_a_round_is_read_as_it_was_written(held):
    folder, rounds = held
    assert Round.read(folder / "round-02" / "round.json") == rounds[1]


def test_fine_tuning_gives_a_pretrained_network_one_class_more(few, tmp_path):
    contest = SMALL.model_copy(
        update={"method": "fine-tune", "start": "lenet", "rounds": 2, "iterations": 150, "copies": 10}
    )
    rounds = run_arms_race(contest, tmp_path / "race", train_data=few[0], test_data=few[1])
    tuned = network(tmp_path / "race", 2)
    assert tuned.description.classes == (*"0123456789", FOOLING_CLASS)
    assert [each.fooling_images for each in rounds] == [0, 3 * 20 * 10]
    images = images_of(tmp_path / "race", 1).training_images(3)
    before = load_classifier("lenet").scores(images).argmax(axis=1)
    assert (tuned.scores(images).argmax(axis=1) == 10).mean() > 0.9
    assert (before < 10).all()
    assert rounds[1].test_error < rounds[0].test_error + 0.05
    assert not (tmp_path / "race" / "round-01" / "network.onnx").exists()
    card = json.loads((tmp_path / "race" / "round-02" / "network.card.json").read_text())
    assert card["notes"].startswith("From lenet, fine-tuned, not trained from scratch.")


def test_training_that_diverges_keeps_the_rounds_before_and_can_be_gone_on_with(few, tmp_path, monkeypatch):
    shorter = SMALL.model_copy(update={"rounds": 1, "reported": 2})
    run_arms_race(shorter, tmp_path / "race", train_data=few[0], test_data=few[1])
    good = RECIPES["lenet"]
    with monkeypatch.context() as patched:
        patched.setitem(
            RECIPES, "lenet", replace(good, schedule=InverseDecay(rate=1e9, gamma=0.0, power=1.0))
        )
        with pytest.raises(FooleryError, match=r"the loss is (nan|inf) at step \d+"):
            run_arms_race(SMALL, tmp_path / "race", train_data=few[0], test_data=few[1], resume=True)
    assert (tmp_path / "race" / "round-01" / "round.json").is_file()
    assert not (tmp_path / "race" / "round-02" / "network.card.json").exists()
    assert len(run_arms_race(SMALL, tmp_path / "race", train_data=few[0], test_data=few[1], resume=True)) == 3


def test_one_call_prepares_runs_and_returns_it_all(mnist_train, tmp_path):
    seen, notes = [], []
    race = harden(
        "lenet",
        runs=2,
        generations=3,
        batch=50,
        iterations=20,
        out=tmp_path / "race",
        on_progress=lambda label, done, total: seen.append(label),
        on_note=notes.append,
    )
    assert (race.name, race.config.method, [each.fooling_images for each in race.rounds]) == (
        "race", "class", [0, 40],
    )  # fmt: skip
    assert race.classifier().description.classes[-1] == FOOLING_CLASS
    assert notes == ["2 networks, 800 queries, 2 trainings"]
    assert "round 2: training" in seen
    assert read_arms_race(tmp_path / "race") == race
    assert json.loads(json.dumps(race.to_dict()))["rounds"][1]["fooling_images"] == 40
    assert "<td>DNN 2</td>" in race._repr_html_()
