"""Oriented energy: bars are told apart by direction and half."""

import numpy as np
import pytest

from foolery.analysis.oriented_energy import (
    contrast,
    edge_energies,
    horizontal_structure_below,
    mean_champions,
    stack_champions,
    vertical_structure,
)
from foolery.errors import UsageError
from support.plain import noise
from support.results import run_result


def blank(count=1, side=28):
    return np.zeros((count, 1, side, side), np.uint8)


def test_vertical_bars_are_vertical_in_both_halves():
    canvases = blank()
    canvases[:, :, :, 4::8] = 255
    assert edge_energies(canvases)[0] == pytest.approx([0.5, 0.5, 0, 0])
    assert vertical_structure(canvases)[0] == pytest.approx(1.0)


def test_a_horizontal_bar_is_horizontal_in_its_half():
    canvases = blank(2)
    canvases[0, :, 20:22] = 255
    canvases[1, :, 4:6] = 255
    assert horizontal_structure_below(canvases) == pytest.approx([1.0, 0.0])


def test_a_quarter_turn_swaps_the_directions_and_a_flip_the_halves():
    canvases = noise(5, (3, 20, 20))
    canvases[:, :, :, ::3] = 0
    found = edge_energies(canvases)
    assert edge_energies(canvases[:, :, ::-1])[:, [1, 0, 3, 2]] == pytest.approx(found)
    turned = edge_energies(np.rot90(canvases, axes=(2, 3)))
    # the row of differences between the halves is in neither half, so this holds nearly
    assert turned[:, :2].sum(axis=1) == pytest.approx(found[:, 2:].sum(axis=1), abs=0.03)


def test_noise_and_one_color_are_even():
    assert edge_energies(noise(50, (1, 28, 28))).mean(axis=0) == pytest.approx([0.25] * 4, abs=0.01)
    assert edge_energies(blank())[0] == pytest.approx([0.25] * 4)


def test_a_class_that_is_different_is_found_and_another_is_not():
    pytest.importorskip("scipy", reason="the extra paper is not installed")
    runs = [run_result(seed=seed) for seed in range(20)]
    values = np.random.default_rng(0).normal(size=(20, 10))
    values[:, 1] += 3
    found = contrast(runs, "1", values)
    assert found.rank == 1
    assert found.test.share > 0.9
    assert max(found.test.p, found.paired_p) < 1e-3
    other = contrast(runs, "5", values)
    assert other.paired_p > 0.01
    with pytest.raises(UsageError, match="no class 'cat' beside others"):
        contrast(runs, "cat", values)


def test_the_mean_of_equal_champions_is_the_champion_stretched():
    canvas = np.linspace(50, 100, 16).reshape(1, 4, 4).astype(np.uint8)
    (mean,) = mean_champions(np.stack([canvas[None]] * 3))
    assert (mean.min(), mean.max()) == (0, 255)
    assert np.all(np.diff(mean.ravel().astype(int)) > 0)


def test_runs_of_other_classes_are_not_stacked():
    assert stack_champions([run_result(seed=1), run_result(seed=2)]).shape == (2, 10, 1, 28, 28)
    with pytest.raises(UsageError, match="same classes and canvases"):
        stack_champions([run_result(), run_result(canvas=(1, 14, 14))])
    with pytest.raises(UsageError, match="one or more"):
        stack_champions([])
