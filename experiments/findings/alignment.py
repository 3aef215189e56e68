"""Which sample of the target each output of a model belongs to, for every padding and stride."""

from jconv.window import forward_window, resolve_padding

from ..config import schema


def pads(model: schema.Model, length: int) -> tuple[int, int]:
    """Samples that the model adds before and after an input of `length` samples."""
    padding = model.padding if isinstance(model.padding, str | int) else tuple(model.padding)
    return resolve_padding(padding, length, model.kernel_size, model.stride, model.dilation)


def longest_pads(model: schema.Model) -> int:
    """A length that "same" pads by all of a kernel's reach; with a stride it pads others by less."""
    return model.span * model.stride + 1


def own_sample(model: schema.Model) -> int:
    """Where in an output's window the sample is that it belongs to, counted in samples from the oldest.

    That is the middle one, the earlier of two, unless the padding leaves the first or the last output without it: with
    "causal" it is the newest, and with "same_lower" the later of two.
    """
    reach = model.span - 1
    low, high = pads(model, longest_pads(model))
    return min(max(reach // 2, low), reach - high)


def first_sample(model: schema.Model, length: int) -> int:
    """The sample that the first output belongs to, of an input of `length` samples."""
    return own_sample(model) - pads(model, length)[0]


def outputs(model: schema.Model, length: int) -> int:
    """How many outputs an input of `length` samples has."""
    padding = pads(model, length)
    return forward_window(length, model.kernel_size, model.stride, padding, model.dilation).output_length
