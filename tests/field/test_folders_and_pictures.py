"""Folders, tables and files of images as people have them: what is read, and what is said to be left out."""

import io
import json
import shutil
import tarfile
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from foolery.canvas import CanvasShape
from foolery.data.contents import contents_dict, contents_lines, reading_lines
from foolery.data.file_kind import readable_formats
from foolery.errors import UsageError
from support.command import invoke, is_refused
from support.field import accuracy, network, opened, patterns, photo, photo_bytes, photos

NAMES = ["cat", "dog", "owl"]
CANVAS = CanvasShape(3, 8, 8)
APPLE = bytes.fromhex("00051607000200004d6163204f532058") + bytes(200)
POINTER = b"version https://git-lfs.github.com/spec/v1\noid sha256:" + b"a" * 64 + b"\nsize 1024\n"


@pytest.fixture(scope="module")
def model(tmp_path_factory):
    return network(tmp_path_factory.mktemp("model") / "net.onnx", NAMES)


def is_right(model: str, data: str, images: int, *, left_out: int = 0, split: str = "test") -> None:
    """All of so many images are read and predicted correctly, and so many things were said to be left out."""
    assert accuracy(model, data, split) == (1.0, images)
    assert sum(contents_dict(opened(data, split))["left_out"].values()) == left_out


def macosx(root: Path) -> int:
    (root / "__MACOSX" / "cat").mkdir(parents=True)
    (root / "__MACOSX" / "cat" / "._0.png").write_bytes(APPLE)
    (root / ".DS_Store").write_bytes(b"\0\0\0\1Bud1")
    return 2


def twins(root: Path) -> int:
    for path in list(root.rglob("*.png")):
        (path.parent / f"._{path.name}").write_bytes(APPLE)
    return 12


def nas(root: Path) -> int:
    for path in list(root.rglob("*.png")):
        thumbnails = path.parent / "@eaDir" / path.name
        thumbnails.mkdir(parents=True)
        Image.new("RGB", (16, 16)).save(thumbnails / "SYNOPHOTO_THUMB_M.jpg")
    return 3


def jupyter(root: Path) -> int:
    (root / "cat" / ".ipynb_checkpoints").mkdir()
    shutil.copy(root / "cat" / "0.png", root / "cat" / ".ipynb_checkpoints" / "0-checkpoint.png")
    return 1


def windows(root: Path) -> int:
    for place in (root, root / "cat"):
        (place / "Thumbs.db").write_bytes(b"\xd0\xcf\x11\xe0")
        (place / "desktop.ini").write_text("[.ShellClassInfo]")
    Image.new("RGB", (8, 8)).save(root / "dog" / "0.png_", "PNG")
    (root / "dog" / "0.png_").rename(root / "dog" / "0.png:Zone.Identifier")
    return 5


@pytest.mark.parametrize("litter", [macosx, twins, nas, jupyter, windows])
def test_what_other_programs_leave_is_no_data(tmp_path, model, litter):
    root = photos(tmp_path / "photos", NAMES)
    is_right(model, f"folder:{root}", 12, left_out=litter(root))


@pytest.mark.parametrize(
    ("train", "test"),
    [
        ("Training", "Testing"),
        ("train", "val"),
        ("TRAIN", "DEV"),
        ("seg_train", "seg_test"),
        ("train2017", "val2017"),
        ("Train Images", "Validation Images"),
        ("trainset", "evaluation"),
    ],
)
def test_splits_are_known_whatever_their_name(tmp_path, model, train, test):
    photos(tmp_path / train, NAMES, count=2)
    photos(tmp_path / test, NAMES)
    is_right(model, f"folder:{tmp_path}", 12)
    is_right(model, f"folder:{tmp_path}", 6, split="train")
    assert any(f"read from {test}" in line for line in contents_lines(opened(f"folder:{tmp_path}"), "x"))


def test_splits_are_known_with_other_things_beside_them(tmp_path, model):
    photos(tmp_path / "train", NAMES, count=2)
    photos(tmp_path / "test", NAMES)
    (tmp_path / "annotations").mkdir()
    (tmp_path / "annotations" / "all.xml").write_text("<a/>")
    photos(tmp_path / "samples", ["many"], count=3)
    (tmp_path / "readme.txt").write_text("read me")
    is_right(model, f"folder:{tmp_path}", 12, left_out=3)


