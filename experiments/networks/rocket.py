"""ROCKET (Dempster, Petitjean and Webb 2020) and MiniRocket (2021): fixed kernels, then a ridge classifier.

No kernel is learnt: thousands of dilated convolutions are made once, each leaves one or two numbers of its whole
output, and a linear classifier is solved for these in closed form.
"""

import itertools
import math
from dataclasses import dataclass

import jax
import jax.numpy as jnp
import numpy as np

import jconv

LENGTHS = (7, 9, 11)  # taps of ROCKET's kernels
WIDTH = 9  # taps of MiniRocket's kernels: six of weight -1 and three of weight 2
PATTERNS = tuple(itertools.combinations(range(WIDTH), 3))  # where the three lie: 84
DILATIONS = 32  # of MiniRocket, at most, for each pattern
CHUNK = 512  # examples that are convolved at once


@dataclass(frozen=True)
class Kernels:
    """Kernels of one dilation, with "same" padding.

    Attributes:
        weights: (width, in, count).
        bias: (count, biases each): what an output must exceed to be counted.
        dilation: of all.
        whole: (count,) whether the outputs whose window leaves the signal are counted too.
        reach: (count,) samples from the window's middle to its end.
    """

    weights: np.ndarray
    bias: np.ndarray
    dilation: int
    whole: np.ndarray
    reach: np.ndarray


def random_kernels(length: int, inputs: int, count: int, seed: int) -> list[Kernels]:
    """ROCKET's kernels: random taps, weights, biases, dilations, paddings and channels, one list entry a dilation.

    Args:
        length: samples of an example.
        inputs: channels.
        count: kernels.
        seed: of all that is random.
    """
    random = np.random.default_rng(seed)
    fitting = [taps for taps in LENGTHS if taps <= length] or [length if length % 2 else length - 1]
    drawn: dict[int, list[tuple[np.ndarray, float, bool, int]]] = {}
    for _ in range(count):
        taps = int(random.choice(fitting))
        most = math.log2((length - 1) / (taps - 1)) if taps > 1 else 0.0
        dilation = int(2 ** random.uniform(0, most))
        channels = int(2 ** random.uniform(0, math.log2(min(inputs, taps) + 1)))
        weights = np.zeros((max(fitting), inputs))
        chosen = random.choice(inputs, channels, replace=False)
        begin = (len(weights) - taps) // 2
        values = random.normal(size=(taps, channels))
        weights[begin : begin + taps, chosen] = values - values.mean(axis=0)
        bias, whole = random.uniform(-1, 1), bool(random.integers(2))
        drawn.setdefault(dilation, []).append((weights, bias, whole, (taps - 1) * dilation // 2))
    made = []
    for dilation, kernels in sorted(drawn.items()):
        weights, bias, whole, reach = zip(*kernels, strict=True)
        # an output exceeds -bias where the biased one is positive
        limits = -np.array(bias, np.float32)[:, None]
        made.append(Kernels(np.stack(weights, -1).astype("f4"), limits, dilation, np.array(whole), np.array(reach)))
    return made


def fixed_kernels(x: np.ndarray, features: int, seed: int) -> list[Kernels]:
    """MiniRocket's kernels: 84 patterns of -1 and 2, their dilations, and biases that training examples give.

    Args:
        x: (examples, length, in) to train on: each bias is a quantile of the output of one of them.
        features: numbers that an example comes to, about.
        seed: of the examples and, with several channels, of those that each pattern sees.
    """
    random, length, inputs = np.random.default_rng(seed), x.shape[1], x.shape[2]
    each = max(1, features // len(PATTERNS))
    most = math.log2((length - 1) / (WIDTH - 1)) if length > WIDTH else 0.0
    powers = 2 ** np.linspace(0, most, min(each, DILATIONS))
    dilations, shares = np.unique(powers.astype(int), return_counts=True)
    counts = np.maximum(1, shares * (each / len(powers))).astype(int)
    counts[np.argmin(counts)] += max(0, each - int(counts.sum()))
    patterns = np.full((WIDTH, len(PATTERNS)), -1.0, np.float32)
    for place, taps in enumerate(PATTERNS):
        patterns[list(taps), place] = 2.0
    quantiles = iter(np.mod(np.arange(1, len(PATTERNS) * counts.sum() + 1) * ((math.sqrt(5) + 1) / 2), 1.0))
    made = []
    for place, (dilation, count) in enumerate(zip(dilations, counts, strict=True)):
        weights = np.zeros((WIDTH, inputs, len(PATTERNS)), np.float32)
        for pattern in range(len(PATTERNS)):
            channels = int(2 ** random.uniform(0, math.log2(min(inputs, WIDTH) + 1)))
            for channel in random.choice(inputs, channels, replace=False):
                weights[:, channel, pattern] = patterns[:, pattern]
        whole = (np.arange(len(PATTERNS)) + place) % 2 == 0
        reach = np.full(len(PATTERNS), (WIDTH - 1) * int(dilation) // 2)
        examples = random.integers(len(x), size=len(PATTERNS))
        outputs = np.asarray(convolved(jnp.asarray(x[examples]), jnp.asarray(weights), int(dilation)))
        bias = np.empty((len(PATTERNS), count), np.float32)
        for pattern in range(len(PATTERNS)):
            own = outputs[pattern, :, pattern]
            own = (
                own if whole[pattern] or 2 * reach[pattern] >= length else own[reach[pattern] : length - reach[pattern]]
            )
            bias[pattern] = np.quantile(own, [next(quantiles) for _ in range(count)])
        made.append(Kernels(weights, bias, int(dilation), whole, reach))
    return made


def convolved(x: jax.Array, weights: jax.Array, dilation: int) -> jax.Array:
    """Outputs (examples, length, count)."""
    return jconv.conv1d(x, weights, padding="same", dilation=dilation)


def features(x: np.ndarray, kernels: list[Kernels], *, largest: bool) -> np.ndarray:
    """What each example comes to, (examples, features) float32.

    Args:
        x: (examples, length, in).
        kernels: of `random_kernels` or `fixed_kernels`.
        largest: also the largest output of each kernel (ROCKET), not only the share that exceeds each bias.
    """

    @jax.jit
    def of_all(x: jax.Array) -> jax.Array:
        parts = []
        for each in kernels:
            outputs = convolved(x, jnp.asarray(each.weights), each.dilation)
            time, reach = np.arange(x.shape[1])[:, None], each.reach[None]
            counted = each.whole | ((time >= reach) & (time < x.shape[1] - reach))
            counted = counted | ~counted.any(axis=0)  # a window longer than the signal: all outputs count
            exceeds = (outputs[..., None] > each.bias) & counted[..., None]
            shares = exceeds.sum(axis=1) / counted.sum(axis=0)[:, None]
            parts.append(shares.reshape(len(x), -1).astype(jnp.float32))
            if largest:
                most = jnp.where(counted, outputs, -jnp.inf).max(axis=1)
                parts.append(most - each.bias[:, 0])
        return jnp.concatenate(parts, axis=1)

    return np.concatenate([np.asarray(of_all(jnp.asarray(x[at : at + CHUNK]))) for at in range(0, len(x), CHUNK)])
