#!/usr/bin/env python3
"""Trains networks on DIR/train.npz, all at once, one process each; writes OUT/NAME.pt.

    train.py DIR OUT [--networks vgg,resnet] [--seconds 270]

A learning rate that follows the time spent makes a run end when it is told to, on any device.
"""
import argparse
import math
import time
from pathlib import Path

import numpy as np
import torch
import torch.multiprocessing as processes
from torch.nn import functional as F

import augment
from networks import network

DEFAULT = "vgg,resnet,inception,mobilenetv2@1.0,vit"


def groups_of(model, decay):
    """Parameters that decay and those that do not: scales, biases, positions."""
    kept = [value for value in model.parameters() if value.ndim < 2 or value.shape[0] == 1]
    decayed = [value for value in model.parameters() if not (value.ndim < 2 or value.shape[0] == 1)]
    return [{"params": decayed, "weight_decay": decay}, {"params": kept, "weight_decay": 0.0}]


def batches(clean, labels, size, device):
    """Shuffled, augmented batches without end."""
    while True:
        order = torch.randperm(len(clean), device=device)
        for at in range(0, len(order) - size + 1, size):
            chosen = order[at:at + size]
            kinds = torch.randint(len(augment.KINDS), (size,), device=device)
            drawn = augment.parameters(kinds, torch.rand(size, 8, device=device))
            noise = torch.randn(size, 1, augment.IMAGE, augment.IMAGE, device=device)
            yield augment.augment(clean[chosen], drawn, noise), labels[chosen]


def score(model, made, labels, device):
    model.eval()
    right = 0
    with torch.no_grad():
        for at in range(0, len(made), 1024):
            image = torch.from_numpy(made[at:at + 1024]).to(device).unsqueeze(1).float() / 255
            right += (model(image).argmax(1).cpu().numpy() == labels[at:at + 1024]).sum()
    model.train()
    return right / len(made)


def train(name, options):
    device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
    torch.manual_seed(20261121)
    torch.backends.cudnn.benchmark = True
    torch.backends.cuda.matmul.allow_tf32 = torch.backends.cudnn.allow_tf32 = True
    data = np.load(options.folder / "train.npz")
    clean = torch.from_numpy(data["clean"]).to(device)
    labels = torch.from_numpy(data["label"].astype(np.int64)).to(device)
    model = network(name, int(labels.max()) + 1).to(device).to(memory_format=torch.channels_last)
    if name == "vit":
        optimizer = torch.optim.AdamW(groups_of(model, .05), lr=1.5e-3, betas=(.9, .98))
    else:
        optimizer = torch.optim.SGD(groups_of(model, 2e-4), lr=.4, momentum=.9, nesterov=True)
    top = optimizer.param_groups[0]["lr"]
    start, step, elapsed, loss = time.time(), 0, 0.0, None
    for image, label in batches(clean, labels, options.batch, device):
        if step % 8 == 0:
            if device.type == "cuda":
                torch.cuda.synchronize()
            elapsed = (time.time() - start) / options.seconds
        if elapsed >= 1:
            break
        rate = top * min(1, step / 300 + .01) * .5 * (1 + math.cos(math.pi * elapsed))
        for group in optimizer.param_groups:
            group["lr"] = rate
        with torch.autocast(device.type, torch.bfloat16, enabled=device.type == "cuda"):
            output = model(image.contiguous(memory_format=torch.channels_last))
            loss = F.cross_entropy(output.float(), label, label_smoothing=.05)
        optimizer.zero_grad(set_to_none=True)
        loss.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 5.0)
        optimizer.step()
        step += 1
        if step % 500 == 0:
            print(f"{name}: step {step}, {elapsed:.0%}, loss {loss.item():.3f}", flush=True)
    torch.save({"name": name, "classes": int(labels.max()) + 1, "steps": step,
                "weights": {key: value.cpu().contiguous() for key, value in model.state_dict().items()}},
               options.out / f"{name}.pt")
    line = f"{name}: {step} steps of {options.batch}, loss {loss.item():.3f}"
    if (options.folder / "part.npz").exists():
        part = np.load(options.folder / "part.npz")
        line += f", top-1 {score(model, part['image'], part['label'], device):.4f}"
    print(line, flush=True)


def main():
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("folder", type=Path)
    options.add_argument("out", type=Path)
    options.add_argument("--networks", default=DEFAULT)
    options.add_argument("--seconds", type=float, default=270)
    options.add_argument("--batch", type=int, default=1024)
    options = options.parse_args()
    options.out.mkdir(parents=True, exist_ok=True)
    context = processes.get_context("spawn")
    running = [context.Process(target=train, args=(name, options)) for name in options.networks.split(",")]
    for process in running:
        process.start()
    for process in running:
        process.join()
    if any(process.exitcode for process in running):
        raise SystemExit("a training failed")


if __name__ == "__main__":
    main()
