import pytest

from foolery.data import match_classes
from foolery.data.class_matching import match_by_name, position_note
from foolery.errors import UsageError


@pytest.mark.parametrize(
    ("data", "classifier", "index", "by"),
    [
        (["cat", "dog"], ["cat", "dog"], [0, 1], "name"),
        (["cat", "dog"], ["dog", "cat"], [1, 0], "name"),
        (["Great_White_Shark", "tench "], ["tench", "great white shark"], [1, 0], "name"),
        (["dog"], ["cat", "dog", "owl"], [1], "name"),
        (
            ["Tinca tinca", "goldfish"],
            ["owl", "tench, Tinca tinca", "goldfish, Carassius auratus"],
            [1, 2],
            "name",
        ),
        (["n01", "n02"], ["tench", "goldfish"], [0, 1], "position"),
        (["Cardigan", "TENCH"], ["cardigan", "tench", "Cardigan"], [2, 1], "name"),
        (["crane", "owl", "crane"], ["crane", "owl", "crane"], [0, 1, 2], "name"),
        (["cat", "hound"], ["cat", "dog"], [0, 1], "name"),
        (
            ["owl", "crane", "eel", "crane", "cat"],
            ["owl", "crane (bird)", "eel", "crane (machine)", "cat", "fooling image"],
            [0, 1, 2, 3, 4],
            "name",
        ),
    ],
)
def test_names_match_by_position_where_nothing_says_otherwise_else_by_name(data, classifier, index, by):
    match = match_classes(data, classifier)
    assert (match.index.tolist(), match.by) == (index, by)


@pytest.mark.parametrize(
    ("data", "classifier", "said"),
    [
        (
            ["0", "1", "2"],
            ["0", "1"],
            r"1 of its 3 class names match none, or several, of the 2 of net: 2 \(it has 0, 1",
        ),
        (["crane"], ["crane", "owl", "crane"], "crane"),
        (["owl", "hound"], ["owl", "dog", "fooling image"], "1 of its 2 class names .*: hound"),
        (["cat", "owl"], ["dog", "cat"], "1 of its 2 class names .*: owl"),
        ([str(n) for n in range(9)], ["a"], "9 of its 9 .*: 0, 1, 2, 3, 4, …"),
        (
            ["tench", "Tinca tinca"],
            ["tench, Tinca tinca", "owl", "eel"],
            "two of its class names mean the same",
        ),
    ],
)
def test_what_does_not_match_is_listed(data, classifier, said):
    with pytest.raises(UsageError, match=said) as caught:
        match_classes(data, classifier, "net")
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("data", "classifier", "placed"),
    [
        (["cat", "dog"], ["cat", "dog"], ()),
        (["cat", "hound", "owl"], ["cat", "dog", "owl"], (1,)),
        (["n01", "n02"], ["tench", "goldfish"], ()),
        (["tench", "owl"], ["tench, Tinca tinca", "owl"], ()),
        (["crane", "owl", "crane"], ["crane (bird)", "owl", "crane (machine)"], ()),
    ],
)
def test_names_that_were_taken_by_their_place_are_told(data, classifier, placed):
    match = match_classes(data, classifier)
    assert match.by_position == placed
    said = position_note(match, data, classifier)
    if placed:
        assert said == "1 of the data's 3 names are no class, and were taken by their place: hound as dog"
    elif match.by == "position":
        pairs = "n01 as tench, n02 as goldfish"
        assert said == f"no class name agrees: the 2 classes were matched by position alone: {pairs}"
    else:
        assert said is None


@pytest.mark.parametrize(
    ("names", "classifier", "places"),
    [
        (["cat", "dog"], ["Dog", "eel"], [-1, 0]),
        (["cat", "dog"], ["a", "b"], [-1, -1]),
        (["cat", "dog"], ["cat", "eel"], [0, -1]),
        (["crane", "owl"], ["crane", "owl", "crane"], [-1, 1]),
        (["tench", "eel"], ["eel", "tench, Tinca tinca"], [1, 0]),
        (["crane", "owl", "crane"], ["crane", "owl", "crane"], [0, 1, 2]),
    ],
)
def test_of_lists_that_agree_in_part_what_is_known_is_told(names, classifier, places):
    assert match_by_name(names, classifier).tolist() == places
