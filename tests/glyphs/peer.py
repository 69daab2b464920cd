#!/usr/bin/env python3
"""ONNX Runtime's static quantization of the five networks: top-1 on the test glyphs and paired losses.

    peer.py DIR [--rows 102400] [--json FILE]

QDQ format, symmetric int8 activations per tensor, symmetric int8 weights per output channel, 1,024 calibration images.
Min-max, and percentile 99.999 of a histogram of 2,048 bins. `--unsigned` gives activations in uint8 with zero points.
"""
import argparse
import json
import tempfile
from pathlib import Path

import numpy as np
from onnxruntime.quantization import CalibrationDataReader, CalibrationMethod, QuantFormat, QuantType, quantize_static
from onnxruntime.quantization.shape_inference import quant_pre_process

from losses import loss
from scores import predictions

HERE = Path(__file__).resolve().parent
NAMES = "vgg,resnet,inception,mobilenetv2,vit"
BINS, PERCENTILE = 2048, 99.999
METHODS = {"min-max": (CalibrationMethod.MinMax, {}),
           "percentile": (CalibrationMethod.Percentile, {"CalibPercentile": PERCENTILE, "CalibNumBins": BINS})}


class Images(CalibrationDataReader):
    def __init__(self, images, batch):
        self.batches = iter([{"image": images[at:at + batch, None].astype(np.float32) / np.float32(255)}
                             for at in range(0, len(images), batch)])

    def get_next(self):
        return next(self.batches, None)


def quantize(source, target, images, method, unsigned):
    kind, extra = METHODS[method]
    with tempfile.TemporaryDirectory() as folder:
        prepared = Path(folder) / "prepared.onnx"
        quant_pre_process(str(source), str(prepared), skip_symbolic_shape=True)
        quantize_static(str(prepared), str(target), Images(images, 64), quant_format=QuantFormat.QDQ, per_channel=True,
                        activation_type=QuantType.QUInt8 if unsigned else QuantType.QInt8, weight_type=QuantType.QInt8,
                        calibrate_method=kind,
                        extra_options={"ActivationSymmetric": not unsigned, "WeightSymmetric": True, **extra})


def main():
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("folder", type=Path)
    options.add_argument("--models", default=NAMES)
    options.add_argument("--from", dest="source", type=Path, default=HERE / "models")
    options.add_argument("--rows", type=int, default=102_400)
    options.add_argument("--calibration", type=int, default=1024)
    options.add_argument("--threads", type=int, default=2)
    options.add_argument("--unsigned", action="store_true")
    options.add_argument("--json", type=Path, help="write the figures there too")
    options = options.parse_args()
    test, calibration = np.load(options.folder / "test.npz"), np.load(options.folder / "calibration.npz")
    images, labels = test["image"][:options.rows], test["label"][:options.rows]
    print(f"| network | fp32 top-1 | {' | '.join(METHODS)} |\n| --- | --- |{' --- |' * len(METHODS)}")
    figures = {}
    for name in options.models.split(","):
        source = options.source / f"{name}.onnx"
        reference = predictions(source, images, options.threads)
        figures[name] = {"fp32": float(100 * (reference == labels).mean())}
        for method in METHODS:
            with tempfile.TemporaryDirectory() as folder:
                target = Path(folder) / "int8.onnx"
                quantize(source, target, calibration["image"][:options.calibration], method, options.unsigned)
                figures[name][method] = loss(reference, predictions(target, images, options.threads), labels)
        cells = [f"{mean:.2f} ± {half:.2f}" for mean, half in (figures[name][method] for method in METHODS)]
        print(f"| {name} | {figures[name]['fp32']:.2f}% | {' | '.join(cells)} |", flush=True)
    if options.json:
        options.json.write_text(json.dumps({"rows": len(labels), "figures": figures}, indent=1))


if __name__ == "__main__":
    main()
