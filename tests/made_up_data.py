"""Small trees of noise pictures in exactly the forms in which data sets are given."""

import csv
from pathlib import Path

import numpy as np
from PIL import Image

from ran.expressions import AFFECTNET, RAFDB

HASHES = [f"{number:056x}" for number in range(100, 200)]


def picture(path: Path, number: int, *, side: int = 64, wide: int = 0) -> Path:
    """Write a picture of noise that its number decides; equal numbers give equal pixels."""
    path.parent.mkdir(parents=True, exist_ok=True)
    draw = np.random.default_rng(number)
    pixels = draw.integers(0, 256, (side, side + wide, 3), np.uint8)
    Image.fromarray(pixels).save(path.with_suffix(".png"))
    # A lossless picture under any name: what the tests compare is pixels.
    path.with_suffix(".png").rename(path)
    return path


def seven(folder: Path) -> Path:
    """Seven pictures in two folders, and a file that is none."""
    for number in range(7):
        picture(folder / f"{number % 2}" / f"{number}.png", number)
    (folder / "notes.txt").write_text("no picture")
    return folder


def rafdb(root: Path, *, train: int = 3, test: int = 8, place: str = "Image/aligned") -> Path:
    """RAF-DB's basic part: labels 1 to 7 in turn."""
    lines = []
    for split, count in (("train", train), ("test", test)):
        for number in range(1, count + 1):
            end = "_aligned.jpg" if place.endswith("aligned") else ".jpg"
            name = f"{split}_{number:04d}"
            picture(root / place / f"{name}{end}", len(lines))
            lines.append(f"{name}.jpg {(number - 1) % len(RAFDB) + 1}")
    table = root / "EmoLabel" / "list_patition_label.txt"
    table.parent.mkdir(parents=True)
    table.write_text("\n".join(lines) + "\n")
    return root


def affectnet_tables(root: Path, *, classes: int = 8, place: str = "") -> Path:
    """AffectNet by tables: files named by hash, a number that is no expression among them."""
    head = ["subDirectory_filePath", "face_x", "face_y", "face_width", "face_height",
            "facial_landmarks", "expression", "valence", "arousal"]  # fmt: skip
    number = 0
    for split, count in (("training", 3), ("validation", 9)):
        rows = []
        for label in range(count):
            name = f"{label}/{HASHES[number]}.jpg"
            picture(root / place / name, 500 + number)
            rows.append([name, 0, 0, 64, 64, "1;2", label % classes, 0.1, 0.2])
            number += 1
        rows.append([f"9/{HASHES[-1]}.jpg", 0, 0, 64, 64, "1;2", 10, -2, -2])
        root.mkdir(parents=True, exist_ok=True)
        with (root / f"{split}.csv").open("w", newline="") as file:
            csv.writer(file).writerows([head, *rows])
    return root


def affectnet_numbered(root: Path, *, count: int = 8) -> Path:
    """AffectNet with numbered files and _exp.npy, and the table of their first names."""
    names = [["file", "name"]]
    for split, offset in (("train_set", 0), ("val_set", 50)):
        for number in range(count):
            place = f"{split}/images/{number}.jpg"
            picture(root / place, 700 + offset + number)
            folder = root / split / "annotations"
            folder.mkdir(parents=True, exist_ok=True)
            np.save(folder / f"{number}_exp.npy", np.array(str(number % len(AFFECTNET))))
            names.append([place, f"{HASHES[offset + number]}.jpg"])
    with (root / "names.csv").open("w", newline="") as file:
        csv.writer(file).writerows(names)
    return root


def fer2013(root: Path, *, name: str = "fer2013.csv", votes: bool = False) -> Path:
    """FER2013 by its table: labels 0 to 6 in turn; with FERPlus' votes beside it."""
    root.mkdir(parents=True, exist_ok=True)
    draw = np.random.default_rng(1)
    usages = ["Training"] * 7 + ["PublicTest"] * 7 + ["PrivateTest"] * 7
    with (root / name).open("w", newline="") as file:
        table = csv.writer(file)
        table.writerow(["emotion", "pixels", "Usage"])
        for number, usage in enumerate(usages):
            pixels = " ".join(map(str, draw.integers(0, 256, 48 * 48).tolist()))
            table.writerow([number % 7, pixels, usage])
    if votes:
        with (root / "fer2013new.csv").open("w", newline="") as file:
            table = csv.writer(file)
            table.writerow(["Usage", "Image name", "neutral", "happiness", "surprise", "sadness",
                            "anger", "disgust", "fear", "contempt", "unknown", "NF"])  # fmt: skip
            for number, usage in enumerate(usages):
                row = [0] * 10
                row[number % 8], row[8] = 6, 4
                if number == 20:
                    row = [1, 0, 0, 0, 0, 0, 0, 0, 0, 9]
                table.writerow([usage, f"fer{number:07d}.png", *row])
    return root


def folders(root: Path, names, *, splits=("train", "test"), each: int = 2) -> Path:
    """Folders named by class, in folders named by split or, without any, by themselves."""
    number = 900
    for split in splits or ("",):
        for name in names:
            for index in range(each):
                picture(root / split / str(name) / f"{split}{name}{index}.png", number)
                number += 1
    return root