def test_the_zip_of_the_chest_xrays_has_its_splits_twice(tmp_path, model):
    root = tmp_path / "chest_xray"
    for part in ("train", "test", "val", "chest_xray/train", "chest_xray/test", "__MACOSX/chest_xray/train"):
        photos(root / part, NAMES, count=4 if part == "test" else 1)
    is_right(model, f"folder:{root}", 12, left_out=2)


@pytest.mark.parametrize("wrapper", ["photos", "archive/data", "seg_test/seg_test"])
def test_splits_and_classes_are_found_below_a_wrapper(tmp_path, model, wrapper):
    photos(tmp_path / "photos" / wrapper, NAMES)
    if wrapper.startswith("seg"):
        photos(tmp_path / "photos" / "seg_train" / "seg_train", NAMES, count=1)
        photos(tmp_path / "photos" / "seg_pred", ["seg_pred"], count=5)
    else:
        photos(tmp_path / "photos" / wrapper / "train", NAMES, count=1)
        photos(tmp_path / "photos" / wrapper / "test", NAMES)
        for name in NAMES:
            shutil.rmtree(tmp_path / "photos" / wrapper / name)
    assert accuracy(model, f"folder:{tmp_path / 'photos'}") == (1.0, 12)


def test_a_class_folder_in_a_folder_of_the_same_name(tmp_path, model):
    for name, pattern in zip(NAMES, patterns(3), strict=True):
        (tmp_path / name / name).mkdir(parents=True)
        photo(pattern, 0).save(tmp_path / name / name / "0.png")
    is_right(model, f"folder:{tmp_path}", 3)


def test_a_copy_of_all_classes_beside_them_is_no_class(tmp_path, model):
    photos(tmp_path / "flowers", NAMES)
    photos(tmp_path / "flowers" / "flowers", NAMES)
    is_right(model, f"folder:{tmp_path / 'flowers'}", 12, left_out=1)


def test_masks_beside_images_are_no_photos(tmp_path, model):
    for name, pattern in zip(NAMES, patterns(3), strict=True):
        for part, image in (("images", photo(pattern, 0)), ("masks", Image.new("L", (8, 8)))):
            (tmp_path / name / part).mkdir(parents=True)
            image.save(tmp_path / name / part / "0.png")
    is_right(model, f"folder:{tmp_path}", 3, left_out=3)


def test_each_class_may_have_splits_of_its_own(tmp_path, model):
    for name, pattern in zip(NAMES, patterns(3), strict=True):
        for part, count in (("train", 1), ("test", 2)):
            (tmp_path / name / part).mkdir(parents=True)
            for number in range(count):
                photo(pattern, number).save(tmp_path / name / part / f"{number}.png")
    is_right(model, f"folder:{tmp_path}", 6)


def test_a_class_may_be_called_train(tmp_path):
    names = ["bus", "car", "train"]
    photos(tmp_path / "photos", names)
    (tmp_path / "photos" / "train" / "steam").mkdir()
    assert opened(f"folder:{tmp_path / 'photos'}").classes == tuple(names)


def test_groups_of_the_same_classes_are_refused_and_not_taken_for_classes(tmp_path):
    for group in ("day 1", "day 2"):
        photos(tmp_path / group, NAMES)
    with pytest.raises(
        UsageError, match=r"day 1, day 2 all hold the folders cat, dog, owl: which are the"
    ) as one:
        opened(f"folder:{tmp_path}")
    assert "\n" not in str(one.value)


def test_a_split_without_classes_is_named_with_the_way_out(tmp_path):
    photos(tmp_path / "train", NAMES)
    photos(tmp_path, ["test"], count=5)
    with pytest.raises(
        UsageError, match="it has train, and 5 images of no class in test; --split train reads"
    ):
        opened(f"folder:{tmp_path}")


def test_images_are_known_by_their_content(tmp_path, model):
    root = photos(tmp_path / "photos", NAMES)
    endings = [
        ".jfif",
        ".jpe",
        "",
        ".jpg_large",
        ".heic",
        ".JPEG",
        ".dat",
        ".png",
        ".webp",
        ".gif",
        ".bmp",
        ".x",
    ]
    for path, ending in zip(sorted(root.rglob("*.png")), endings, strict=True):
        path.rename(path.with_suffix(ending))
    for name in ("notes.txt", "labels.xml"):
        (root / "cat" / name).write_text("no image")
    is_right(model, f"folder:{root}", 12, left_out=2)


