"""Five networks for 32x32 gray images: [n, 1, 32, 32] in 0..1 to [n, classes], each below 3 MB."""
import math

import torch
from torch import nn


def unit(inputs, outputs, kernel=3, stride=1, groups=1, activation=nn.ReLU):
    layers = [nn.Conv2d(inputs, outputs, kernel, stride, kernel // 2, groups=groups, bias=False),
              nn.BatchNorm2d(outputs)]
    return nn.Sequential(*layers, activation()) if activation else nn.Sequential(*layers)


class Vgg(nn.Sequential):
    def __init__(self, classes):
        super().__init__(
            unit(1, 32), unit(32, 32), nn.MaxPool2d(2), unit(32, 64), unit(64, 64), nn.MaxPool2d(2),
            unit(64, 96), unit(96, 96), nn.MaxPool2d(2), nn.Flatten(), nn.Linear(96 * 16, 224), nn.ReLU(),
            nn.Dropout(.4), nn.Linear(224, classes))


class ResidualBlock(nn.Module):
    def __init__(self, inputs, outputs, stride):
        super().__init__()
        self.body = nn.Sequential(unit(inputs, outputs, 3, stride), unit(outputs, outputs, activation=None))
        changed = stride != 1 or inputs != outputs
        self.skip = unit(inputs, outputs, 1, stride, activation=None) if changed else nn.Identity()
        self.activation = nn.ReLU()

    def forward(self, x):
        return self.activation(self.body(x) + self.skip(x))


class ResNet(nn.Sequential):
    def __init__(self, classes, widths=(28, 56, 112)):
        layers, inputs = [unit(1, widths[0])], widths[0]
        for stage, width in enumerate(widths):
            for block in range(2):
                layers.append(ResidualBlock(inputs, width, 2 if stage and not block else 1))
                inputs = width
        super().__init__(*layers, nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(inputs, classes))


class InceptionBlock(nn.Module):
    def __init__(self, inputs, one, reduced, three, reduced_five, five, pooled):
        super().__init__()
        self.one = unit(inputs, one, 1)
        self.three = nn.Sequential(unit(inputs, reduced, 1), unit(reduced, three))
        self.five = nn.Sequential(unit(inputs, reduced_five, 1), unit(reduced_five, five, 5))
        self.pool = nn.Sequential(nn.MaxPool2d(3, 1, 1), unit(inputs, pooled, 1))
        self.outputs = one + three + five + pooled

    def forward(self, x):
        return torch.cat([self.one(x), self.three(x), self.five(x), self.pool(x)], 1)


class Inception(nn.Sequential):
    def __init__(self, classes):
        layers, inputs = [unit(1, 32), unit(32, 48), nn.MaxPool2d(3, 2, 1)], 48
        for sizes in [(24, 24, 40, 12, 16, 16), (32, 32, 64, 12, 24, 24), None, (48, 48, 80, 16, 32, 32),
                      (48, 56, 96, 16, 32, 32), None, (64, 64, 112, 24, 40, 40)]:
            layers.append(InceptionBlock(inputs, *sizes) if sizes else nn.MaxPool2d(3, 2, 1))
            inputs = layers[-1].outputs if sizes else inputs
        super().__init__(*layers, nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Dropout(.2), nn.Linear(inputs, classes))


class InvertedResidual(nn.Module):
    def __init__(self, inputs, outputs, stride, expansion=6):
        super().__init__()
        width = inputs * expansion
        self.body = nn.Sequential(unit(inputs, width, 1, activation=nn.ReLU6),
                                  unit(width, width, 3, stride, groups=width, activation=nn.ReLU6),
                                  unit(width, outputs, 1, activation=None))
        self.residual = stride == 1 and inputs == outputs

    def forward(self, x):
        return x + self.body(x) if self.residual else self.body(x)


class MobileNetV2(nn.Sequential):
    """Training starts with the scales of the expanding batch normalizations spread over the channels.

    spread is the standard deviation of the scales' logarithms. 0 is the ordinary start.
    """

    def __init__(self, classes, spread=0.0):
        layers, inputs = [unit(1, 16, activation=nn.ReLU6)], 16
        for outputs, stride in [(16, 1), (24, 2), (24, 1), (40, 2), (40, 1), (40, 1), (64, 2), (64, 1)]:
            layers.append(InvertedResidual(inputs, outputs, stride))
            inputs = outputs
        super().__init__(*layers, unit(inputs, 256, 1, activation=nn.ReLU6), nn.AdaptiveAvgPool2d(1), nn.Flatten(),
                         nn.Dropout(.1), nn.Linear(256, classes))
        for block in self:
            if isinstance(block, InvertedResidual) and spread:
                with torch.no_grad():
                    block.body[0][1].weight.copy_(torch.exp(spread * torch.randn_like(block.body[0][1].weight)))


class Attention(nn.Module):
    def __init__(self, width, heads):
        super().__init__()
        self.heads, self.width = heads, width
        self.query, self.key, self.value = (nn.Linear(width, width) for _ in range(3))
        self.output = nn.Linear(width, width)

    def forward(self, x):
        def split(y):
            return y.reshape(-1, 64, self.heads, self.width // self.heads).transpose(1, 2)

        query, key, value = split(self.query(x)), split(self.key(x)), split(self.value(x))
        scores = torch.matmul(query, key.transpose(2, 3)) * (1 / math.sqrt(self.width // self.heads))
        mixed = torch.matmul(torch.softmax(scores, -1), value)
        return self.output(mixed.transpose(1, 2).reshape(-1, 64, self.width))


class TransformerBlock(nn.Module):
    def __init__(self, width, heads):
        super().__init__()
        self.before, self.attention = nn.LayerNorm(width), Attention(width, heads)
        self.between = nn.LayerNorm(width)
        self.mlp = nn.Sequential(nn.Linear(width, 3 * width), nn.GELU(), nn.Linear(3 * width, width))

    def forward(self, x):
        x = x + self.attention(self.before(x))
        return x + self.mlp(self.between(x))


class VisionTransformer(nn.Module):
    """64 patches of 4x4 pixels."""

    def __init__(self, classes, width=96, heads=4, depth=6):
        super().__init__()
        self.patches = nn.Conv2d(1, width, 4, 4)
        self.positions = nn.Parameter(torch.randn(1, 64, width) * .02)
        self.blocks = nn.Sequential(*(TransformerBlock(width, heads) for _ in range(depth)))
        self.norm, self.head = nn.LayerNorm(width), nn.Linear(width, classes)

    def forward(self, x):
        x = self.patches(x).flatten(2).transpose(1, 2) + self.positions
        return self.head(self.norm(self.blocks(x)).mean(1))


NETWORKS = {"vgg": Vgg, "resnet": ResNet, "inception": Inception, "mobilenetv2": MobileNetV2, "vit": VisionTransformer}


def network(name, classes):
    """By name; `mobilenetv2@0.7` starts with that spread."""
    kind, _, spread = name.partition("@")
    return NETWORKS[kind](classes, **({"spread": float(spread)} if spread else {}))
