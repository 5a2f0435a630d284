"""What the CUDA renderer is compiled to: no operation that rounds otherwise than the reference.

No GPU is needed: NVRTC, or nvcc where it is on the path, compiles for any.
"""

import re
import shutil
import subprocess
from collections import Counter
from functools import cache

import pytest

from foolery.encodings.cppn.cuda import program
from foolery.encodings.cppn.cuda.program import COLOR_MODES, ENTRY, EXACT, source
from foolery.errors import FooleryError, UsageError

CAPABILITIES = (80, 90)
EMPTY = 'extern "C" __global__ void empty() {}'
CONTRACTED = ("--fmad=true", *EXACT[1:])


@pytest.fixture
def library():
    """NVRTC; the test is skipped where it is not installed."""
    try:
        program.ptx(EMPTY, 80)
    except UsageError as error:
        pytest.skip(str(error))
    return program


@pytest.fixture(scope="module", params=["nvrtc", "nvcc"])
def compile_to_ptx(request, tmp_path_factory):
    """``(capability, options, meaning) -> PTX``, by each compiler that is here."""
    if request.param == "nvrtc":
        try:
            program.ptx(EMPTY, 80)
        except UsageError as error:
            pytest.skip(str(error))
        return cache(lambda capability, options, meaning="hls": by_nvrtc(capability, options, meaning))
    if shutil.which("nvcc") is None:
        pytest.skip("nvcc is not on the path")
    folder = tmp_path_factory.mktemp("nvcc")
    return cache(lambda capability, options, meaning="hls": by_nvcc(folder, capability, options, meaning))


def by_nvrtc(capability, options, meaning):
    return program.ptx(source(meaning), capability, options=options).decode()


def by_nvcc(folder, capability, options, meaning):
    (folder / "renderer.cu").write_text(source(meaning))
    command = ["nvcc", "-std=c++17", "-ptx", f"-arch=compute_{capability}", *options]
    subprocess.run([*command, "renderer.cu", "-o", "renderer.ptx"], cwd=folder, check=True)
    return (folder / "renderer.ptx").read_text()


def operations(ptx):
    """How often each instruction occurs, with all its modifiers: ``{"mul.rn.f32": 12, ...}``."""
    found = re.findall(r"^\s*(?:@!?%p\d+\s+)?([a-z][a-z0-9_]*(?:\.[a-z0-9_:]+)*)\s", ptx, re.MULTILINE)
    return Counter(found)


@pytest.mark.parametrize("capability", CAPABILITIES)
@pytest.mark.parametrize("meaning", COLOR_MODES)
def test_every_operation_rounds_by_itself(compile_to_ptx, capability, meaning):
    used = operations(compile_to_ptx(capability, EXACT, meaning))
    assert used["mul.rn.f32"] > 100
    assert used["add.rn.f32"] > 100
    assert used["div.rn.f32"] > 1
    inexact = {"fma", "mad", "ex2", "lg2", "sin", "cos", "tanh", "rcp", "sqrt", "rsqrt"}
    floating = {name for name in used if re.search(r"\.f(16|32|64)\b", name)}
    assert not {name for name in floating if name.split(".")[0] in inexact}
    assert not {name for name in used if {"approx", "full", "ftz", "sat"} & set(name.split("."))}
    assert not {name for name in floating if name.endswith("f64")}
    # without .rn the driver's own compiler may still contract: "mul.f32" is not "mul.rn.f32"
    assert {name for name in floating if name.split(".")[0] in ("add", "sub", "mul", "div")} <= {
        "add.rn.f32",
        "sub.rn.f32",
        "mul.rn.f32",
        "div.rn.f32",
    }


@pytest.mark.parametrize("capability", CAPABILITIES)
def test_the_test_sees_a_contraction(compile_to_ptx, capability):
    used = operations(compile_to_ptx(capability, CONTRACTED))
    assert used["fma.rn.f32"] > 100


def test_the_test_sees_an_approximate_division(compile_to_ptx):
    loose = tuple(option.replace("prec-div=true", "prec-div=false") for option in EXACT)
    assert any(
        name.startswith("div.full") or "approx" in name for name in operations(compile_to_ptx(80, loose))
    )


def test_node_values_stay_in_shared_memory(compile_to_ptx):
    used = operations(compile_to_ptx(90, EXACT))
    assert used["ld.shared.f32"] > used["st.shared.f32"] > 0
    assert not {name for name in used if name.startswith(("ld.f32", "st.f32", "ld.local", "st.local"))}


def test_the_kernel_has_a_plain_name(compile_to_ptx):
    assert f".entry {ENTRY.decode()}(" in compile_to_ptx(90, EXACT)


def test_machine_code_is_made_for_a_known_device_and_ptx_for_a_newer_one(library):
    assert library.compile_program(source("gray"), 90).startswith(b"\x7fELF")
    assert b".version" in library.compile_program(source("gray"), 999)


def test_a_text_that_does_not_compile_says_why(library):
    with pytest.raises(FooleryError, match=r"does not compile: renderer\.cu"):
        library.ptx("not CUDA", 80)


def test_an_old_device_is_refused_with_a_remedy(library):
    with pytest.raises(UsageError, match=r"the GPU is a 1\.3; give --device cpu"):
        library.compile_program(EMPTY, 13)
