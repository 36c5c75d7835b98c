"""Which of the drawings that wait to be labelled come first."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from ml.arrays import FloatArray, IntArray
from ml.glyphs import Random


@dataclass
class Waiting:
    """What is known of n drawings without their labels."""

    probabilities: FloatArray  # (n, 10), of the digits, by the network that serves
    before: FloatArray  # (n, 10), by the one that served before it
    features: FloatArray  # (n, f)
    labelled: FloatArray  # (m, f), features of drawings that have labels


Order = Callable[[Waiting, Random], IntArray]


def chance(waiting: Waiting, rng: Random) -> IntArray:
    """Return the rows in any order: int (n,)."""
    return rng.permutation(len(waiting.features))


def uncertainty(waiting: Waiting, rng: Random) -> IntArray:
    """Return first what the network is least confident of, as the site's queue does."""
    return np.argsort(waiting.probabilities.max(axis=1), kind="stable")


def disagreement(waiting: Waiting, rng: Random) -> IntArray:
    """Return first where both networks differ most, by the Jensen-Shannon divergence."""
    one, other = waiting.probabilities, waiting.before
    middle = (one + other) / 2
    divergence = _entropy(middle) - (_entropy(one) + _entropy(other)) / 2
    return np.argsort(-divergence, kind="stable")


def k_centre(waiting: Waiting, rng: Random) -> IntArray:
    """Return first what is farthest from all that has a label or comes before it (Sener and
    Savarese 2018, https://arxiv.org/abs/1708.00489).
    """
    features = waiting.features
    distance = np.full(len(features), np.inf)
    for known in waiting.labelled:
        distance = np.minimum(distance, _distances(features, known))
    order = []
    for _ in features:
        order.append(int(distance.argmax()))
        distance = np.minimum(distance, _distances(features, features[order[-1]]))
        distance[order[-1]] = -1
    return np.array(order)


ORDERS: dict[str, Order] = {
    "chance": chance,
    "uncertainty": uncertainty,
    "k-centre": k_centre,
    "disagreement": disagreement,
}


def _entropy(probabilities: FloatArray) -> FloatArray:
    """Return that of each row, in nats: float (n,)."""
    entropy: FloatArray = -(probabilities * np.log(probabilities + 1e-12)).sum(axis=1)
    return entropy


def _distances(features: FloatArray, point: FloatArray) -> FloatArray:
    """Return the squares of the Euclidean ones: float (n,)."""
    distances: FloatArray = ((features - point) ** 2).sum(axis=1)
    return distances
