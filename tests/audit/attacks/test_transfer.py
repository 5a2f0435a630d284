"""The transfer attack: a file that keeps champions, and which classifiers they are tried on."""

from __future__ import annotations

import lzma

import numpy as np
import pytest

from foolery.audit import AuditConfig, run_audit
from foolery.audit.attacks.transfer import transfer_images
from foolery.audit.attacks.transfer_champions import (
    SHIPPED,
    TransferChampions,
    collect_champions,
    shipped_champions,
)
from foolery.canvas import CanvasShape
from foolery.classifiers import load_classifier
from foolery.encodings import make_encoding
from foolery.engine.evolution import evolve
from foolery.errors import UsageError
from support.results import run_result

GRAY, COLOR = CanvasShape(1, 28, 28), CanvasShape(3, 16, 16)


def test_a_pack_is_read_as_it_was_written(pack, tmp_path):
    pack.write(tmp_path / "pack.xz")
    again = TransferChampions.read(tmp_path / "pack.xz")
    assert again.sources == pack.sources
    assert [each.genome for each in again.champions] == [each.genome for each in pack.champions]
    assert [each.label for each in again.champions] == [each.label for each in pack.champions]
    assert [each.confidence for each in again.champions] == pytest.approx(
        [each.confidence for each in pack.champions], abs=1e-4
    )


def test_genomes_draw_what_the_champions_were(pack, runs):
    shown = {one.genome: one.canvas for run in runs for one in run.champions.values()}
    encoding = make_encoding("cppn", GRAY)
    drawn = encoding.render(pack.genomes(encoding))
    assert len(drawn) == len(pack) == 16
    for champion, canvas in zip(pack.champions, drawn, strict=True):
        assert np.array_equal(canvas, shown[champion.genome])


def test_a_network_is_not_asked_its_own_champions(pack, runs):
    encoding, own = make_encoding("cppn", GRAY), runs[0].settings.fingerprint
    left = pack.compatible(encoding, exclude=own)
    assert {each.source.fingerprint for each in left} == {runs[1].settings.fingerprint}
    assert len(left) == 8


@pytest.mark.parametrize(("name", "canvas"), [("cppn", COLOR), ("direct", GRAY)])
def test_no_champion_fits_another_encoding_or_other_channels(pack, name, canvas):
    encoding = make_encoding(name, canvas)
    assert pack.compatible(encoding) == ()
    assert len(make_encoding("cppn", COLOR).render(pack.genomes(make_encoding("cppn", COLOR)))) == 0


@pytest.mark.parametrize("harm", ["no xz", "other format", "cut off", "no genomes"])
def test_a_damaged_file_is_refused(pack, tmp_path, harm):
    file = tmp_path / "pack.xz"
    pack.write(file)
    line, _, body = lzma.decompress(file.read_bytes()).partition(b"\n")
    file.write_bytes({
        "no xz": b"hello",
        "other format": lzma.compress(b'{"foolery_transfer_champions": 99}\n'),
        "cut off": file.read_bytes()[:-40],
        "no genomes": lzma.compress(line + b"\n" + body[:-1]),
    }[harm])  # fmt: skip
    with pytest.raises(UsageError, match="transfer champions"):
        TransferChampions.read(file)


def test_the_shipped_pack_is_small_and_says_where_every_champion_comes_from():
    shipped = shipped_champions()
    assert SHIPPED.stat().st_size < 600_000
    assert len({source.fingerprint for source in shipped.sources}) > 3
    for source in shipped.sources:
        assert source.command.startswith(("foolery ", "python "))
        assert source.queries > 0
        assert not any(word.startswith("/") for word in source.command.split()), source.command
    assert len({each.genome for each in shipped.champions}) == len(shipped)


@pytest.mark.parametrize("canvas", [GRAY, COLOR])
def test_every_shipped_genome_can_be_drawn(canvas):
    encoding = make_encoding("cppn", canvas)
    drawn = encoding.render(shipped_champions().genomes(encoding))
    assert len(drawn) > 50
    assert len(np.unique(drawn.reshape(len(drawn), -1), axis=0)) > 0.8 * len(drawn)


