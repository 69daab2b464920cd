"""Finds the faces of unpacked fonts and renders their letters and figures as clean 48x48 bitmaps."""
import re
from concurrent.futures import ProcessPoolExecutor

import numpy as np
from fontTools.ttLib import TTFont
from PIL import Image, ImageFont

LETTERS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
SIDE, INK, SIZE = 48, 36, 96  # of the clean bitmap; of the glyph in it; the size a glyph is rendered at first
STYLES = re.compile(r"[ -](bold|light|condensed|cond|italic|medium|thin|black|semi ?bold|extra ?bold|ultra ?bold|heavy|"
                    r"book|regular|oblique|demi|extra ?light|ultra ?light|semi ?light|roman|normal|narrow|extended|"
                    r"expanded|semicondensed|extracondensed|hairline|retina|text|display|caption|wide|slanted)$")


def family_of(name):
    """The family's name without the style words that many fonts append to it."""
    name, before = re.sub(r"\s+", " ", name.strip().lower()), None
    while name != before:
        before, name = name, STYLES.sub("", name)
    return name


def describe(path):
    """Family and subfamily of a scalable font that has every letter and figure, or null."""
    try:
        if path.suffix.lower() == ".pfb":
            family, style = ImageFont.truetype(str(path), 16).getname()
            return family_of(family or path.stem), style or "Regular"
        with TTFont(path, lazy=True, fontNumber=0) as font:
            if not ({"glyf", "CFF ", "CFF2"} & set(font.keys())):
                return None
            cmap, names = font.getBestCmap() or {}, font["name"]
            if any(ord(letter) not in cmap for letter in LETTERS):
                return None
            family = names.getDebugName(16) or names.getDebugName(1) or path.stem
            return family_of(family), names.getDebugName(17) or names.getDebugName(2) or "Regular"
    except Exception:  # what a font parser may throw at a broken font is open-ended; such a font is left out
        return None


def bitmap(font, letter):
    """The glyph scaled so that its longer side measures INK, centred; null where it has no ink."""
    mask = font.getmask(letter, mode="L")
    width, height = mask.size
    if width == 0 or height == 0:
        return None
    image = Image.frombytes("L", mask.size, bytes(mask))
    box = image.getbbox()
    if box is None:
        return None
    image = image.crop(box)
    scale = INK / max(image.size)
    size = tuple(max(1, round(length * scale)) for length in image.size)
    image = image.resize(size, Image.Resampling.BOX if scale < 1 else Image.Resampling.BICUBIC)
    canvas = Image.new("L", (SIDE, SIDE))
    canvas.paste(image, ((SIDE - size[0]) // 2, (SIDE - size[1]) // 2))
    return np.asarray(canvas)


def render(path):
    """All glyphs of a face as [62, 48, 48], or null where one cannot be rendered."""
    try:
        font = ImageFont.truetype(str(path), SIZE, layout_engine=ImageFont.Layout.BASIC)
        glyphs = [bitmap(font, letter) for letter in LETTERS]
    except (OSError, ValueError, MemoryError):
        return None
    return None if any(glyph is None for glyph in glyphs) else np.stack(glyphs)


def find(folder, most):
    """(family, style, package, path) of at most `most` faces of each family, in an order that names alone decide."""
    paths = sorted(path for path in folder.rglob("*") if path.suffix.lower() in (".ttf", ".otf", ".pfb", ".ttc")
                   and path.is_file() and not path.is_symlink())
    families = {}
    with ProcessPoolExecutor() as pool:
        for path, found in zip(paths, pool.map(describe, paths, chunksize=16)):
            if found is not None:
                package = path.relative_to(folder).parts[0]
                families.setdefault(found[0], {}).setdefault(found[1].lower(), (found[0], found[1], package, path))
    chosen = []
    for family in sorted(families):
        styles = families[family]
        order = sorted(styles, key=lambda style: (style not in ("regular", "bold", "italic", "light", "black"), style))
        chosen += [styles[style] for style in order[:most]]
    return chosen


def render_all(faces):
    with ProcessPoolExecutor() as pool:
        return list(pool.map(render, [face[3] for face in faces], chunksize=4))
