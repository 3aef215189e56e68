"""What one CPU and one compiler decide: thresholds that were measured, and hold until they are measured again.

Measured on 2026-11-25 with jax 0.10.2 and 0.12.0 on an Intel Xeon with AVX-512, two cores, in float32.
`python -m benchmarks thresholds` times those that shape a program again, each value beside its neighbours; what only
prices read, `python -m benchmarks fit` judges by the regret that it prints.
"""

# Vectors and memory.
LANES = 16  # float32 entries of a vector register
LOOP_VECTOR = 8  # entries that XLA's own loops work on at once
UNROLLED = 32  # terms of a sum that are written out; XLA compiles more slowly, and a loop runs over them
CALLS_VARY = 50_000.0  # nanoseconds by which the same call varies: less is no saving
WIDE_TYPES = 2.0  # times slower than float32: types of 8 bytes and more, and integers

# Matrix products (jconv.methods.products). XLA hands a product to one of several libraries, by its shape.
POINTWISE = range(32, 512)  # columns of a result for which a pointwise convolution is up to twice as fast (AVX2)
LONG_SUM, VERY_LONG_SUM = 2000, 12000  # terms of a sum over positions from which one axis, or two halves, are faster
SMALL_RESULT, LARGE_RESULT = 8192, 20000  # entries of its result: below the first one axis, below the second two halves

# "dense".
CONVOLUTIONS_IN_A_ROW = 16  # of kernels of their own; more take turns in a loop, which is slower but compiles
SUMS_AT_ONCE = 4  # convolutions that a kernel's gradient is the sum of; two or three gain nothing with two cores
SUMMED_POSITIONS, SUMMED_WORK = 2048, 2**24  # positions and multiplications from which that pays
MERGED_BELOW, MERGED_TO = 16, 32  # channels: groups of fewer are merged up to so many; beyond, zeros cost more

# "taps": elementwise loops instead of matrix products.
FEW_CHANNELS = 4  # summed by a loop, whatever else
NARROW_GROUP = 16  # and so many where no side of a group has more: a matrix product has nothing to reuse there
MOST_BESIDE = 64  # channels beside those summed, up to which a lone kernel is summed by a loop as well
LOOP_TAPS, LOOP_TAPS_AT_ONCE = (
    32,
    8,
)  # of depthwise kernels, in one fused loop; beyond, in each turn of a loop
LOOP_PRODUCTS = 128  # of several channels, in one fused loop; more run out of registers
EDGES_APART = 96  # products up to which the positions that read padding are summed by themselves
MOSTLY_INSIDE = 0.5  # of the positions read no padding: else it is not worth setting the others apart
STRAIGHT_PARTS = 3  # parts of a sum that are compiled each by itself; more take turns in a loop
SHIFTED_TAPS = 8  # of the input face that are padded and added in one fused loop

# "taps", gradient for the kernel: a loop over positions.
TAPS_A_PASS = 8  # of depthwise kernels that one pass over the signals adds
FEWEST_ROWS, MOST_ROWS, ROW_ENTRIES = 4, 16, 6144  # positions an iteration adds; older XLA does not vectorise fewer
BLOCKED_CHANNELS = 64  # depthwise, up to which positions are summed in blocks
BLOCK_ROWS = 8  # positions of such a block; XLA does not vectorise 16
GROUP_ROWS, WIDE_GROUP_ROWS = 16, 20  # positions an iteration adds to kernels of groups; of 8 to 32, with both versions
FEWEST_IN_A_VECTOR = 4  # entries of an innermost loop: one of fewer XLA does not vectorise

# "fft".
LEAST_TRANSFORM = 1024  # samples of a block's transform
SPANS_A_BLOCK = 4  # spans of the kernel that a block's transform covers, where the kernel is in one part
KERNEL_PARTS = (2, 4, 8, 16)  # that a kernel may be cut into
TRANSFORMS_ABREAST, ABREAST_TIMES = 8, 2.0  # so many transforms share vectors, and take as long as two alone
PARTS_WORTH = 0.48  # of the work may be left with the kernel in parts, whose blocks overlap more and need more memory
SPECTRAL_PRODUCT = 1.5  # a complex multiplication, in samples of a transform times the logarithm of its length

# "winograd".
PIECE_BYTES = 8 * 2**20  # of transformed signals at once; above 32 MiB the system gives fresh pages at each call
FEWEST_PAIRS = 64  # of channels: of fewer, the transforms alone take longer than the direct sum
