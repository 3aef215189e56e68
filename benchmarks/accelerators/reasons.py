"""Why a program of `auto` exceeds a limit: read from the compiled programs, a sentence for all that share it."""

from dataclasses import dataclass
from fnmatch import fnmatchcase

from benchmarks.accelerators.targets import Target


@dataclass(frozen=True)
class Reason:
    """Why some programs exceed a limit.

    Attributes:
        where: the target's platform or name.
        case: the name of a case or network, or a glob.
        says: the reason, as a sentence without its full stop.
        cell: the cell, or a glob.
        dtype: the dtype, or a glob.
    """

    where: str
    case: str
    says: str
    cell: str = "*"
    dtype: str = "*"


BLOCKS = (
    "Blocks of positions become channels, for a product on tensor cores: a convolution would fill one channel to four"
)
FEWER = "A Fourier transform multiplies 137 times less than the direct sum, for more traffic"
COPIED = "The product of each tap is written out in float32 before they are summed"

REASONS: tuple[Reason, ...] = (
    Reason("cuda", "hyena-*", "No transform has 16 bits: spectra are float32, and held for both operands"),
    Reason("cuda", "fir-k1024", BLOCKS),
    Reason("cuda", "bank-*", BLOCKS),
    Reason("cuda", "fir-k16384", BLOCKS, "output", "bfloat16"),
    Reason("cuda", "fir-k16384", BLOCKS, "gradient for x", "bfloat16"),
    Reason("cuda", "fir-k16384", FEWER, "gradient for kernel"),
    Reason(
        "cuda",
        "fir-k16384",
        "The gradient for the kernel is by Fourier transforms, the rest by blocks of positions as channels",
        dtype="bfloat16",
    ),
    Reason("cuda", "fir-k16384", FEWER),
    Reason("cuda", "examples-*", "`taps` is one kernel in bfloat16 alone: in float32 its 80 products break into 26"),
    Reason(
        "tpu",
        "dense-64-k7",
        "The same convolution by another of the compiler's emitters, which it takes channels first: why was not found",
        "gradient for x",
    ),
    Reason(
        "v5e",
        "dense-64-k7",
        "XLA's convolution copies signals so that the batch lies beside the channels, half of its estimate and more; "
        "`taps` reads them as they lie, but loses at 256 and 512 channels, and always for x, and is not considered",
    ),
    Reason(
        "v5e",
        "front-*",
        "XLA's convolution copies x so that the batch lies on the lanes, 31 % of its estimate; `gemm`, which does not, "
        "loses by 2 to 10 times where there are more channels, and is considered for one tap alone",
        "gradient for kernel",
    ),
    Reason(
        "v5e",
        "pointwise-*-batch-100",
        "XLA's convolution lays a batch that is larger than the length on the lanes, for which this face copies where "
        "it stands alone; in a block with a norm and a GELU, laid out alike, the estimate is 61 % of that with `gemm`",
        "gradient for x",
    ),
    Reason("tpu", "groups-*", COPIED),
    Reason("tpu", "examples-*", COPIED),
    Reason(
        "tpu",
        "hyena-*",
        "Signals are filled up to twice their length, and spectra are float32: of 16 bits they are twice as large",
    ),
    Reason(
        "tpu",
        "fir-k16384",
        "Blocks of the signals overlap by half, and the spectra of both are held, a real and an imaginary array each",
        "gradient for kernel",
    ),
    Reason(
        "tpu",
        "bank-*",
        "The result, 128 positions by 80 channels a block, is copied from one layout to another twice",
        "output",
    ),
    Reason(
        "tpu",
        "ensemble-*",
        "The sum does not take in its factors: 49 of 62 weights are written out as whole signals, 8 of which do not "
        "fit on the chip; XLA's own convolution holds 42 times operands and result",
        "output",
    ),
    Reason(
        "tpu",
        "depthwise-*",
        "XLA's own depthwise convolutions, whose three faces take 5 to 22 s one by one; why the program that holds all "
        "takes more was not found",
    ),
    Reason(
        "v6e",
        "bank-*",
        "The convolution with blocks of positions as channels, which takes 9 to 19 s on a v5e as well",
    ),
    Reason(
        "v6e",
        "fir-k16384",
        "Transforms as matrix products, of signals in blocks: a v5e's compiler takes 7 to 16 s. `toeplitz` takes 16 to "
        "38 s and twice the cycles in bfloat16",
    ),
    Reason(
        "v6e",
        "codec",
        "Seventeen convolutions, forward and back; a v5e's compiler takes 14 s, and 36 by Flax",
    ),
    Reason("v6e", "vocoder", "Sixteen convolutions, forward and back; a v5e's compiler takes 14 s, and 34 by Flax"),
    Reason(
        "v5e",
        "ensemble-*",
        "XLA's own convolution is estimated 8 times slower in float32, faster in bfloat16 alone",
        "gradient for kernel",
    ),
    Reason(
        "v5e",
        "resnext",
        "One tap is a product (`gemm`), for which time lies on the lanes. Sums and elementwise steps beside it are "
        "estimated at twice as much; where all are `xla`, the estimate is below Flax's",
    ),
)


def why(target: Target, case: str, dtype: str, cell: str) -> str | None:
    """The first reason that fits, or None."""
    for known in REASONS:
        fits = ((case, known.case), (dtype, known.dtype), (cell, known.cell))
        if known.where in (target.name, target.platform) and all(fnmatchcase(*pair) for pair in fits):
            return known.says
    return None