def test_shipped_champions_fool_the_network_that_they_were_evolved_on():
    pytest.importorskip("onnxruntime", reason="the extra onnx is not installed")
    from foolery.classifiers import load_classifier

    classifier = load_classifier("lenet")
    known, encoding = classifier.description, make_encoding("cppn", GRAY)
    own = [each for each in shipped_champions().champions if each.source.fingerprint == known.fingerprint]
    assert own
    scores = classifier.scores(encoding.render(encoding.unpack([each.genome for each in own])))
    claimed = [known.classes.index(each.label) for each in own]
    audit = np.exp(scores[np.arange(len(own)), claimed])
    assert audit == pytest.approx([each.confidence for each in own], abs=1e-3)


def test_pictures_are_drawn_on_the_canvas_of_whoever_asks(pack):
    paint, count = transfer_images(load_classifier("lenet-b"), pack)
    assert count == 16
    whole = paint(0, count)
    assert whole.shape == (16, 1, 28, 28)
    assert np.array_equal(np.concatenate([paint(0, 5), paint(5, 11)]), whole)


def test_its_own_champions_are_not_among_them(pack):
    _, count = transfer_images(load_classifier("lenet"), pack)
    assert count == 8


def test_without_a_champion_that_fits_there_is_nothing_to_ask(pack):
    pytest.importorskip("onnxruntime", reason="the extra onnx is not installed")
    assert transfer_images(load_classifier("cifar"), pack) is None
    assert transfer_images(load_classifier("lenet"), TransferChampions(())) is None


def test_an_audit_tries_the_shipped_champions(mnist, tmp_path):
    classifier = load_classifier("lenet")
    _, count = transfer_images(classifier)
    config = AuditConfig(
        out=tmp_path / "audit",
        budget=2000,
        attacks=["transfer"],
        data=mnist,
        max_images=500,
        panel=(),
        mitigations=False,
    )
    audit = run_audit(classifier, config)
    (attack,) = audit.attacks
    assert (attack.name, attack.status, attack.queries) == ("transfer", "finished", count)
    assert attack.fooled_at_tpr95 > 0
    assert {one.attack for one in audit.champions} == {"transfer"}


def test_classifiers_take_turns_and_each_begins_with_its_most_certain(pack, runs):
    prints = [run.settings.fingerprint for run in runs]
    assert [each.source.fingerprint for each in pack.champions] == prints * 8
    for place, run in enumerate(runs):
        sure = [each.confidence for each in pack.champions[place::2]]
        assert sure == sorted((one.confidence for one in run.champions.values()), reverse=True)[:8]


def test_every_class_comes_before_any_class_comes_twice():
    runs = [evolve(load_classifier("lenet"), generations=3, batch=20, seed=seed) for seed in (0, 1)]
    pack = collect_champions(runs, max_per_classifier=20)
    assert len(pack) == 20
    assert sorted(each.label for each in pack.champions[:10]) == sorted(runs[0].champions)
    better = np.array([each.confidence for each in pack.champions[:10]])
    assert (np.diff(better) <= 0).all()


def test_a_run_given_twice_adds_nothing(runs, pack):
    again = collect_champions([*runs, *runs], max_per_classifier=8)
    assert [each.genome for each in again.champions] == [each.genome for each in pack.champions]


def test_uncertain_champions_are_left_out(runs):
    sure = [one.confidence for run in runs for one in run.champions.values()]
    least = float(np.median(sure))
    pack = collect_champions(runs, max_per_classifier=100, min_confidence=least)
    assert len(pack) == sum(each >= least for each in sure)


def test_sources_say_how_a_run_was_made_without_this_machines_folders(runs):
    source = collect_champions(runs, max_per_classifier=1).sources[0]
    assert (source.classifier, source.command) == ("lenet", "foolery evolve -c lenet")
    assert (source.seed, source.queries, source.canvas) == (0, 100, (1, 28, 28))
    reference = "onnx:/home/me/models/net/model.onnx"
    far = run_result(
        classifier=reference, commands=(f"foolery evolve -c {reference} --out /tmp/far/away/run",)
    )
    source = collect_champions([far], max_per_classifier=1).sources[0]
    assert source.classifier == "onnx:net/model.onnx"
    assert source.command == "foolery evolve -c onnx:net/model.onnx --out away/run"


@pytest.mark.parametrize("words", [{"encoding": "direct"}, {"name": "centered"}])
def test_other_encodings_and_coordinates_are_refused(words):
    run = run_result(**words)
    if words.get("name"):
        run.settings.encoding_options["coordinates"] = "centered"
    with pytest.raises(UsageError, match=f"transfer champions: {run.name} is no run of cppn with raw"):
        collect_champions([run], max_per_classifier=1)
