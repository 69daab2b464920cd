"""Trains the handwritten-digit network of the demo and exports it to ONNX.

    pip install torch==2.15.0 scikit-learn==1.9.1 pyarrow==26.0.1 onnx==1.23.2 onnxruntime==1.31.1 numpy==2.4.6
    python train_digits.py [FOLDER]

FOLDER (by default the demo's resources) receives `digits.parquet`, unless it is there already, and `digits.onnx`.
The Parquet file's `split` column is the split: 'train' for the first 1,200 images, 'test' for the other 597.
Runs on one CPU thread, in under a minute; the last line is the test accuracy that ONNX Runtime measures on the
exported file. Weights can differ in their last bits between processors and PyTorch versions.
"""
import sys
import warnings
from pathlib import Path

import numpy as np
import onnx
import onnxruntime
import pyarrow as pa
import pyarrow.parquet as pq
import torch
from sklearn.datasets import load_digits
from torch import nn
from torch.nn import functional as F

RESOURCES = Path(__file__).resolve().parents[1] / "resources/io/firesteel/examples/digits"
TRAIN_ROWS = 1200
EPOCHS = 60
BATCH = 48
SEED = 1998


class DigitNet(nn.Module):
    """Logits [N, 10] of N images of 8x8 pixels given as rows [N, 64] of values 0 to 16."""

    def __init__(self):
        super().__init__()
        self.features = nn.Sequential(
            *self.block(1, 16), *self.block(16, 32), nn.MaxPool2d(2),
            *self.block(32, 64), nn.MaxPool2d(2), nn.Flatten())
        self.dropout = nn.Dropout(0.4)
        self.classifier = nn.Linear(64 * 2 * 2, 10)

    @staticmethod
    def block(channels, filters):
        return nn.Conv2d(channels, filters, 3, padding=1, bias=False), nn.BatchNorm2d(filters), nn.ReLU()

    def forward(self, pixels):
        images = pixels.reshape(-1, 1, 8, 8) * 0.0625
        return self.classifier(self.dropout(self.features(images)))


def write_data(path):
    digits = load_digits()
    rows = len(digits.target)
    table = pa.table({
        "id": pa.array(range(rows), pa.int32()),
        "pixels": pa.array(list(digits.data.astype(np.float32)), pa.list_(pa.float32())),
        "label": pa.array(digits.target, pa.int32()),
        "split": pa.array(["train" if row < TRAIN_ROWS else "test" for row in range(rows)]),
    })
    pq.write_table(table, path, compression="snappy", store_schema=False)


def read_data(path):
    table = pq.read_table(path)
    pixels = np.array(table["pixels"].to_pylist(), dtype=np.float32)
    labels = table["label"].to_numpy().astype(np.int64)
    return pixels, labels, table["split"].to_numpy(zero_copy_only=False) == "train"


def jitter(pixels, generator):
    """Rotates, scales, shears and shifts each image a little."""
    count = len(pixels)

    def uniform(limit):
        return (torch.rand(count, generator=generator) * 2 - 1) * limit

    angle, shear, scale_x, scale_y = uniform(0.2), uniform(0.2), 1 + uniform(0.12), 1 + uniform(0.12)
    cos, sin = torch.cos(angle), torch.sin(angle)
    affine = torch.stack([
        torch.stack([scale_x * cos, scale_y * (shear * cos - sin), uniform(0.2)], 1),
        torch.stack([scale_x * sin, scale_y * (shear * sin + cos), uniform(0.2)], 1)], 1)
    grid = F.affine_grid(affine, [count, 1, 8, 8], align_corners=False)
    return F.grid_sample(pixels.reshape(-1, 1, 8, 8), grid, align_corners=False).reshape(-1, 64)


def train(pixels, labels):
    torch.manual_seed(SEED)
    generator = torch.Generator().manual_seed(SEED)
    model = DigitNet().train()
    steps = EPOCHS * (len(pixels) // BATCH)
    optimizer = torch.optim.AdamW(model.parameters(), lr=3e-3, weight_decay=1e-2)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, max_lr=1e-2, total_steps=steps)
    for _ in range(EPOCHS):
        order = torch.randperm(len(pixels), generator=generator)
        for rows in order[:len(order) // BATCH * BATCH].split(BATCH):
            logits = model(jitter(pixels[rows], generator))
            loss = F.cross_entropy(logits, labels[rows], label_smoothing=0.05)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            schedule.step()
    return model.eval()


def export(model, path):
    # TrainingMode.PRESERVE keeps the batch normalizations, which TrainingMode.EVAL would fold into the convolutions.
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        torch.onnx.export(
            model, (torch.zeros(2, 64),), str(path), opset_version=17, dynamo=False,
            training=torch.onnx.TrainingMode.PRESERVE, do_constant_folding=False,
            input_names=["pixels"], output_names=["logits"],
            dynamic_axes={"pixels": {0: "N"}, "logits": {0: "N"}})
    onnx.checker.check_model(str(path), full_check=True)


def accuracy(path, pixels, labels):
    session = onnxruntime.InferenceSession(str(path), providers=["CPUExecutionProvider"])
    logits, = session.run(["logits"], {"pixels": pixels})
    return float((logits.argmax(axis=1) == labels).mean())


def main(folder):
    torch.set_num_threads(1)
    torch.use_deterministic_algorithms(True)
    folder.mkdir(parents=True, exist_ok=True)
    data, network = folder / "digits.parquet", folder / "digits.onnx"
    if not data.exists():
        write_data(data)
    pixels, labels, training = read_data(data)
    model = train(torch.from_numpy(pixels[training]), torch.from_numpy(labels[training]))
    export(model, network)
    print(f"train accuracy {accuracy(network, pixels[training], labels[training]):.2%}")
    print(f"test accuracy {accuracy(network, pixels[~training], labels[~training]):.2%}")


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else RESOURCES)
