"""Pictures of convolutions: arrays in, a matplotlib `Figure` out. Nothing global is touched."""

from jconv.plot.arithmetic import contribution_panels, window_by_hand
from jconv.plot.frequencies import frequency_curves
from jconv.plot.kernels import kernel_curves, kernel_heatmaps, snapshot_curves
from jconv.plot.losses import loss_curves
from jconv.plot.signals import before_after, signal_panels

__all__ = [
    "before_after",
    "contribution_panels",
    "frequency_curves",
    "kernel_curves",
    "kernel_heatmaps",
    "loss_curves",
    "signal_panels",
    "snapshot_curves",
    "window_by_hand",
]
