"""Transformers: small networks with a random start, saved in a folder and loaded by the real library."""

import json
from pathlib import Path

import numpy as np
import pytest

from foolery.analysis.verification import verify
from foolery.canvas import CanvasShape, to_image
from foolery.classifiers import load_classifier
from foolery.classifiers.preprocess import preprocess
from foolery.classifiers.scores import log_sigmoid, log_softmax
from foolery.engine.evolution import evolve
from foolery.errors import UsageError
from support.trap import Trap

torch = pytest.importorskip("torch", reason="the extra torch is not installed")
from foolery.classifiers.torchvision import import_torchvision  # noqa: E402

try:
    import_torchvision("be tested")
    import transformers
except (ImportError, UsageError):
    pytest.skip("the extra hf is not installed", allow_module_level=True)


@pytest.fixture(autouse=True)
def quiet():
    transformers.utils.logging.disable_progress_bar()


def vit(folder: Path) -> Path:
    torch.manual_seed(0)
    config = transformers.ViTConfig(
        hidden_size=32,
        num_hidden_layers=1,
        num_attention_heads=2,
        intermediate_size=64,
        image_size=32,
        patch_size=8,
        id2label={0: "cat", 1: "dog", 2: "cat"},
    )
    transformers.ViTForImageClassification(config).save_pretrained(folder)
    transformers.ViTImageProcessor(size={"height": 32, "width": 32}).save_pretrained(folder)
    return folder


def resnet(folder: Path) -> Path:
    """Several labels at once, and a processor that resizes to more than it crops."""
    torch.manual_seed(0)
    config = transformers.ResNetConfig(
        embedding_size=8,
        hidden_sizes=[8, 8],
        depths=[1, 1],
        layer_type="basic",
        num_labels=3,
        problem_type="multi_label_classification",
    )
    transformers.ResNetForImageClassification(config).save_pretrained(folder)
    transformers.ConvNextImageProcessor(size={"shortest_edge": 28}, crop_pct=0.875).save_pretrained(folder)
    return folder


def clip(folder: Path) -> Path:
    from tokenizers import pre_tokenizers

    torch.manual_seed(0)
    text = {
        "vocab_size": 514,
        "hidden_size": 32,
        "intermediate_size": 37,
        "num_hidden_layers": 1,
        "num_attention_heads": 2,
        "max_position_embeddings": 40,
        "bos_token_id": 0,
        "eos_token_id": 1,
        "pad_token_id": 1,
    }
    vision = {
        "hidden_size": 32,
        "intermediate_size": 37,
        "num_hidden_layers": 1,
        "num_attention_heads": 2,
        "image_size": 30,
        "patch_size": 10,
    }
    config = transformers.CLIPConfig(text_config=text, vision_config=vision, projection_dim=16)
    transformers.CLIPModel(config).save_pretrained(folder)
    transformers.CLIPImageProcessor(
        size={"shortest_edge": 34}, crop_size={"height": 30, "width": 30}
    ).save_pretrained(folder)
    letters = sorted(pre_tokenizers.ByteLevel.alphabet())
    words = ["<|startoftext|>", "<|endoftext|>", *letters, *[letter + "</w>" for letter in letters]]
    vocabulary = {word: row for row, word in enumerate(words)}
    transformers.CLIPTokenizer(vocab=vocabulary, merges=[]).save_pretrained(folder)
    return folder


def noise(shape: CanvasShape) -> np.ndarray:
    return np.random.default_rng(0).integers(0, 256, (3, *shape.axes)).astype(np.uint8)


def through_the_processor(folder: Path, canvases: np.ndarray):
    processor = transformers.AutoImageProcessor.from_pretrained(folder)
    return processor(images=[to_image(canvas) for canvas in canvases], return_tensors="pt")["pixel_values"]


@pytest.mark.parametrize(("make", "side"), [(vit, 32), (resnet, 32), (clip, 34)])
def test_a_canvas_goes_through_the_model_s_own_processor_unchanged(tmp_path: Path, make, side):
    classifier = load_classifier(f"hf:{make(tmp_path)}", classes=["cat", "dog", "zebra"])
    assert classifier.description.canvas == CanvasShape(3, side, side)
    canvases = noise(classifier.description.canvas)
    theirs = through_the_processor(tmp_path, canvases).numpy()
    assert np.abs(theirs - preprocess(canvases, classifier.card.preprocessing)).max() <= 1e-6


def test_an_image_classifier_is_a_softmax_of_its_logits(tmp_path: Path):
    known = (classifier := load_classifier(f"hf:{vit(tmp_path)}")).description
    assert (known.kind, known.classes, known.backend) == ("softmax", ("cat (0)", "dog", "cat (2)"), "torch")
    canvases = noise(known.canvas)
    model = transformers.AutoModelForImageClassification.from_pretrained(tmp_path).eval()
    with torch.no_grad():
        logits = model(pixel_values=through_the_processor(tmp_path, canvases)).logits.numpy()
    np.testing.assert_allclose(classifier.scores(canvases), log_softmax(logits), atol=1e-5)


