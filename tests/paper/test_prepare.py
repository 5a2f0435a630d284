"""Prepare: everything that is missing is said at once, before anything runs."""

import pytest

from foolery.errors import UsageError
from foolery.install import install_command
from foolery.paper.cost import Cost, CostItem
from foolery.paper.experiment import (
    ClassifierRequirement,
    DataRequirement,
    Judgement,
    Reproduction,
    ReproductionOutcome,
    Requirements,
)
from foolery.paper.prepare import ReproduceOptions, prepare_reproductions
from foolery.paper.verdicts import Claim

pytest.importorskip("onnxruntime", reason="the extra onnx is not installed")

DIGITS = ClassifierRequirement("digits", "lenet", "a classifier of digits")
OTHER = ClassifierRequirement("digits-b", "lenet-b", "another one")
PHOTOS = ClassifierRequirement("photos", None, "a classifier of many classes")
MAYBE = ClassifierRequirement("photos", None, "a classifier of many classes", required=False)
LABELLED = DataRequirement("photos", None, "labelled photos")


def make(name="one", classifiers=(DIGITS,), data=(), packages=()):
    return Reproduction(
        name=name,
        title=name,
        place="3.1",
        scale_multiplies="the runs",
        seeds=5,
        requirements=Requirements(tuple(classifiers), tuple(data), tuple(packages)),
        claims=(Claim("it", "it is so", "3.1", "1"),),
        cost=lambda scale, seeds: Cost((CostItem("digits", seeds),)),
        run=lambda context: ReproductionOutcome({}),
        judge=lambda figures: Judgement((), ()),
    )


def ready(reproductions, tmp_path, **wishes):
    return prepare_reproductions(reproductions, ReproduceOptions(**wishes), tmp_path)


def test_defaults_are_loaded(tmp_path):
    (found,) = ready([make()], tmp_path)
    assert found.context.classifiers["digits"].description.name == "lenet"
    assert found.context.seeds == 5
    assert found.references == {"digits": "lenet"}
    (fewer,) = ready([make()], tmp_path, seeds=4, scale=0.5)
    assert (fewer.context.seeds, fewer.context.scale) == (4, 0.5)


def test_a_reference_without_a_role_is_for_what_has_no_default_else_for_the_first(tmp_path):
    both = make("two", (DIGITS, PHOTOS))
    first, second = ready([make("one", (DIGITS, OTHER)), both], tmp_path, classifiers={"": "lenet-b"})
    assert first.references == {"digits": "lenet-b", "digits-b": "lenet-b"}
    assert second.references == {"digits": "lenet", "photos": "lenet-b"}


def test_a_reference_with_a_role_is_for_that_role(tmp_path):
    (found,) = ready([make("one", (DIGITS, OTHER))], tmp_path, classifiers={"digits-b": "lenet"})
    assert found.references == {"digits": "lenet", "digits-b": "lenet"}
    assert found.context.classifiers["digits"] is found.context.classifiers["digits-b"], "loaded once"


def test_what_may_be_left_out_is_left_out(tmp_path):
    (found,) = ready([make("one", (DIGITS, MAYBE))], tmp_path)
    assert set(found.context.classifiers) == {"digits"}


def test_everything_that_is_missing_is_said_in_one_line(tmp_path):
    asked = [
        make("one", (PHOTOS,), (LABELLED,)),
        make("two", packages=(("no_such_package", "paper"),)),
    ]
    with pytest.raises(UsageError) as error:
        ready(asked, tmp_path)
    said = str(error.value)
    assert "one: needs a classifier of many classes; name one with --classifier photos=REF" in said
    assert "one: needs labelled photos; name them with --data photos=DATA" in said
    assert f"two: no_such_package is not installed; run: {install_command('paper')}" in said
    assert "\n" not in said


@pytest.mark.parametrize(
    ("wishes", "message"),
    [
        ({"classifiers": {"photo": "lenet"}}, "--classifier: no experiment here has 'photo'; .*digits"),
        ({"classifiers": {"": "lenett"}}, "one: classifier: 'lenett' is unknown; did you mean lenet"),
        ({"data": {"": "mnist"}}, "--data: one takes none"),
        ({"scale": 0.0}, "scale: expected a number above 0"),
        ({"scale": float("nan")}, "scale: expected a number above 0"),
        ({"seeds": 0}, "seeds: expected a whole number from 1 to 10000, got 0"),
    ],
)
def test_wishes_that_make_no_sense_are_refused(tmp_path, wishes, message):
    with pytest.raises(UsageError, match=message):
        ready([make()], tmp_path, **wishes)


def test_nothing_is_written_by_preparing(tmp_path):
    ready([make()], tmp_path)
    assert list(tmp_path.iterdir()) == []
