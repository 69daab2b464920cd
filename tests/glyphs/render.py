#!/usr/bin/env python3
"""Renders the glyph set from the fonts that fonts.py fetched into DIR.

    render.py DIR

Writes DIR/train.npz (clean bitmaps of the training families), DIR/test.npz (the test glyphs) and, with --commit, the
part that is committed: data/calibration.parquet, data/test.parquet and fonts.csv. The seed decides every choice.
"""
import argparse
import csv
import hashlib
from pathlib import Path

import numpy as np
import pyarrow
import pyarrow.parquet
import torch

import augment
import faces
from faces import LETTERS

HERE = Path(__file__).resolve().parent
MERGED = ["0Oo", "1Il", "cC", "kK", "pP", "sS", "uU", "vV", "wW", "xX", "yY", "zZ"]
DISTINCT = "ABDEFGHNQRT"  # letters whose two cases differ in every font that has both
SEED = 20261121
FACES = 6           # of a family at most
UNICASE = 2         # pairs of DISTINCT of one shape at which a face is dropped
RECOGNISED = .4     # share of its letters that a face needs in common with other families' letters
CLONE = .12         # share of the ink in which two families' faces differ at most, to be on one side
TEST_SHARE = .4     # of the families
LARGEST_TEST = 12   # families of one group of clones that may go to the test side


def classes():
    """Class of each of LETTERS, and the classes' names."""
    first = {letter: group[0] for group in MERGED for letter in group}
    names = [letter for letter in LETTERS if first.get(letter, letter) == letter]
    return np.array([names.index(first.get(letter, letter)) for letter in LETTERS]), names


def digest(text):
    return hashlib.blake2b(f"{SEED} {text}".encode(), digest_size=8).hexdigest()


def coarse(glyphs):
    """[faces, 62, 24, 24] of ink or not."""
    return glyphs.reshape(len(glyphs), len(LETTERS), 24, 2, 24, 2).mean((3, 5)) > 96


def lettered(glyphs):
    """Which faces have two cases."""
    ink = coarse(glyphs)
    upper = ink[:, [LETTERS.index(letter) for letter in DISTINCT]]
    lower = ink[:, [LETTERS.index(letter.lower()) for letter in DISTINCT]]
    different = (upper ^ lower).sum((2, 3)) / np.maximum(1, (upper | lower).sum((2, 3)))
    return (different < .2).sum(1) < UNICASE


def recognised(glyphs, families, folds=5):
    """Share of each face's letters that a linear classifier knows which saw other families only: symbols fail."""
    data = glyphs.reshape(-1, 16, 3, 16, 3).mean((2, 4)).reshape(-1, 256) / 255
    data = np.concatenate([data, np.ones((len(data), 1))], 1)
    labels = np.tile(classes()[0], len(glyphs))
    fold = np.array([int(digest(family), 16) % folds for family in families]).repeat(len(LETTERS))
    right = np.zeros(len(data), bool)
    for one in range(folds):
        seen, unseen = data[fold != one], data[fold == one]
        wanted = np.eye(len(LETTERS))[labels[fold != one]]
        weights = np.linalg.solve(seen.T @ seen + 50 * np.eye(seen.shape[1]), seen.T @ wanted)
        right[fold == one] = (unseen @ weights).argmax(1) == labels[fold == one]
    return right.reshape(len(glyphs), -1).mean(1)


def groups(glyphs, families, hashes):
    """Families joined with their clones: a name of the group for each face."""
    ink = coarse(glyphs).reshape(len(glyphs), -1).astype(np.float32)
    both, area = ink @ ink.T, ink.sum(1)
    union = area[:, None] + area[None] - both
    alike = (union - both) / union < CLONE
    parent = {family: family for family in families}

    def root(family):
        while parent[family] != family:
            family = parent[family]
        return family

    def join(one, other):
        one, other = sorted((root(one), root(other)))
        parent[other] = one

    for one, other in np.argwhere(np.triu(alike, 1)):
        join(families[one], families[other])
    owners = {}
    for face, of_face in enumerate(hashes):
        for letter, value in zip(LETTERS, of_face):
            if letter in DISTINCT or letter in "aegkmy234689":
                join(families[face], owners.setdefault(value, families[face]))
    return [root(family) for family in families]


def glyph_hashes(glyphs):
    return [[hashlib.blake2b(np.packbits(glyph > 96).tobytes(), digest_size=12).digest() for glyph in face]
            for face in coarse_means(glyphs)]


def coarse_means(glyphs):
    return glyphs.reshape(len(glyphs), len(LETTERS), 24, 2, 24, 2).mean((3, 5))


def split(group_of, families):
    """The groups of the test side."""
    sizes = {}
    for group, family in zip(group_of, families):
        sizes.setdefault(group, set()).add(family)
    wanted, chosen = TEST_SHARE * len(set(families)), set()
    for group in sorted(sizes, key=digest):
        if wanted > 0 and len(sizes[group]) <= LARGEST_TEST:
            chosen.add(group)
            wanted -= len(sizes[group])
    return chosen


def unique(glyphs, hashes, chosen, taken):
    """(face, letter) of the glyphs of the chosen faces whose hashes are not taken; each hash once."""
    result = []
    for face in chosen:
        for letter, value in enumerate(hashes[face]):
            if value not in taken:
                taken.add(value)
                result.append((face, letter))
    return np.array(result)


