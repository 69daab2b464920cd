#!/usr/bin/env python3
"""Measures the networks of tests/gpu-benchmark in PyTorch on a GPU: fp16, channels last, a CUDA graph, 1 s of warm-up, median of five
windows of half a second. Random weights; needs torch, torchvision and transformers.

    gpu-peers.py [--seconds S] [NETWORK:BATCH...]
    gpu-peers.py --export-bert FILE.onnx       # BERT-base for sequences of 128 tokens
"""
import argparse
import statistics
import sys
import time

import torch
from torch import nn

IMAGES = {"inception_v3": 299}


class Tagger(nn.Module):
    """Two bidirectional LSTM layers over embedded tokens."""

    def __init__(self):
        super().__init__()
        self.e = nn.Embedding(5000, 128)
        self.r = nn.LSTM(128, 256, num_layers=2, bidirectional=True, batch_first=True)
        self.o = nn.Linear(512, 32)

    def forward(self, tokens):
        return self.o(self.r(self.e(tokens))[0])


class Translator(nn.Module):
    """Encoder and decoder of two LSTM layers each, with attention between them."""

    def __init__(self, width, hidden=500, words=8000):
        super().__init__()
        self.e = nn.Embedding(words, width)
        self.enc = nn.LSTM(width, hidden, num_layers=2, batch_first=True)
        self.dec = nn.LSTM(width, hidden, num_layers=2, batch_first=True)
        self.c = nn.Linear(2 * hidden, hidden)
        self.g = nn.Linear(hidden, words)

    def forward(self, src, tgt):
        memory, state = self.enc(self.e(src))
        out, _ = self.dec(self.e(tgt), state)
        weights = torch.softmax(out @ memory.transpose(1, 2), -1)
        return self.g(torch.tanh(self.c(torch.cat([weights @ memory, out], -1))))


class Recommender(nn.Module):
    """DLRM: dense features and 26 embedded categories, the products of all pairs, and a multilayer perceptron."""

    def __init__(self, tables=26, rows=1000, width=64):
        super().__init__()
        self.t = nn.ModuleList(nn.Embedding(rows, width) for _ in range(tables))
        self.b = nn.Sequential(nn.Linear(13, 256), nn.ReLU(), nn.Linear(256, width), nn.ReLU())
        pairs = torch.tril_indices(tables + 1, tables + 1, -1)
        self.register_buffer("pairs", pairs)
        self.top = nn.Sequential(nn.Linear(width + pairs.shape[1], 512), nn.ReLU(), nn.Linear(512, 1), nn.Sigmoid())

    def forward(self, dense, categorical):
        x = self.b(dense)
        all = torch.stack([x] + [t(categorical[:, i]) for i, t in enumerate(self.t)], 1)
        products = all @ all.transpose(1, 2)
        return self.top(torch.cat([x, products[:, self.pairs[0], self.pairs[1]]], 1))


class UNet(nn.Module):
    def __init__(self, c=16):
        super().__init__()

        def block(i, o):
            return nn.Sequential(nn.Conv2d(i, o, 3, padding=1), nn.ReLU(), nn.Conv2d(o, o, 3, padding=1), nn.ReLU())

        self.a, self.b, self.m = block(1, c), block(c, 2 * c), block(2 * c, 4 * c)
        self.u, self.d = nn.ConvTranspose2d(4 * c, 2 * c, 2, 2), block(4 * c, 2 * c)
        self.v, self.f = nn.ConvTranspose2d(2 * c, c, 2, 2), block(2 * c, c)
        self.o, self.p = nn.Conv2d(c, 2, 1), nn.MaxPool2d(2)

    def forward(self, x):
        a = self.a(x)
        b = self.b(self.p(a))
        y = self.d(torch.cat([self.u(self.m(self.p(b))), b], 1))
        return torch.sigmoid(self.o(self.f(torch.cat([self.v(y), a], 1))))


def transformer(name, length):
    import transformers as t
    if name in ("bert_base", "bert_base_128"):
        return t.BertModel(t.BertConfig(attn_implementation="sdpa"), add_pooling_layer=False)
    if name == "minilm_l6":
        return t.BertModel(t.BertConfig(hidden_size=384, num_hidden_layers=6, intermediate_size=1536, attn_implementation="sdpa"),
                           add_pooling_layer=False)
    if name == "distilbert":
        return t.DistilBertModel(t.DistilBertConfig(attn_implementation="sdpa"))
    return t.GPT2LMHeadModel(t.GPT2Config(use_cache=False, attn_implementation="sdpa"))


