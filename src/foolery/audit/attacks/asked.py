"""Asked: the champions of the shipped pack as an audit asks them."""

from __future__ import annotations

from foolery.audit.attacks.single_shot import Painter
from foolery.audit.attacks.transfer import StarterPack, starter_pack
from foolery.audit.attacks.unsearched import drawn_from
from foolery.classifiers.base import Classifier
from foolery.encodings import make_encoding


def starters_for(classifier: Classifier, pack: StarterPack | None = None) -> tuple[Painter, int] | None:
    """Pictures of the champions of ``pack`` by number, on the classifier's canvas, and how many there are.

    Those that were evolved on this very classifier are left out: their queries were spent, though not here.

    Args:
        classifier: that is audited.
        pack: the shipped one if None.

    Returns:
        None where no champion can be drawn.
    """
    known = classifier.description
    encoding = make_encoding("cppn", known.canvas)
    chosen = starter_pack() if pack is None else pack
    count = len(chosen.fitting(encoding, without=known.fingerprint))
    if not count:
        return None
    return drawn_from(encoding, chosen.genomes(encoding, without=known.fingerprint), count)
