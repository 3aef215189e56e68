"""Undo a channel: find the filter that gives back what was sent."""

import numpy as np

from ..config import schema
from .problem import Problem

CHANNELS = {
    "echo": (1.0, 0.0, 0.0, 0.6),  # a reflection three samples late, 4.4 dB weaker: dips of 8 dB
    # Proakis, Digital Communications (4th edition, figure 10.2-5): a good telephone line, a null at the band's edge,
    # and the worst of five taps
    "proakis_a": (0.04, -0.05, 0.07, -0.21, -0.5, 0.72, 0.36, 0.0, 0.21, 0.03, 0.07),
    "proakis_b": (0.407, 0.815, 0.407),
    "proakis_c": (0.227, 0.46, 0.688, 0.46, 0.227),
}
"""Name -> what one symbol becomes, sample by sample."""


def equalise(config: schema.Equalise) -> Problem:
    """What came through the channel, and the symbols `config.delay` samples late.

    The noise is white; its power is that of the received symbols less `snr_db`.
    """
    random = np.random.default_rng(config.seed)
    response = np.array(CHANNELS[config.channel])
    before = config.delay + len(response) - 1  # symbols sent before the first sample that is looked at
    sent = random.normal(size=config.length + before)
    if config.symbols == "binary":
        sent = np.where(sent < 0, -1.0, 1.0)
    clean = np.convolve(sent, response)[before : len(sent)]
    noise = random.normal(size=len(clean)) * np.sqrt(np.square(response).sum()) * 10 ** (-config.snr_db / 20)
    late = sent[before - config.delay :][: len(clean)]
    return Problem(
        title=f"Undo the channel {config.channel}",
        x=(clean + noise).astype(np.float32)[:, None],
        y=late.astype(np.float32)[:, None],
        held_out_from=int(config.length * config.train_fraction),
        inputs=("received",),
        outputs=("sent",),
        channel=response[::-1],
    )
