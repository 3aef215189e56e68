"""Models: each is the kernel that it says, begins where it should, and is compared with the right samples."""

import itertools

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from flax import nnx

import jconv
from experiments.config import schema
from experiments.config.rules import ConfigError, build
from experiments.findings import alignment, filters
from experiments.findings.optimum import predict, targets
from experiments.fit import fit
from experiments.models import MODELS, as_numpy
from experiments.models.linear_stack import composed
from experiments.showing import pictures

KEY = jax.random.key(3)
SMALL = {
    "module": schema.Conv(kernel_size=5),
    "function": schema.Conv(kernel_size=5, api="function"),
    "grouped": schema.Conv(kernel_size=5, groups=2, stride=2, padding="same_lower"),
    "reflect": schema.Conv(kernel_size=4, padding_mode="reflect"),
    "linear_stack": schema.LinearStack(widths=[3, 2], channels=5),
    "sinc": schema.Sinc(kernel_size=31, gain=True, use_bias=True),
    "gabor": schema.Gabor(kernel_size=31),
}


def sides(config):
    return (1, 3) if isinstance(config, schema.Bank) else (2, 4)


def correlated(x, kernel, bias, low, high, stride, dilation, groups, mode):
    """The convolution by its formula in float64: (length, in) -> (length', out)."""
    width, each, outs = kernel.shape
    x = np.pad(x.astype(np.float64), ((max(low, 0), max(high, 0)), (0, 0)), mode)
    x = x[max(-low, 0) : len(x) - max(-high, 0)]
    length = (len(x) - (width - 1) * dilation - 1) // stride + 1
    y = np.zeros((length, outs)) + bias
    for time, tap, c, out in itertools.product(range(length), range(width), range(each), range(outs)):
        channel = out // (outs // groups) * each + c
        y[time, out] += x[time * stride + tap * dilation, channel] * kernel[tap, c, out]
    return y


