"""A FERPlus of noise pictures, in its public layout, and lists in the layout of the authors'."""

import zipfile
from pathlib import Path

import numpy as np
from PIL import Image

LISTS = {
    "dlib_ferplus_train_center_crop_range_list.txt": "{label}/{stem} 6",
    "dlib_ferplus_val_center_crop_range_list.txt": "{label}/{stem} 6",
    "jianfei_occlusion_list.txt": "{label}_{stem}.png 8 0",
    "pose_30_ferplus_list.txt": "{label}/{stem}.jpg",
    "pose_45_ferplus_list.txt": "{label}/{stem}.jpg",
}
"""The line of each list, in the three formats that the published lists have."""


def write_ferplus(folder: Path, *, faces: int = 12) -> dict[str, tuple[str, int]]:
    """Write `faces` pictures a split; return each stem's split and the label most voted for."""
    draw = np.random.default_rng(0)
    stems = {}
    for split in ("Train", "Valid", "Test"):
        place = folder / f"FER2013{split}"
        place.mkdir(parents=True)
        rows = []
        for number in range(faces):
            stem, label = f"fer{len(stems):07d}", number % 8
            stems[stem] = (split, label)
            Image.fromarray(draw.integers(0, 256, (48, 48), np.uint8)).save(place / f"{stem}.png")
            votes = [0] * 10
            votes[label], votes[(label + 1) % 8], votes[8] = 6, 3, 1
            rows.append(f'{stem}.png,"(0, 0, 48, 48)",{",".join(map(str, votes))}')
        (place / "label.csv").write_text("\n".join(rows) + "\n")
    return stems


def write_lists(folder: Path, stems: dict[str, tuple[str, int]]) -> None:
    """Write lists that name every face: Train and Valid in the first, Test in all others."""
    root = folder / "FERplus_dir"
    root.mkdir(parents=True)
    for name, line in LISTS.items():
        lines = [
            line.format(stem=stem, label=label)
            for stem, (split, label) in stems.items()
            if (split != "Test") == ("train" in name)
        ]
        (root / name).write_text("\n".join(lines) + "\n")


def zip_of(folder: Path, path: Path) -> Path:
    """Write a zip of a FERPlus folder; return its path."""
    with zipfile.ZipFile(path, "w") as archive:
        for file in sorted(folder.rglob("*.*")):
            archive.write(file, file.relative_to(folder))
    return path
