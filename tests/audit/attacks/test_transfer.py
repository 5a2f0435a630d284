"""The pack: a file that keeps champions, and who may ask them."""

import lzma

import numpy as np
import pytest

from foolery.audit.attacks.transfer import SHIPPED, StarterPack, starter_pack
from foolery.canvas import CanvasShape
from foolery.encodings import make_encoding
from foolery.errors import UsageError

GRAY, COLOR = CanvasShape(1, 28, 28), CanvasShape(3, 16, 16)


def test_a_pack_is_read_as_it_was_written(pack, tmp_path):
    pack.write(tmp_path / "pack.xz")
    again = StarterPack.read(tmp_path / "pack.xz")
    assert again.sources == pack.sources
    assert [each.genome for each in again.starters] == [each.genome for each in pack.starters]
    assert [each.label for each in again.starters] == [each.label for each in pack.starters]
    assert [each.confidence for each in again.starters] == pytest.approx(
        [each.confidence for each in pack.starters], abs=1e-4
    )


def test_genomes_draw_what_the_champions_were(pack, runs):
    shown = {one.genome: one.canvas for run in runs for one in run.champions.values()}
    encoding = make_encoding("cppn", GRAY)
    drawn = encoding.render(pack.genomes(encoding))
    assert len(drawn) == len(pack) == 16
    for starter, canvas in zip(pack.starters, drawn, strict=True):
        assert np.array_equal(canvas, shown[starter.genome])


def test_a_network_is_not_asked_its_own_champions(pack, runs):
    encoding, own = make_encoding("cppn", GRAY), runs[0].settings.fingerprint
    left = pack.fitting(encoding, without=own)
    assert {each.source.fingerprint for each in left} == {runs[1].settings.fingerprint}
    assert len(left) == 8


@pytest.mark.parametrize(("name", "canvas"), [("cppn", COLOR), ("direct", GRAY)])
def test_no_champion_fits_another_encoding_or_other_channels(pack, name, canvas):
    encoding = make_encoding(name, canvas)
    assert pack.fitting(encoding) == ()
    assert len(make_encoding("cppn", COLOR).render(pack.genomes(make_encoding("cppn", COLOR)))) == 0


@pytest.mark.parametrize("harm", ["no xz", "other format", "cut off", "no genomes"])
def test_a_damaged_file_is_refused(pack, tmp_path, harm):
    file = tmp_path / "pack.xz"
    pack.write(file)
    line, _, body = lzma.decompress(file.read_bytes()).partition(b"\n")
    file.write_bytes({
        "no xz": b"hello",
        "other format": lzma.compress(b'{"foolery_starters": 99}\n'),
        "cut off": file.read_bytes()[:-40],
        "no genomes": lzma.compress(line + b"\n" + body[:-1]),
    }[harm])  # fmt: skip
    with pytest.raises(UsageError, match="starter pack"):
        StarterPack.read(file)


def test_the_shipped_pack_is_small_and_says_where_every_champion_comes_from():
    shipped = starter_pack()
    assert SHIPPED.stat().st_size < 600_000
    assert len({source.fingerprint for source in shipped.sources}) > 3
    for source in shipped.sources:
        assert source.command.startswith(("foolery ", "python "))
        assert source.queries > 0
        assert not any(word.startswith("/") for word in source.command.split()), source.command
    assert len({each.genome for each in shipped.starters}) == len(shipped)


@pytest.mark.parametrize("canvas", [GRAY, COLOR])
def test_every_shipped_genome_can_be_drawn(canvas):
    encoding = make_encoding("cppn", canvas)
    drawn = encoding.render(starter_pack().genomes(encoding))
    assert len(drawn) > 50
    assert len(np.unique(drawn.reshape(len(drawn), -1), axis=0)) > 0.8 * len(drawn)


def test_shipped_champions_fool_the_network_that_they_were_evolved_on():
    pytest.importorskip("onnxruntime", reason="the extra onnx is not installed")
    from foolery.classifiers import load_classifier

    classifier = load_classifier("lenet")
    known, encoding = classifier.description, make_encoding("cppn", GRAY)
    own = [each for each in starter_pack().starters if each.source.fingerprint == known.fingerprint]
    assert own
    scores = classifier.scores(encoding.render(encoding.unpack([each.genome for each in own])))
    claimed = [known.classes.index(each.label) for each in own]
    found = np.exp(scores[np.arange(len(own)), claimed])
    assert found == pytest.approx([each.confidence for each in own], abs=1e-3)