def test_a_format_that_pillow_may_not_know_is_read_or_counted_and_named(tmp_path, model):
    root = photos(tmp_path / "photos", NAMES)
    heic = b"\0\0\0\x1cftypheic\0\0\0\0mif1heicmiaf" + bytes(100)
    (root / "cat" / "9.heic").write_bytes(heic)
    if "AVIF" in readable_formats():
        (root / "owl" / "9.avif").write_bytes(photo_bytes(patterns(3)[2], 9, "AVIF", quality=95))
    images = 12 + ("AVIF" in readable_formats())
    if "HEIF" in readable_formats():
        pytest.skip("a plugin reads HEIC here")
    is_right(model, f"folder:{root}", images, left_out=1)
    lines = contents_lines(opened(f"folder:{root}"), "data")
    assert lines[1] == "left out: HEIC, for which Pillow needs a plugin (pip install pillow-heif) (1)"


@pytest.mark.parametrize("name", ["9.heic", "9.jpg", "9"])
def test_heic_is_read_with_the_plugin_whatever_its_ending(tmp_path, model, name):
    """Run it with ``pip install pillow-heif``."""
    if "HEIF" not in readable_formats():
        pytest.skip("no plugin reads HEIC here")
    root = photos(tmp_path / "photos", NAMES)
    (root / "owl" / name).write_bytes(photo_bytes(patterns(3)[2], 9, "HEIF", quality=95))
    is_right(model, f"folder:{root}", 13)


@pytest.mark.parametrize("name", ["9.avif", "9.png", "9"])
def test_avif_is_read_where_pillow_can_whatever_its_ending(tmp_path, model, name):
    root = photos(tmp_path / "photos", NAMES)
    if "AVIF" not in readable_formats():
        pytest.skip("Pillow was built without AVIF here")
    (root / "owl" / name).write_bytes(photo_bytes(patterns(3)[2], 9, "AVIF", quality=95))
    is_right(model, f"folder:{root}", 13)


def test_what_cannot_be_decoded_is_left_out_by_reason(tmp_path, model):
    root = photos(tmp_path / "photos", NAMES)
    whole = (root / "cat" / "0.png").read_bytes()
    for name, content in {
        "cut.png": whole[:90],
        "empty.jpg": b"",
        "pointer.jpg": POINTER,
        "page.jpg": b"<!DOCTYPE html>\n<html><head><title>Sign in</title></head></html>",
        "zeros.png": bytes(500),
    }.items():
        (root / "cat" / name).write_bytes(content)
    (root / "eel").mkdir()
    shown = invoke("evaluate", model, "--data", f"folder:{root}", "--json")
    assert shown.returncode == 2  # the network has no eel
    (root / "eel").rmdir()
    (root / "owl" / "link.png").symlink_to(root / "nowhere.png")
    found = json.loads(invoke("evaluate", model, "--data", f"folder:{root}", "--json").stdout)
    assert (found["images"], found["top1"]) == (12, 1.0)
    reasons = {
        reason.split(",")[0].split(" (")[0]: count for reason, count in found["contents"]["left_out"].items()
    }
    assert reasons == {
        "a link that leads nowhere": 1,
        "damaged or cut off": 1,
        "an empty file": 1,
        "a git-lfs pointer": 1,
        "an HTML page": 1,
        "nothing but zeros": 1,
    }


def test_a_folder_of_pointers_is_refused_in_a_line_that_names_them(tmp_path, model):
    root = photos(tmp_path / "photos", NAMES)
    for path in root.rglob("*.png"):
        path.write_bytes(POINTER)
    said = ("3 folders and no images in them", "a git-lfs pointer", "git lfs pull", "(12)")
    is_refused(invoke("evaluate", model, "--data", f"folder:{root}"), *said)


def test_a_class_without_an_image_is_told(tmp_path):
    root = photos(tmp_path / "photos", NAMES)
    (root / "yak").mkdir()
    lines = contents_lines(opened(f"folder:{root}"), "folder:photos")
    assert lines == ["folder:photos: 12 images of 3 classes (4 of each)", "no image of 1 class: yak"]


def test_gray_16_bit_images_are_read_by_their_upper_bits(tmp_path):
    for name, level in (("dark", 60), ("light", 200)):
        (tmp_path / name).mkdir()
        Image.fromarray(np.full((8, 8), level * 257, np.uint16)).save(tmp_path / name / "0.png")
        Image.fromarray(np.full((8, 8), level * 257, np.uint16)).save(tmp_path / name / "1.tiff")
    (part,) = opened(f"folder:{tmp_path}").batches(9, CanvasShape(1, 8, 8))
    assert part.canvases[:, 0, 0, 0].tolist() == [60, 60, 200, 200]


