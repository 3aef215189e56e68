"""Pictures of convolutions: arrays in, a matplotlib figure out, which a notebook shows by itself.

Nothing global is touched, pyplot least of all. Size and time of a picture are bounded: where there is more to draw
than it holds, it draws the largest and says what it leaves out. `slide` moves: `save_gif` writes it.
"""

from jconv.plot.animation import Animation, save_gif
from jconv.plot.arithmetic import contribution_panels, window_by_hand
from jconv.plot.confusion import confusion
from jconv.plot.direction_errors import direction_errors
from jconv.plot.ensemble_bands import ensemble_bands
from jconv.plot.filter_bank import filter_bank
from jconv.plot.frequencies import frequency_curves
from jconv.plot.heatmaps import kernel_heatmaps
from jconv.plot.kernels import kernel_curves
from jconv.plot.patch_spectrum import patch_spectrum
from jconv.plot.receptive_field import receptive_field
from jconv.plot.response_training import response_training
from jconv.plot.share_bars import share_bars
from jconv.plot.signals import signal_panels
from jconv.plot.slide import slide
from jconv.plot.style import Picture

__all__ = [
    "Animation",
    "Picture",
    "confusion",
    "contribution_panels",
    "direction_errors",
    "ensemble_bands",
    "filter_bank",
    "frequency_curves",
    "kernel_curves",
    "kernel_heatmaps",
    "patch_spectrum",
    "receptive_field",
    "response_training",
    "save_gif",
    "share_bars",
    "signal_panels",
    "slide",
    "window_by_hand",
]
