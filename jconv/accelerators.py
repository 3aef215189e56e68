"""What accelerators decide: the rates that prices are made of, and sizes that XLA's compilers for them like.

Nothing here was timed on a device. Rates are those of the makers' data sheets, of an H100 SXM and a TPU v5e. What a
method does is from what XLA's own compilers make of it (jax 0.12.0, 2026-11-28, `python -m benchmarks accelerators`).
"""

from dataclasses import dataclass

TAPS = 64  # elementwise terms of one fused program; a loop beyond starts several programs for each tap
BLOCK, MOST_BLOCKS = 128, 32  # positions that become channels, and how many such blocks a kernel spans at the most
LANES = 128  # of a TPU: channels are filled up to as many with zeros

# GPU libraries.
ALIGNED = 4  # channels; fewer are filled up with zeros
FEW_PAIRS = 16  # of a group's channels, up to which its convolutions are far off the memory rate
LIBRARY_OFF = 10.0  # times

# What a TPU's compiler estimates, in times what the rates below would give.
DEPTHWISE, DEPTHWISE_KERNEL = 6.0, 1.7  # of XLA's own depthwise convolutions
KERNELS_OF_THEIR_OWN = 8.0  # of convolutions with a kernel for each example
ON_LANES = 5.0  # of sums over taps with time on the lanes
PRODUCTS_OF_BLOCKS = 3.0  # of positions, in 16 bits as in 32: as 16,384 taps compare with transforms

# Passes over memory.
VMEM = 256e6  # bytes of x and y that still fit into a TPU's memory on the chip, each by itself
LONG_GROUPS = (
    8.0  # of groups' signals beyond that by a product for each tap, over the bytes of an entry; XLA's own 1.5 times
)
PASSES = 5.0  # of a Fourier transform and the copies around it, for each sample
PASSES_BY_PRODUCTS = 3.5  # times as many, where matrix products transform half as many complex samples
PASSES_OF_BLOCKS = 10.0  # of the signals, where a TPU cuts them into blocks of positions


def filled_up(channels: int, to: int) -> float:
    """Channels after they are filled up with zeros to a multiple, for each before."""
    return -(-channels // to) * to / channels


@dataclass(frozen=True)
class Work:
    """What a face does on an accelerator, as its compiler reports it.

    Attributes:
        kernels: programs that are started one after another.
        traffic: bytes that they read and write.
        products: multiplications in matrix products and convolutions, those with zeros that fill them up included.
        sums: multiplications elsewhere.
    """

    kernels: float
    traffic: float
    products: float = 0.0
    sums: float = 0.0


@dataclass(frozen=True)
class Rates:
    """What a device does in a nanosecond: bytes of memory moved, multiplications in matrix products and elsewhere.

    `start` is the nanoseconds between two small kernels that follow each other. Products of 16 bits are `narrow`,
    others `wide`: TF32 on a GPU, at the default precision one pass of bfloat16 on a TPU.
    """

    start: float
    bytes: float
    narrow: float
    wide: float
    sums: float

    def nanoseconds(self, work: Work, itemsize: int) -> float:
        """The least time for some work on operands of `itemsize` bytes."""
        products = work.products / (self.narrow if itemsize <= 2 else self.wide)
        return self.start * work.kernels + max(work.traffic / self.bytes, products + work.sums / self.sums)


H100 = Rates(start=5000.0, bytes=3350.0, narrow=495_000.0, wide=247_000.0, sums=33_500.0)
V5E = Rates(start=500.0, bytes=819.0, narrow=98_500.0, wide=98_500.0, sums=6_100.0)
RATES = {"cuda": H100, "rocm": H100, "tpu": V5E}
