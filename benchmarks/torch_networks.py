"""The networks of `experiments/` by PyTorch, channels first, and the weights of ours for them."""

from collections.abc import Callable
from typing import Any

import numpy as np


def networks(torch: Any) -> dict[str, Callable]:
    """Name -> (settings, shape of x (batch, length, in), classes) -> the network in PyTorch."""
    nn = torch.nn

    class Transposed(nn.Module):
        def forward(self, x: Any) -> Any:
            return x.transpose(1, 2)

    class Mean(nn.Module):
        def forward(self, x: Any) -> Any:
            return x.mean(dim=2)

    def normed(inside: int, channels: int, taps: int) -> list[Any]:
        return [nn.Conv1d(inside, channels, taps, padding="same", bias=False), nn.BatchNorm1d(channels)]

    class Dilated(nn.Module):
        def __init__(self, inside: int, channels: int, taps: int, dilation: int, dropout: float) -> None:
            super().__init__()
            weight_norm = nn.utils.parametrizations.weight_norm
            self.convolutions = nn.ModuleList(
                weight_norm(nn.Conv1d(before, channels, taps, padding="same", dilation=dilation))
                for before in (inside, channels)
            )
            self.shortcut = nn.Conv1d(inside, channels, 1) if inside != channels else nn.Identity()
            self.dropout = nn.Dropout1d(dropout)

        def forward(self, x: Any) -> Any:
            inner = x
            for convolution in self.convolutions:
                inner = self.dropout(torch.relu(convolution(inner)))
            return torch.relu(inner + self.shortcut(x))

    class Residual(nn.Module):
        def __init__(self, inside: int, channels: int) -> None:
            super().__init__()
            layers = [*normed(inside, channels, 8), nn.ReLU(), *normed(channels, channels, 5), nn.ReLU()]
            self.inner = nn.Sequential(*layers, *normed(channels, channels, 3))
            self.shortcut = nn.Conv1d(inside, channels, 1, bias=False) if inside != channels else nn.Identity()
            self.norm = nn.BatchNorm1d(channels)

        def forward(self, x: Any) -> Any:
            return torch.relu(self.inner(x) + self.norm(self.shortcut(x)))

    class Separable(nn.Module):
        def __init__(self, channels: int, taps: int) -> None:
            super().__init__()
            self.depthwise = nn.Conv1d(channels, channels, taps, padding="same", groups=channels)
            self.rest = nn.Sequential(
                nn.LayerNorm(channels, eps=1e-6),
                nn.Linear(channels, 4 * channels),
                nn.GELU(approximate="tanh"),
                nn.Linear(4 * channels, channels),
            )

        def forward(self, x: Any) -> Any:
            return x + self.rest(self.depthwise(x).transpose(1, 2)).transpose(1, 2)

    def cnn(settings: Any, shape: tuple[int, ...], classes: int) -> Any:
        c = settings.channels
        layers = []
        for inside, taps in ((shape[2], 5), (c, 3), (c, 3)):
            layers += [nn.Conv1d(inside, c, taps, stride=2, padding=1), nn.ReLU()]
        # flattened time first, as channels last do
        return nn.Sequential(*layers, Transposed(), nn.Flatten(), nn.Linear(5 * c, classes))

    def fcn(_: Any, shape: tuple[int, ...], classes: int) -> Any:
        layers, inside = [], shape[2]
        for channels, taps in ((128, 8), (256, 5), (128, 3)):
            layers += [*normed(inside, channels, taps), nn.ReLU()]
            inside = channels
        return nn.Sequential(*layers, Mean(), nn.Linear(inside, classes))

    def resnet(_: Any, shape: tuple[int, ...], classes: int) -> Any:
        pairs = ((shape[2], 64), (64, 128), (128, 128))
        return nn.Sequential(*(Residual(*pair) for pair in pairs), Mean(), nn.Linear(128, classes))

    def tcn(settings: Any, shape: tuple[int, ...], classes: int) -> Any:
        c = settings.channels
        blocks = [
            Dilated(c if level else shape[2], c, settings.taps, 2**level, settings.dropout)
            for level in range(settings.levels)
        ]
        return nn.Sequential(*blocks, Mean(), nn.Linear(c, classes))

    def separable(settings: Any, shape: tuple[int, ...], classes: int) -> Any:
        c = settings.channels
        stem = nn.Conv1d(shape[2], c, settings.taps, padding="same")
        blocks = [Separable(c, settings.taps) for _ in range(settings.blocks)]
        return nn.Sequential(stem, *blocks, Mean(), nn.LayerNorm(c, eps=1e-6), nn.Linear(c, classes))

    return {"cnn": cnn, "fcn": fcn, "resnet": resnet, "tcn": tcn, "separable": separable}


def copy_weights(torch: Any, ours: Any, theirs: Any) -> None:
    """Give a PyTorch network the weights of ours.

    Convolutions go in the order of their path, shortcuts after, and linear layers in order, which of ours may be
    convolutions of one tap; norms begin alike.
    """
    modules = list(theirs.modules())
    convolutions = [module for module in modules if isinstance(module, torch.nn.Conv1d)]
    main = [module for module in convolutions if module.kernel_size != (1,)]
    shortcuts = [module for module in convolutions if module.kernel_size == (1,)]
    blocks = getattr(ours, "blocks", [])
    sources = [each for block in blocks if (each := getattr(block, "shortcut", None)) is not None]
    linear = [layer for block in blocks if hasattr(block, "up") for layer in (block.up, block.down)]
    theirs_linear = [module for module in modules if isinstance(module, torch.nn.Linear)]
    with torch.no_grad():
        for source, module in (*zip(ours.path, main, strict=True), *zip(sources, shortcuts, strict=True)):
            weight = torch.from_numpy(np.asarray(source.kernel[...]).transpose(2, 1, 0).copy())
            if torch.nn.utils.parametrize.is_parametrized(module):
                module.weight = weight
            else:
                module.weight.copy_(weight)
            if module.bias is not None:
                module.bias.copy_(torch.from_numpy(np.array(source.bias[...])))
        for source, module in zip((*linear, ours.head), theirs_linear, strict=True):
            kernel = np.array(source.kernel[...])
            module.weight.copy_(torch.from_numpy(kernel.reshape(-1, kernel.shape[-1]).T.copy()))
            module.bias.copy_(torch.from_numpy(np.array(source.bias[...])))