def network(name, batch):
    """The module in fp16 and its inputs."""
    device = "cuda"

    def tokens(words, length):
        return torch.randint(0, words, (batch, length), device=device)

    if name == "bilstm_tagger":
        return Tagger().half().to(device), (tokens(5000, 40),)
    if name == "nmt_lstm":
        return Translator(500).half().to(device), (tokens(8000, 30), tokens(8000, 30))
    if name in ("bert_base", "bert_base_128", "minilm_l6", "distilbert", "gpt2_small"):
        length = 128 if name.endswith("_128") else 64
        module = transformer(name, length).half().to(device)
        ids = tokens(30000, length)
        return Named(module, name == "gpt2_small"), (ids,)
    if name == "dlrm":
        dense = torch.rand(batch, 13, device=device).half()
        return Recommender().half().to(device), (dense, torch.randint(0, 1000, (batch, 26), device=device))
    if name == "mlp":
        module = nn.Sequential(nn.Linear(64, 512), nn.ReLU(), nn.Linear(512, 512), nn.GELU(), nn.Linear(512, 256), nn.Tanh(),
                               nn.Linear(256, 1), nn.Sigmoid())
        return module.half().to(device), (torch.rand(batch, 64, device=device).half(),)
    if name == "unet":
        module, size, channels = UNet(), 128, 1
    else:
        import torchvision
        models = torchvision.models
        if name == "fcn_resnet50":
            module = models.segmentation.fcn_resnet50(weights=None, weights_backbone=None, aux_loss=False)
        elif name in ("googlenet", "inception_v3"):
            module = getattr(models, name)(weights=None, aux_logits=False, init_weights=False, transform_input=False)
        else:
            module = getattr(models, name)(weights=None)
        size, channels = IMAGES.get(name, 224), 3
    module = module.half().to(device).to(memory_format=torch.channels_last)
    images = torch.rand(batch, channels, size, size, device=device).half().to(memory_format=torch.channels_last)
    return module, (images,)


class Named(nn.Module):
    """Gives a transformer's first result."""

    def __init__(self, module, cached):
        super().__init__()
        self.module = module

    def forward(self, ids):
        return self.module(ids)[0]


@torch.inference_mode()
def rate(name, batch, seconds):
    module, inputs = network(name, batch)
    module.eval()
    torch.backends.cudnn.benchmark = True
    side = torch.cuda.Stream()
    side.wait_stream(torch.cuda.current_stream())
    with torch.cuda.stream(side):
        for _ in range(3):
            module(*inputs)
    torch.cuda.current_stream().wait_stream(side)
    graph = torch.cuda.CUDAGraph()
    with torch.cuda.graph(graph):
        module(*inputs)

    def window(length):
        torch.cuda.synchronize()
        start, runs = time.perf_counter(), 0
        while time.perf_counter() - start < length:
            for _ in range(10):
                graph.replay()
            torch.cuda.synchronize()
            runs += 10
        return (time.perf_counter() - start) / runs

    window(1.0)
    return batch / statistics.median(window(seconds) for _ in range(5))


def export_bert(path):
    class Hidden(nn.Module):
        def __init__(self):
            super().__init__()
            self.module = transformer("bert_base", 128)

        def forward(self, input_ids, attention_mask):
            return self.module(input_ids, attention_mask=attention_mask).last_hidden_state

    ids = torch.randint(0, 30000, (2, 128))
    batch = torch.export.Dim("N", min=1, max=4096)
    torch.onnx.export(Hidden().eval(), (ids, torch.ones_like(ids)), path, input_names=["input_ids", "attention_mask"],
                      output_names=["hidden"], dynamic_shapes=({0: batch}, {0: batch}), opset_version=18, dynamo=True,
                      external_data=False)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seconds", type=float, default=0.5)
    parser.add_argument("--export-bert")
    parser.add_argument("networks", nargs="*")
    options = parser.parse_args()
    if options.export_bert:
        export_bert(options.export_bert)
    for run in options.networks:
        name, batch = run.split(":")[:2]
        try:
            print(f"{name:20} {batch:>5} {rate(name, int(batch), options.seconds):12.1f} rows/s", flush=True)
        except Exception as e:  # one network must not keep the others from being measured
            print(f"{name:20} {batch:>5} failed: {type(e).__name__}: {str(e)[:120]}", flush=True)
        torch.cuda.empty_cache()
    return 0


if __name__ == "__main__":
    sys.exit(main())