def odd(image: Image.Image, kind: str, path: Path) -> None:
    """The image saved as people's odd ones are."""
    if kind == "cmyk":
        image.convert("CMYK").save(path, "JPEG", quality=100, subsampling=0)
    elif kind == "palette":
        image.quantize(256).save(path, "PNG", transparency=0)
    elif kind == "animation":
        image.quantize(256).save(path, "GIF", save_all=True, append_images=[Image.new("P", image.size)] * 2)
    elif kind == "alpha":
        image.convert("RGBA").save(path, "WEBP", lossless=True)
    else:
        image.save(path, "JPEG2000", irreversible=False)


@pytest.mark.parametrize("kind", ["cmyk", "palette", "animation", "alpha", "jpeg2000"])
def test_odd_images_are_read(tmp_path, model, kind):
    for name, pattern in zip(NAMES, patterns(3), strict=True):
        (tmp_path / name).mkdir()
        odd(photo(pattern, 0), kind, tmp_path / name / "0")
    is_right(model, f"folder:{tmp_path}", 3)


def test_orientation_tags_are_not_followed_and_their_number_is_said(tmp_path):
    exif = Image.Exif()
    exif[0x0112] = 6
    for name in ("a", "b"):
        (tmp_path / name).mkdir()
        image = Image.new("RGB", (8, 8))
        image.paste((255, 255, 255), (0, 0, 8, 4))
        image.save(tmp_path / name / "0.jpg", exif=exif if name == "a" else Image.Exif(), quality=95)
    data = opened(f"folder:{tmp_path}")
    (part,) = data.batches(9, CANVAS)
    assert part.canvases[:, 0, 0].min() > 200  # the white half is above, as stored
    assert reading_lines(data)[0].startswith("1 image with an orientation tag, which was not followed")


def test_a_card_may_say_that_orientation_tags_are_followed(tmp_path, model):
    exif = Image.Exif()
    exif[0x0112] = 3
    for name, pattern in zip(NAMES, patterns(3), strict=True):
        (tmp_path / name).mkdir()
        photo(pattern, 0).rotate(180).save(tmp_path / name / "0.png", exif=exif)
    right = {}
    for way in ("stored", "upright"):
        words = ("--data", f"folder:{tmp_path}", "--set", f"orientation={way}", "--json")
        done = invoke("evaluate", model, *words)
        right[way] = json.loads(done.stdout)["top1"]
        assert ("orientation tag" in done.stderr) == (way == "stored")
    assert right["stored"] < right["upright"] == 1.0


def parquet(path: Path, form: str) -> None:
    """Images of the three classes in a Parquet file, in one of the forms that people have."""
    pa = pytest.importorskip("pyarrow", reason="the extra dataset is not installed")
    import pyarrow.parquet as pq

    rows = [
        (photo_bytes(pattern, number), label)
        for label, pattern in enumerate(patterns(3))
        for number in range(4)
    ]
    contents, labels = [row[0] for row in rows], [row[1] for row in rows]
    words = [NAMES[label] for label in labels]
    structs = pa.array([{"bytes": each, "path": None} for each in contents])
    files = [f"files/{number}.png" for number in range(12)]
    for name, content in zip(files, contents, strict=True):
        (path.parent / name).parent.mkdir(exist_ok=True)
        (path.parent / name).write_bytes(content)
    columns = {
        "bytes": {"image": pa.array(contents, pa.binary()), "label": pa.array(words)},
        "words": {"image": structs, "label": pa.array(words)},
        "categories": {"img": structs, "label": pa.array(words).dictionary_encode()},
        "other names": {"picture": structs, "species": pa.array(words), "width": pa.array([8.0] * 12)},
        "large": {
            "image": pa.array(contents, pa.large_binary()),
            "class": pa.array(words, pa.large_string()),
        },
        "paths": {
            "image": pa.array([{"bytes": None, "path": each} for each in files]),
            "label": pa.array(words),
        },
        "text paths": {"image_path": pa.array(files), "image": pa.array(files), "label": pa.array(words)},
    }[form]
    pq.write_table(pa.table(columns), path)


@pytest.mark.parametrize(
    "form", ["bytes", "words", "categories", "other names", "large", "paths", "text paths"]
)
def test_parquet_files_of_every_form(tmp_path, model, form):
    parquet(tmp_path / "data.parquet", form)
    is_right(model, f"parquet:{tmp_path / 'data.parquet'}", 12)


