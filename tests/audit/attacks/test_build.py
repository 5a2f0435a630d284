"""Building: whose champions come first, and which runs cannot be used."""

import numpy as np
import pytest

from foolery.audit.attacks.build import built
from foolery.classifiers import load_classifier
from foolery.engine.evolve import evolve
from foolery.errors import UsageError
from support.exhibits import exhibit


def test_classifiers_take_turns_and_each_begins_with_its_most_certain(pack, runs):
    prints = [run.settings.fingerprint for run in runs]
    assert [each.source.fingerprint for each in pack.starters] == prints * 8
    for place, run in enumerate(runs):
        sure = [each.confidence for each in pack.starters[place::2]]
        assert sure == sorted((one.confidence for one in run.champions.values()), reverse=True)[:8]


def test_every_class_comes_before_any_class_comes_twice():
    runs = [evolve(load_classifier("lenet"), generations=3, batch=20, seed=seed) for seed in (0, 1)]
    pack = built(runs, most=20)
    assert len(pack) == 20
    assert sorted(each.label for each in pack.starters[:10]) == sorted(runs[0].champions)
    better = np.array([each.confidence for each in pack.starters[:10]])
    assert (np.diff(better) <= 0).all()


def test_a_run_given_twice_adds_nothing(runs, pack):
    again = built([*runs, *runs], most=8)
    assert [each.genome for each in again.starters] == [each.genome for each in pack.starters]


def test_uncertain_champions_are_left_out(runs):
    sure = [one.confidence for run in runs for one in run.champions.values()]
    least = float(np.median(sure))
    pack = built(runs, most=100, least=least)
    assert len(pack) == sum(each >= least for each in sure)


def test_sources_say_how_a_run_was_made_without_this_machines_folders(runs):
    source = built(runs, most=1).sources[0]
    assert (source.classifier, source.command) == ("lenet", "foolery evolve -c lenet")
    assert (source.seed, source.queries, source.canvas) == (0, 100, (1, 28, 28))
    reference = "onnx:/home/me/models/net/model.onnx"
    far = exhibit(classifier=reference, commands=(f"foolery evolve -c {reference} --out /tmp/far/away/run",))
    source = built([far], most=1).sources[0]
    assert source.classifier == "onnx:net/model.onnx"
    assert source.command == "foolery evolve -c onnx:net/model.onnx --out away/run"


@pytest.mark.parametrize("words", [{"encoding": "direct"}, {"name": "centered"}])
def test_other_encodings_and_coordinates_are_refused(words):
    run = exhibit(**words)
    if words.get("name"):
        run.settings.encoding_options["coordinates"] = "centered"
    with pytest.raises(UsageError, match=f"starter pack: {run.name} is no run of cppn with raw"):
        built([run], most=1)
