"""The four kinds of glyph image: plain, rotated, blurred, low contrast; 32x32 gray from clean 48x48 bitmaps.

The same code makes the test glyphs on a CPU, from parameters that numpy draws, and the training batches on a GPU.
"""
import math

import numpy as np
import torch
import torch.nn.functional as F

KINDS = ["plain", "rotated", "blurred", "low contrast"]
IMAGE = 32
TAPS = 9  # of the blur
# angle in degrees, size, shift in x and y in pixels, blur in pixels, background, contrast, noise
LOW = {"plain": [0, .85, -2, -2, 0, 0, 1, 0], "rotated": [-25, .8, -2, -2, 0, 0, 1, 0],
       "blurred": [-5, .85, -2, -2, .8, 0, .8, 0], "low contrast": [-5, .85, -2, -2, 0, 0, .12, .005]}
HIGH = {"plain": [0, 1.08, 2, 2, 0, 0, 1, 0], "rotated": [25, 1.02, 2, 2, .3, 0, 1, 0],
        "blurred": [5, 1.05, 2, 2, 1.8, 0, 1, 0], "low contrast": [5, 1.05, 2, 2, .5, .6, .35, .025]}


def parameters(kinds, uniform):
    """[n, 8] of the kinds' ranges, from numbers in 0..1 of the same shape."""
    low = np.array([LOW[kind] for kind in KINDS], np.float32)
    high = np.array([HIGH[kind] for kind in KINDS], np.float32)
    if isinstance(kinds, np.ndarray):
        return low[kinds] + (high - low)[kinds] * uniform
    low, high = torch.from_numpy(low).to(kinds.device), torch.from_numpy(high).to(kinds.device)
    return low[kinds] + (high - low)[kinds] * uniform


def augment(clean, parameters, noise):
    """Images in 0..1, rounded to 255ths, as [n, 1, 32, 32].

    clean: [n, 48, 48] in 0..255; parameters: [n, 8]; noise: [n, 1, 32, 32] of unit variance.
    """
    angle, size, x, y, blur, background, contrast, grain = parameters.unbind(1)
    angle = angle * (math.pi / 180)
    cosine, sine = torch.cos(angle) / size, torch.sin(angle) / size
    shift = 2.0 / IMAGE
    theta = torch.stack([torch.stack([cosine, sine, -(cosine * x + sine * y) * shift], 1),
                         torch.stack([-sine, cosine, -(-sine * x + cosine * y) * shift], 1)], 1)
    grid = F.affine_grid(theta, [len(clean), 1, 2 * IMAGE, 2 * IMAGE], align_corners=False)
    image = F.grid_sample(clean.unsqueeze(1).float() / 255, grid, mode="bilinear", align_corners=False)
    image = smooth(F.avg_pool2d(image, 2), blur.clamp_min(.05))

    def each(value):
        return value.view(-1, 1, 1, 1)

    image = each(background) + each(contrast) * image + each(grain) * noise
    return torch.round(image.clamp(0, 1) * 255) / 255


def smooth(image, deviation):
    """A Gaussian blur with a deviation of its own for each image."""
    offsets = torch.arange(TAPS, device=image.device) - TAPS // 2
    kernel = torch.exp(-.5 * (offsets / deviation.unsqueeze(1)) ** 2)
    kernel = kernel / kernel.sum(1, keepdim=True)
    padded = F.pad(image, [TAPS // 2] * 4)
    rows = sum(padded[:, :, :, tap:tap + IMAGE] * kernel[:, tap].view(-1, 1, 1, 1) for tap in range(TAPS))
    return sum(rows[:, :, tap:tap + IMAGE] * kernel[:, tap].view(-1, 1, 1, 1) for tap in range(TAPS))
