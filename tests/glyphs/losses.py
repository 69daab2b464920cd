"""The loss of one model against another on the same rows."""
import math

import numpy as np


def loss(reference, other, labels):
    """Points of top-1 that `other` loses against `reference`, and half of the paired 95% interval."""
    difference = 100.0 * ((reference == labels).astype(np.float64) - (other == labels))
    return difference.mean(), 1.96 * difference.std(ddof=1) / math.sqrt(len(labels))