def test_a_parquet_file_whose_columns_cannot_be_told_says_what_to_rename(tmp_path):
    pa = pytest.importorskip("pyarrow", reason="the extra dataset is not installed")
    import pyarrow.parquet as pq

    columns = {"image": pa.array([b"x"]), "left": pa.array([1]), "right": pa.array([2])}
    pq.write_table(pa.table(columns), tmp_path / "data.parquet")
    with pytest.raises(UsageError, match="left, right could hold labels; call the one that does 'label'"):
        opened(f"parquet:{tmp_path / 'data.parquet'}")


TABLES = {
    "labels.csv": ("image_id,breed\n", "{stem},{word}\n"),
    "train.txt": ("", "images/{stem}.png {label}\n"),
    "split.csv": ("filepaths,labels,data set\n", "images/{stem}.png,{word},{split}\n"),
    "one_hot.csv": ("image,cat,dog,owl\n", "{stem},{cat},{dog},{owl}\n"),
    "windows.csv": ("file;class;name\n", "C:\\data\\images\\{stem}.png;{label};{word}\n"),
}


@pytest.mark.parametrize("name", TABLES)
def test_a_table_names_images_and_labels(tmp_path, model, name):
    header, row = TABLES[name]
    (tmp_path / "images").mkdir()
    lines = []
    for number in range(12):
        label = number % 3
        (tmp_path / "images" / f"p{number:02}.png").write_bytes(photo_bytes(patterns(3)[label], number))
        marks = {each: f"{float(each == NAMES[label])}" for each in NAMES}
        split = "train" if number < 3 else "test"
        lines.append(row.format(stem=f"p{number:02}", word=NAMES[label], label=label, split=split, **marks))
    missing = row.format(stem="p99", word="cat", label=0, split="test", cat="1.0", dog="0.0", owl="0.0")
    (tmp_path / name).write_text(header + "".join(lines) + missing)
    is_right(model, f"csv:{tmp_path / name}", 9 if name == "split.csv" else 12, left_out=1)


def test_a_table_in_which_an_image_has_two_labels_is_refused(tmp_path):
    (tmp_path / "a.png").write_bytes(photo_bytes(patterns(3)[0], 0))
    (tmp_path / "t.csv").write_text("path,label\na.png,cat\na.png,dog\n")
    with pytest.raises(UsageError, match=r"a\.png has several labels, cat and dog"):
        opened(f"csv:{tmp_path / 't.csv'}")


def shard(path: Path, members: list[tuple[str, bytes]]) -> None:
    with tarfile.open(path, "w") as archive:
        for name, content in members:
            member = tarfile.TarInfo(name)
            member.size = len(content)
            archive.addfile(member, io.BytesIO(content))


@pytest.mark.parametrize("text", ["shard-{000..001}.tar", "shard-*.tar", ""])
def test_webdataset_shards(tmp_path, model, text):
    for number in range(2):
        members = []
        for label, pattern in enumerate(patterns(3)):
            key = f"{number}{label:04}"
            members += [(f"{key}.png", photo_bytes(pattern, number)), (f"{key}.cls", str(label).encode())]
            members += [(f"{key}.txt", b"a photo of something")]
        shard(tmp_path / f"shard-{number:03}.tar", members)
    is_right(model, f"tar:{tmp_path / text}", 6)


def test_a_packed_folder_of_class_folders(tmp_path, model):
    members = [
        (f"x/{name}/0.png", photo_bytes(each, 0)) for name, each in zip(NAMES, patterns(3), strict=True)
    ]
    shard(tmp_path / "photos.tar", [*members, ("x/.DS_Store", b"x")])
    is_right(model, f"tar:{tmp_path / 'photos.tar'}", 3, left_out=1)


def test_the_first_line_says_how_many_images_of_how_many_classes(tmp_path, model):
    root = photos(tmp_path / "photos", NAMES)
    (root / "cat" / "0.png").unlink()
    (root / "cat" / "Thumbs.db").write_bytes(b"x")
    for command in ("evaluate", "preflight"):
        lines = invoke(command, model, "--data", f"folder:{root}").stdout.splitlines()
        assert lines[:2] == [
            f"folder:{root}: 11 images of 3 classes (3 to 4 of each)",
            "left out: hidden, or left by other programs (1)",
        ]
