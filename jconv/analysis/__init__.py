"""What a kernel does, which kernel is best, and what the data say of it; NumPy in float64, for signals of any length.

    channels, share_range    contributions, shares, share_ranges       what each input channel adds to an output
    frequencies              frequency_response, group_delay           what a kernel does to each frequency
    least_squares            least_squares_kernel                      the best kernel, with its standard errors
    identify                 identifiability                           which kernels the input tells apart
    gram_matrix, outputs     gram, float64_output                      what both are made of
    stacks                   effective_kernel, local_kernel            the one kernel that a stack of layers amounts to
    alignment                align_kernels                             learnt kernels beside true ones

Below these: `design` reads what the windows see piece by piece, `correlation` sums lagged products by Fourier
transforms, `ranks` says what is rounding, `noise` what residuals say of the errors, `words` names directions.
"""

from jconv.analysis.alignment import Alignment, align_kernels
from jconv.analysis.channels import contributions, shares
from jconv.analysis.frequencies import frequency_response, group_delay
from jconv.analysis.gram_matrix import gram
from jconv.analysis.identify import Identifiability, identifiability
from jconv.analysis.least_squares import LeastSquares, least_squares_kernel
from jconv.analysis.outputs import float64_output
from jconv.analysis.share_range import ShareRanges, share_ranges
from jconv.analysis.stacks import EffectiveKernel, LocalKernel, effective_kernel, local_kernel

__all__ = [
    "Alignment",
    "EffectiveKernel",
    "Identifiability",
    "LeastSquares",
    "LocalKernel",
    "ShareRanges",
    "align_kernels",
    "contributions",
    "effective_kernel",
    "float64_output",
    "frequency_response",
    "gram",
    "group_delay",
    "identifiability",
    "least_squares_kernel",
    "local_kernel",
    "share_ranges",
    "shares",
]