@pytest.mark.parametrize("name", SMALL)
def test_a_model_is_the_kernel_that_it_shows(name):
    config = SMALL[name]
    inputs, outputs = sides(config)
    model = MODELS[config.name](config, inputs, outputs)
    params = jax.tree.map(lambda leaf: leaf + 0.01, model.init(KEY))
    arrays = as_numpy(model.arrays(params))
    assert arrays["kernel"].shape == (config.kernel_size, inputs // config.groups, outputs)
    x = np.random.default_rng(0).normal(size=(41, inputs)).astype(np.float32)
    y = np.asarray(model.apply(params, x[None]))[0]
    bias = arrays.get("bias", np.zeros(outputs))
    assert ("bias" in arrays) == config.use_bias
    mode = {"zeros": "constant", "reflect": "reflect"}[config.padding_mode]
    low, high = alignment.pads(config, 41)
    wanted = correlated(x, arrays["kernel"], bias, low, high, config.stride, 1, config.groups, mode)
    terms = arrays["kernel"].shape[0] * arrays["kernel"].shape[1] + 2
    size = correlated(abs(x), abs(arrays["kernel"]), abs(bias), low, high, config.stride, 1, config.groups, mode)
    # Higham 3.1, twice as much for the layers of a stack and the composition of its kernel
    assert np.all(np.abs(y - wanted) <= 4 * terms * np.finfo(np.float32).eps * (size + 1e-6))
    np.testing.assert_allclose(predict(x, arrays["kernel"], bias, config), wanted, atol=1e-12)


@pytest.mark.parametrize("name", SMALL)
def test_init_is_pure_and_goes_through_jit_and_vmap(name):
    config = SMALL[name]
    model = MODELS[config.name](config, *sides(config))
    keys = jax.random.split(KEY, 3)
    many = jax.vmap(lambda key: model.arrays(model.init(key))["kernel"])(keys)
    once = jax.jit(lambda key: model.arrays(model.init(key))["kernel"])(keys[1])
    np.testing.assert_allclose(many[1], once, rtol=1e-6, atol=1e-7)
    again = model.arrays(model.init(keys[1]))["kernel"]
    np.testing.assert_allclose(again, once, rtol=1e-6, atol=1e-7)
    if not isinstance(config, schema.Bank):
        assert not np.array_equal(many[0], many[1])


def test_first_weights_are_those_of_the_layer_and_of_lecun():
    wanted = jconv.nnx.Conv1D(2, 4, 5, rngs=nnx.Rngs(3)).kernel[...]
    model = MODELS["conv"](SMALL["module"], 2, 4)
    np.testing.assert_array_equal(model.arrays(model.init(KEY))["kernel"], wanted)
    wanted = jax.nn.initializers.lecun_normal(in_axis=(0, 1))(KEY, (5, 2, 4), jnp.float32)
    model = MODELS["conv"](SMALL["function"], 2, 4)
    np.testing.assert_array_equal(model.arrays(model.init(KEY))["kernel"], wanted)


@pytest.mark.parametrize(
    ("widths", "strides", "dilations", "padding"),
    [
        ([3], [2], [2], "valid"),
        ([1, 4], [], [], "causal"),
        ([2, 3, 4], [1, 2, 1], [3, 1, 2], "valid"),
        ([2, 3, 4], [1, 2, 1], [3, 1, 2], "causal"),
    ],
)
def test_a_stack_is_one_convolution(widths, strides, dilations, padding):
    config = schema.LinearStack(widths=widths, strides=strides, dilations=dilations, channels=2, padding=padding)
    model = MODELS["linear_stack"](config, 2, 3)

    @jax.jit
    def outputs(x):
        params = model.init(KEY)
        return model.apply(params, x), model.arrays(params)["kernel"]

    for length in range(config.span, config.span + 5, 4):
        x = np.random.default_rng(0).normal(size=(1, length, 2)).astype(np.float32)
        y, kernel = (np.asarray(array) for array in outputs(x))
        assert kernel.shape == (config.kernel_size, 2, 3)
        wanted = predict(x[0], kernel, None, config)
        assert y[0].shape == wanted.shape
        # of at most 4 * 2 + 2 terms a layer, three layers, and as many again for the kernel
        terms = 2 * 3 * 10 * np.finfo(np.float32).eps
        np.testing.assert_allclose(y[0], wanted, atol=terms * np.abs(x).max() * sizes(kernel))


def sizes(kernel):
    """A sum of weights, with room for those that cancel when kernels are composed."""
    return 4 * np.abs(kernel).sum(axis=(0, 1)).max()


def test_two_kernels_compose_as_polynomials_multiply():
    a, b = np.array([1.0, 2.0, 3.0]), np.array([4.0, 5.0])
    kernels = [jnp.asarray(taps, jnp.float32)[:, None, None] for taps in (a, b)]
    np.testing.assert_allclose(composed(kernels, [1, 1], [1, 1])[:, 0, 0], np.convolve(a, b))
    np.testing.assert_allclose(composed(kernels, [2, 1], [1, 1])[:, 0, 0], np.convolve(a, [4, 0, 5]))


@pytest.mark.parametrize("stride", [1, 2, 3])
@pytest.mark.parametrize("length", [40, 41, 42])
@pytest.mark.parametrize("width", [1, 4, 5])
@pytest.mark.parametrize("padding", ["same", "same_lower", "valid", "causal", 1, [3, 0], [0, -2]])
def test_outputs_are_held_against_the_sample_in_the_middle_or_the_newest(padding, width, length, stride):
    """A kernel that only passes its own sample on gives back every stride-th sample of the input."""
    try:
        config = schema.Conv(api="function", kernel_size=width, stride=stride, padding=padding)
    except ConfigError:
        assert not isinstance(padding, str)  # pads more than the kernel reaches
        return
    low, high = alignment.pads(config, length)
    own = width - 1 if padding == "causal" else width // 2 if padding == "same_lower" else (width - 1) // 2
    if padding == [3, 0]:
        own = max(own, 3)
    if padding == 1:
        own = min(max(own, 1), width - 2)
    assert alignment.own_sample(config) == own
    kernel = np.zeros((width, 1, 1))
    kernel[own] = 1
    x = np.arange(1.0, length + 1)[:, None]
    y = correlated(x, kernel, 0, low, high, stride, 1, 1, "constant")
    np.testing.assert_array_equal(targets(x, config), y)
    np.testing.assert_array_equal(predict(x, kernel, None, config), y)


@pytest.mark.parametrize(
    ("make", "said"),
    [
        (lambda: schema.Conv(padding="smae"), r"`model\.padding` \(=smae\) is unknown; did you mean `same`\?"),
        (
            lambda: schema.Conv(padding=[1, 2, 3]),
            r"`model\.padding` \(=\[1, 2, 3\]\) must be a word, a whole number",
        ),
        (lambda: schema.Conv(padding=1.5), r"`model\.padding` \(=1\.5\) must be a word"),
        (lambda: schema.Conv(kernel_size=3, padding=2), r"`model\.padding` \(=2\) gives more outputs than there are"),
        (lambda: schema.Conv(stride=2, padding_mode="reflect"), r"`model\.padding_mode` \(=reflect\) goes with"),
        (lambda: schema.Sinc(kernel_size=30), r"`model\.kernel_size` \(=30\) must be odd; set model\.kernel_size=31"),
        (lambda: schema.LinearStack(widths=[]), r"`model\.widths` \(=\[\]\) must have one entry for each layer"),
        (
            lambda: build(schema.LinearStack, {"widths": 3}),
            r"`model\.widths` \(=3\) must be a list of whole numbers",
        ),
        (lambda: schema.LinearStack(widths=[3, 0]), r"`model\.widths\[1\]` \(=0\) must be at least 1"),
        (
            lambda: build(schema.LinearStack, {"widths": [3, "a"]}),
            r"`model\.widths\[1\]` \(=a\) must be a whole number",
        ),
        (
            lambda: schema.LinearStack(widths=[3, 3], strides=[2]),
            r"`model\.strides` \(=\[2\]\) must have one",
        ),
        (
            lambda: schema.Fit(model=schema.Conv(groups=2)),
            r"`model\.groups` \(=2\) must divide the 1 input",
        ),
        (
            lambda: schema.Fit(model=schema.LinearStack(widths=[600, 600])),
            r"`trainer\.window` \(=1080\)",
        ),
        (
            lambda: build(schema.Fit, {"model": {"name": "cnov"}}),
            r"`model\.name` \(=cnov\) is unknown; did you mean `conv`\?",
        ),
    ],
)
def test_what_a_model_cannot_be_is_one_line(make, said):
    with pytest.raises(ConfigError, match=said):
        make()


def gain(taps, frequency):
    return np.abs(np.sum(taps * np.exp(-2j * np.pi * frequency * np.arange(len(taps)))))


def test_sinc_passes_its_band_and_gabor_half_at_its_width():
    config = schema.Sinc(kernel_size=401, rate=8000.0)
    found = as_numpy(MODELS["sinc"](config, 1, 5).arrays(MODELS["sinc"](config, 1, 5).init(KEY)))
    edges = 700 * (10 ** (np.linspace(0, np.log10(1 + 4000 / 700), 7)) - 1) / 8000
    bounds = (edges[1:] + edges[:-1]) / 2
    np.testing.assert_allclose(found["low_cutoff"], bounds[:-1], rtol=1e-4)
    np.testing.assert_allclose(found["high_cutoff"], bounds[1:], rtol=1e-4)
    for taps, low, high in zip(found["kernel"][:, 0].T, found["low_cutoff"], found["high_cutoff"], strict=True):
        # of a Hamming window the ripple is 0.2 % and half the gain is at the cut-off, 53 dB are kept out
        assert gain(taps, (low + high) / 2) == pytest.approx(1, abs=0.01)
        assert gain(taps, low) == pytest.approx(0.5, abs=0.01)
        assert gain(taps, high) == pytest.approx(0.5, abs=0.01)
        assert gain(taps, high + 4 / 401) < 10 ** (-50 / 20)
    config = schema.Gabor(kernel_size=401, rate=8000.0)
    found = as_numpy(MODELS["gabor"](config, 1, 5).arrays(MODELS["gabor"](config, 1, 5).init(KEY)))
    np.testing.assert_allclose(found["centre"], edges[1:-1], rtol=1e-4)
    for taps, centre, width in zip(found["kernel"][:, 0].T, found["centre"], found["bandwidth"], strict=True):
        if centre > width:  # else the same at the negative frequency adds to it
            assert gain(taps, centre) == pytest.approx(1, abs=0.01)
            assert gain(taps, centre + width / 2) == pytest.approx(0.5, abs=0.01)


@pytest.mark.slow
@pytest.mark.parametrize("name", ["sinc", "gabor"])
def test_a_bank_finds_one_of_its_own_filters_and_says_how_far_it_went(name, monkeypatch, capsys):
    """Outputs of filters whose frequencies are a fifth off the first ones': the way there is what is shown."""
    from experiments import tasks
    from experiments.tasks import Problem

    config = schema.MODELS[name](kernel_size=61, padding="valid", rate=1000.0)
    model = MODELS[name](config, 1, 2)
    begun = model.init(KEY)
    truth = jax.tree.map(lambda leaf: 1.1 * leaf, begun)
    x = np.random.default_rng(0).normal(size=(6000, 1)).astype(np.float32)
    y = np.zeros((6000, 2), np.float32)
    y[30:-30] = model.apply(truth, x[None])[0]
    problem = Problem("A bank", x[30:-30], y[30:-30], 4000, rate=1000.0)
    monkeypatch.setitem(tasks.TASKS, "denoise_ecg", lambda _: problem)
    found = fit(model=config, trainer={"steps": 1500, "window": 256}, optimizer={"name": "adam", "learning_rate": 0.03})
    shown = found.metrics["filters"]
    assert shown["unit"] == "Hz"
    wanted = as_numpy(model.arrays(truth))
    names = ("low_cutoff", "high_cutoff") if name == "sinc" else ("centre", "bandwidth")
    for key in names:
        # a hundredth of what the kernel resolves
        np.testing.assert_allclose(shown[f"{key}_end"], 1000 * wanted[key], atol=0.01 * 1000 / 61)
        start = 1000 * as_numpy(model.arrays(begun))[key]
        np.testing.assert_allclose(shown[f"{key}_start"], start, rtol=1e-5)
    ways = [np.abs(np.subtract(shown[f"{key}_end"], shown[f"{key}_start"])) for key in names]
    np.testing.assert_allclose(shown["moved"], np.max(ways, axis=0))
    assert shown["resolved"] == pytest.approx(1000 / 61)
    from rich.console import Console

    filters.print_moves(Console(width=100), found)
    out = capsys.readouterr().out
    assert "moved by" in out
    assert out.count("→") == 4
    drawn = dict(pictures.draw(found))
    assert list(drawn)[2:] == ["filter_bank.png", "loss.png", "snapshots.png", "filters.png"]
    assert drawn["filters.png"].get_suptitle().replace("\n", " ").startswith("The filters moved by")


def test_filters_that_hardly_move_are_said_not_to():
    from experiments.showing import headlines

    assert headlines.filters(np.array([0.1, 0.2]), 10.0, "Hz").startswith("The filters have hardly moved: by 0.15")
    assert headlines.filters(np.array([5.0]), 10.0, "Hz") == "The filters moved by 5 Hz; the kernel resolves 10"


COMBINATIONS = [
    {
        "task": schema.RecoverFir(in_channels=6, out_channels=12),
        "model": schema.Conv(kernel_size=3, groups=6),
    },
    {"task": schema.Seed(), "model": schema.LinearStack(widths=[2, 2], strides=[1, 2], padding="causal")},
    {"task": schema.Filterbank(length=800, filters=40), "model": schema.Conv(kernel_size=31, padding="valid")},
    {
        "task": schema.Filterbank(length=800, filters=45),
        "model": schema.Sinc(kernel_size=31, stride=3),
    },
    {"task": schema.Equalise(length=800), "model": schema.Conv(kernel_size=31, stride=2, padding=[30, 0])},
]


@pytest.mark.slow
@pytest.mark.parametrize("case", range(len(COMBINATIONS)))
def test_every_kind_of_task_and_model_is_drawn(case):
    found = fit(**COMBINATIONS[case], trainer={"steps": 3, "window": 200})
    for _, figure in pictures.draw(found):
        assert figure._repr_png_().startswith(b"\x89PNG")
    assert np.isfinite(found.metrics["held_out_mse"])


def test_channel_times_equaliser_is_as_flat_as_is_said():
    from experiments.showing import headlines

    gains = np.array([1.0, 0.5]), np.array([1.0, 0.1])
    assert headlines.equalised(*gains).startswith("Channel times equaliser is flat within 6.0 dB, the channel")
    assert headlines.equalised(*gains[::-1]).endswith("within 6.0 dB, and the equaliser makes it worse")
