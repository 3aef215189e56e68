"""Convolution of rows that hold several signals, or shorter ones: no segment sees another, no padding is seen.

    rows             conv1d                        `jconv.conv1d` with segments, lengths, masks and states
    segments         output_segment_ids,           the segment of each output, for the next layer and for losses
                     output_lengths
    causal           causal_conv1d                 the function of that name in Dao-AILab's causal-conv1d
    onnx_operator    causal_conv_with_state        the operator CausalConvWithState of ONNX, opset 27

Below these: `masked_taps` sums over taps that stay in their segment, `states` is what runs from one row into the next.
"""

from jconv.packed.causal import causal_conv1d
from jconv.packed.onnx_operator import causal_conv_with_state
from jconv.packed.rows import conv1d
from jconv.packed.segments import output_lengths, output_segment_ids

__all__ = ["causal_conv1d", "causal_conv_with_state", "conv1d", "output_lengths", "output_segment_ids"]