def images(clean, kinds, random, chunk=4096):
    """The images of clean glyphs as uint8 [n, 32, 32]."""
    result = []
    for at in range(0, len(clean), chunk):
        part = slice(at, at + chunk)
        count = len(clean[part])
        drawn = augment.parameters(kinds[part], random.random((count, 8), dtype=np.float32))
        noise = random.standard_normal((count, 1, augment.IMAGE, augment.IMAGE), dtype=np.float32)
        made = augment.augment(torch.from_numpy(clean[part]), torch.from_numpy(drawn), torch.from_numpy(noise))
        result.append(torch.round(made[:, 0] * 255).to(torch.uint8).numpy())
    return np.concatenate(result)


def write_rows(path, made, labels, kinds, names):
    """One row per image: 1,024 floats in 0..1 row by row, class, its name, kind."""
    pixels = pyarrow.array((made.reshape(-1) / np.float32(255)).astype(np.float32))
    offsets = pyarrow.array(np.arange(len(made) + 1, dtype=np.int32) * augment.IMAGE ** 2)
    table = pyarrow.table({
        "image": pyarrow.ListArray.from_arrays(offsets, pixels), "label": pyarrow.array(labels.astype(np.int32)),
        "name": [names[label] for label in labels], "kind": [augment.KINDS[kind] for kind in kinds]})
    path.parent.mkdir(exist_ok=True)
    pyarrow.parquet.write_table(table, path, compression="zstd", compression_level=19, use_dictionary=True,
                                write_statistics=False, row_group_size=4096, dictionary_pagesize_limit=1 << 20)
    print(f"{path.name}: {len(made)} rows, {path.stat().st_size:,} bytes")


def main():
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("folder", type=Path)
    options.add_argument("--test", type=int, default=102_400, help="test glyphs (default: %(default)s)")
    options.add_argument("--calibration", type=int, default=2048, help="calibration images (default: %(default)s)")
    options.add_argument("--committed", type=int, default=4096, help="test glyphs in data/ (default: %(default)s)")
    options.add_argument("--commit", action="store_true", help="write data/ and fonts.csv")
    options = options.parse_args()
    found = faces.find(options.folder / "fonts", FACES)
    rendered = faces.render_all(found)
    found = [face for face, glyphs in zip(found, rendered) if glyphs is not None]
    glyphs = np.stack([one for one in rendered if one is not None])
    print(f"{len(found)} faces of {len({face[0] for face in found})} families have all letters and figures")
    keep = np.flatnonzero(lettered(glyphs))
    found, glyphs = [found[face] for face in keep], glyphs[keep]
    print(f"{len(found)} faces of {len({face[0] for face in found})} families have two cases")
    keep = np.flatnonzero(recognised(glyphs, [face[0] for face in found]) >= RECOGNISED)
    found, glyphs = [found[face] for face in keep], glyphs[keep]
    families = [face[0] for face in found]
    print(f"{len(found)} faces of {len(set(families))} families show letters")

    hashes = glyph_hashes(glyphs)
    group_of = groups(glyphs, families, hashes)
    chosen = split(group_of, families)
    taken = set()
    train = unique(glyphs, hashes, [face for face in range(len(found)) if group_of[face] not in chosen], taken)
    test = unique(glyphs, hashes, [face for face in range(len(found)) if group_of[face] in chosen], taken)
    sizes = sorted((group_of.count(group) for group in set(group_of)), reverse=True)
    counts = [len({families[face] for face, _ in side}) for side in (train, test)]
    print(f"{len(sizes)} groups of clones, the largest of {sizes[:3]} faces")
    print(f"families: training {counts[0]}, test {counts[1]}")
    class_of, names = classes()
    random = np.random.default_rng(SEED)

    clean = glyphs[train[:, 0], train[:, 1]]
    labels = class_of[train[:, 1]]
    family_names = sorted(set(families))
    family = np.array([family_names.index(families[face]) for face, _ in train])
    np.savez_compressed(options.folder / "train.npz", clean=clean, label=labels.astype(np.uint8), family=family)
    print(f"train.npz: {len(clean)} clean glyphs, {len(names)} classes")

    passes = -(-options.test // len(test))
    order = np.concatenate([random.permutation(len(test)) for _ in range(passes)])[:options.test]
    kinds = np.arange(options.test) % len(augment.KINDS)
    made = images(glyphs[test[order, 0], test[order, 1]], kinds, random)
    test_labels = class_of[test[order, 1]]
    test_family = np.array([family_names.index(families[face]) for face, _ in test[order]])
    np.savez_compressed(options.folder / "test.npz", image=made, label=test_labels.astype(np.uint8),
                        kind=kinds.astype(np.uint8), family=test_family)
    print(f"test.npz: {len(made)} glyphs from {len(test)} clean ones")

    drawn = random.permutation(len(clean))[:options.calibration]
    calibration_kinds = np.arange(len(drawn)) % len(augment.KINDS)
    calibration = images(clean[drawn], calibration_kinds, random)
    np.savez_compressed(options.folder / "calibration.npz", image=calibration, label=labels[drawn])
    if options.commit:
        write_rows(HERE / "data/calibration.parquet", calibration, labels[drawn], calibration_kinds, names)
        part = slice(0, options.committed)
        write_rows(HERE / "data/test.parquet", made[part], test_labels[part], kinds[part], names)
        licences = {row["package"]: row for row in csv.DictReader((HERE / "packages.csv").open())}
        with (HERE / "fonts.csv").open("w", newline="") as out:
            writer = csv.writer(out, lineterminator="\n")
            writer.writerow(["family", "side", "faces", "package", "version", "licence"])
            for name in family_names:
                of_family = [face for face in range(len(found)) if families[face] == name]
                for package in sorted({found[face][2] for face in of_family}):
                    here = [face for face in of_family if found[face][2] == package]
                    writer.writerow([name, "test" if group_of[here[0]] in chosen else "training", len(here), package,
                                     licences[package]["version"], licences[package]["licence"]])


if __name__ == "__main__":
    main()