def test_several_labels_at_once_are_sigmoids(tmp_path: Path):
    classifier = load_classifier(f"hf:{resnet(tmp_path)}")
    assert classifier.description.kind == "sigmoid"
    canvases = noise(classifier.description.canvas)
    model = transformers.AutoModelForImageClassification.from_pretrained(tmp_path).eval()
    with torch.no_grad():
        logits = model(pixel_values=through_the_processor(tmp_path, canvases)).logits.numpy()
    np.testing.assert_allclose(classifier.scores(canvases), log_sigmoid(logits), atol=1e-5)


def test_clip_scores_by_the_cosine_with_its_prompts(tmp_path: Path):
    classes = ["cat", "dog", "a zebra"]
    classifier = load_classifier(f"hf:{clip(tmp_path)}?prompt=a drawing of {{}}", classes=classes)
    known = classifier.description
    assert (known.kind, known.classes) == ("similarity", tuple(classes))
    canvases = noise(known.canvas)
    model = transformers.CLIPModel.from_pretrained(tmp_path).eval()
    tokenizer = transformers.AutoTokenizer.from_pretrained(tmp_path)
    words = tokenizer([f"a drawing of {name}" for name in classes], padding=True, return_tensors="pt")
    with torch.no_grad():
        both = model(pixel_values=through_the_processor(tmp_path, canvases), **words)
    cosines = both.logits_per_image / model.logit_scale.exp()
    np.testing.assert_allclose(classifier.scores(canvases), cosines.detach().numpy(), atol=1e-5)
    other = load_classifier(f"hf:{tmp_path}", classes=classes)
    assert other.description.fingerprint != known.fingerprint


def test_clip_needs_class_names_and_one_place_for_them(tmp_path: Path):
    with pytest.raises(UsageError, match="a CLIP-like model needs class names"):
        load_classifier(f"hf:{clip(tmp_path)}")
    with pytest.raises(UsageError, match=r"prompt needs one \{\} for the class, got 'a photo'"):
        load_classifier(f"hf:{tmp_path}?prompt=a photo", classes=["cat"])


def test_pickled_weights_are_refused_and_not_opened(tmp_path: Path):
    (vit(tmp_path) / "model.safetensors").unlink()
    torch.save(Trap(tmp_path / "sprung"), tmp_path / "pytorch_model.bin")
    with pytest.raises(UsageError, match=r"has no \.safetensors file; pickles are never read"):
        load_classifier(f"hf:{tmp_path}")
    assert not (tmp_path / "sprung").exists()


def test_a_model_s_own_code_is_never_run(tmp_path: Path):
    config = json.loads((vit(tmp_path) / "config.json").read_text())
    config |= {"model_type": "odd", "auto_map": {"AutoConfig": "odd.Odd"}}
    (tmp_path / "config.json").write_text(json.dumps(config))
    (tmp_path / "odd.py").write_text(f"open({str(tmp_path / 'sprung')!r}, 'w')\nclass Odd: pass\n")
    with pytest.raises(UsageError, match="needs code of its own, which is never run"):
        load_classifier(f"hf:{tmp_path}")
    assert not (tmp_path / "sprung").exists()


def test_a_processor_that_no_card_describes_is_found_out(tmp_path: Path):
    settings = json.loads((vit(tmp_path) / "preprocessor_config.json").read_text())
    settings |= {"image_processor_type": "Swin2SRImageProcessor", "do_pad": True, "size_divisor": 5}
    (tmp_path / "preprocessor_config.json").write_text(json.dumps(settings))
    with pytest.raises(UsageError, match="does what no card can say; write a card"):
        load_classifier(f"hf:{tmp_path}")


@pytest.mark.parametrize("name", ["./absent", "a/b/c", ""])
def test_what_is_neither_folder_nor_hub_name_is_refused(name):
    with pytest.raises(UsageError, match=r"no folder .*, and no hub name like org/name"):
        load_classifier(f"hf:{name}")


@pytest.mark.parametrize(("make", "query"), [(resnet, ""), (clip, "?prompt=a drawing of {}")])
def test_sigmoids_and_cosines_are_searched_and_verified(tmp_path: Path, make, query):
    classes = ["cat", "dog", "zebra"]
    classifier = load_classifier(f"hf:{make(tmp_path / 'net')}{query}", classes=classes)
    run = evolve(classifier, generations=3, batch=8, out=tmp_path / "run")
    assert list(run.champions) == classes
    found = verify(tmp_path / "run")
    assert found.passed, found.problems
    assert found.champions == 3
    assert found.largest_difference <= 1e-5
