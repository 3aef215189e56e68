"""Weights to and from PyTorch, Flax and safetensors files, as NumPy arrays; nothing of PyTorch or Flax is imported.

In the middle stand *params*, a dict `{"kernel": array, "bias": array}` (no `"bias"` if there is none) whose kernel is
the one that `jconv.conv1d` or `jconv.conv_transpose1d` takes in layout "NLC". Every function here goes to params or
comes from them, so two of them lead from any library to any other:

    from_torch, to_torch    a state dict's "weight" and "bias"; weight normalisation is folded in
    from_flax, to_flax      the "kernel" and "bias" of flax.nnx (or linen) and jconv.nnx modules
    load_safetensors, save_safetensors    names and arrays in a file

What a kernel looks like, and what lies between it and params, with g groups:

| held by                                        | shape              | taps flipped | axes                           |
|------------------------------------------------|--------------------|--------------|--------------------------------|
| jconv.conv1d, "NLC" (params)                   | (width, in/g, out) | no           | as they are                    |
| jconv.conv1d, "NCL"                            | (out, in/g, width) | no           | reversed                       |
| torch.nn.Conv1d                                | (out, in/g, width) | no           | reversed                       |
| flax Conv, jconv.nnx.Conv1D                    | (width, in/g, out) | no           | as they are                    |
| jconv.conv_transpose1d, "NLC" (params)         | (width, out/g, in) | no           | as they are                    |
| jconv.conv_transpose1d, "NCL"                  | (in, out/g, width) | no           | reversed                       |
| torch.nn.ConvTranspose1d                       | (in, out/g, width) | no           | reversed                       |
| flax ConvTranspose, jconv.nnx.ConvTranspose1D: |                    |              |                                |
|     transpose_kernel=True                      | (width, out/g, in) | no           | as they are                    |
|     transpose_kernel=False (their default)     | (width, in/g, out) | yes          | channels swapped in each group |

(flax's own ConvTranspose has no groups.) No bias ever changes. The arguments beside the weights, with
`span = (width - 1) * dilation + 1`:

| PyTorch                                      | jconv.conv1d, conv_transpose1d | flax and jconv.nnx                 |
|----------------------------------------------|--------------------------------|------------------------------------|
| Conv1d(padding=p)                            | padding=p                      | padding=p                          |
| Conv1d(padding="same")                       | padding="same"                 | padding="SAME"                     |
| Conv1d(padding_mode=m, padding="same")       | padding_mode=m, padding="same" | padding=m in capitals ("CIRCULAR") |
| ConvTranspose1d(padding=p, output_padding=q) | padding=p, output_padding=q    | padding=(span-1-p, span-1-p+q)     |
"""

from jconv.interop.flax_params import from_flax, to_flax
from jconv.interop.safetensors_files import load_safetensors, save_safetensors
from jconv.interop.torch_weights import from_torch, to_torch

__all__ = ["from_flax", "from_torch", "load_safetensors", "save_safetensors", "to_flax", "to_torch"]
