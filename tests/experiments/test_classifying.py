"""Networks that classify: each module, its training, its test, and what is said of it."""

import dataclasses
import itertools
import random

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from flax import nnx
from mnist1d.data import get_dataset_args, make_dataset

from experiments import networks
from experiments.classifying import Classifying
from experiments.config import schema
from experiments.config.given import given
from experiments.config.rules import ConfigError
from experiments.errors import RunError
from experiments.findings.scores import Scores
from experiments.fit import fit, run
from experiments.networks import rocket
from experiments.networks.classifier import taken_apart
from experiments.networks.tcn import WeightNormConv1D
from experiments.runs import comparison
from experiments.showing import network_page
from experiments.showing import networks as showing
from experiments.tasks import load_examples
from experiments.tasks.ucr import read
from experiments.training.checkpoints import Kept
from experiments.training.members import Ensemble, Rows
from jconv import report
from jconv.nnx import Conv1D

TRAINED = [name for name, network in schema.NETWORKS.items() if network.trained]
ITALY = ("task=ucr", "task.problem=ItalyPowerDemand")


def settings(*typed: str) -> schema.Fit:
    return given(schema.Fit, typed, {}, "fit")


@pytest.mark.parametrize(
    "name", [pytest.param(name, marks=() if name in ("cnn", "tcn") else pytest.mark.slow) for name in TRAINED]
)
def test_a_network_is_pure_functions_whose_arrays_can_be_taken_back(name):
    config = schema.NETWORKS[name]()
    made = taken_apart(lambda rngs: networks.build(config, 40, 2, 5, rngs))
    params, rest = made.init(jax.random.key(0))
    x = jnp.asarray(np.random.default_rng(0).normal(size=(3, 40, 2)), jnp.float32)
    logits = made.logits(params, rest, x)
    assert logits.shape == (3, 5)
    arrays = jax.tree.map(np.asarray, made.arrays(params, rest))
    assert arrays["kernel"].shape == (made.path[0][0], 2, arrays["kernel"].shape[2])
    again = made.logits(*made.taken_back(arrays), x)
    np.testing.assert_array_equal(again, logits)
    changed = {**arrays, "network/head/bias": arrays["network/head/bias"] + 1}
    np.testing.assert_allclose(made.logits(*made.taken_back(changed), x), logits + 1, rtol=1e-5, atol=1e-5)
    trained, after = made.training_logits(params, rest, x, jax.random.key(1))
    assert trained.shape == (3, 5)
    assert jax.tree.structure(after) == jax.tree.structure(rest)


def test_what_is_dropped_depends_on_the_key_and_only_while_training():
    config = schema.Tcn(dropout=0.5, levels=1)
    made = taken_apart(lambda rngs: networks.build(config, 20, 1, 3, rngs))
    params, rest = made.init(jax.random.key(0))
    x = jnp.ones((2, 20, 1))
    first, second = (np.asarray(made.training_logits(params, rest, x, jax.random.key(seed))[0]) for seed in (1, 2))
    assert not np.array_equal(first, second)
    np.testing.assert_array_equal(made.logits(params, rest, x), made.logits(params, rest, x))


def test_a_weight_normed_convolution_begins_as_any_and_learns_its_lengths():
    layer = WeightNormConv1D(2, 3, 5, padding="same", dilation=1, rngs=nnx.Rngs(0))
    np.testing.assert_allclose(layer.kernel, Conv1D(2, 3, 5, rngs=nnx.Rngs(0)).kernel[...], rtol=1e-6)
    layer.scale[...] = jnp.array([1.0, 2.0, 3.0])
    np.testing.assert_allclose(np.linalg.norm(layer.kernel, axis=(0, 1)), [1, 2, 3], rtol=1e-6)
    graph, params, rest = nnx.split(layer, nnx.Param, ...)
    gradient = jax.grad(lambda params: nnx.merge(graph, params, rest)(jnp.ones((1, 9, 2))).sum())(params)
    assert np.abs(gradient["scale"][...]).min() > 0


def shares_by_hand(x, kernels, largest):
    """What `rocket.features` should give, from the definition, in float64."""
    found = []
    for each in kernels:
        width, _, count = each.weights.shape
        reach = (width - 1) * each.dilation // 2
        padded = np.pad(x.astype(np.float64), ((0, 0), (reach, (width - 1) * each.dilation - reach), (0, 0)))
        taps = np.arange(width) * each.dilation
        outputs = np.stack(
            [np.einsum("njc,jco->no", padded[:, t + taps], each.weights) for t in range(x.shape[1])], axis=1
        )
        parts = np.zeros((len(x), count, each.bias.shape[1]))
        most = np.zeros((len(x), count))
        for kernel in range(count):
            cut = 0 if each.whole[kernel] or 2 * each.reach[kernel] >= x.shape[1] else each.reach[kernel]
            own = outputs[:, cut : x.shape[1] - cut, kernel]
            parts[:, kernel] = (own[..., None] > each.bias[kernel]).mean(axis=1)
            most[:, kernel] = own.max(axis=1) - each.bias[kernel, 0]
        found += [parts.reshape(len(x), -1), *([most] if largest else [])]
    return np.concatenate(found, axis=1)


@pytest.mark.parametrize("inputs", [1, 3])
def test_features_of_rocket_and_minirocket_are_those_of_the_definition(inputs):
    x = np.random.default_rng(0).normal(size=(4, 30, inputs)).astype("f4")
    for kernels, largest in (
        (rocket.random_kernels(30, inputs, 40, 0), True),
        (rocket.fixed_kernels(x, 500, 0), False),
    ):
        found, wanted = rocket.features(x, kernels, largest=largest), shares_by_hand(x, kernels, largest)
        # an output within rounding of a bias may fall on its other side, as the one that gave MiniRocket's does
        assert np.mean(np.abs(found - wanted) > 1e-5) < 0.02
        assert np.abs(found - wanted).max() < 2 / 15


def test_kernels_of_rocket_and_minirocket_are_as_published():
    kernels = rocket.random_kernels(150, 1, 2000, 0)
    assert sum(each.weights.shape[2] for each in kernels) == 2000
    for each in kernels:
        np.testing.assert_allclose(each.weights.sum(axis=0), 0, atol=1e-5)
        assert (np.abs(each.bias) <= 1).all()
        assert (2 * each.reach <= 149).all()
    taps = np.concatenate([(each.weights[:, 0] != 0).sum(axis=0) for each in kernels])
    assert set(taps) == {7, 9, 11}
    x = np.random.default_rng(0).normal(size=(10, 150, 1)).astype("f4")
    fixed = rocket.fixed_kernels(x, 9996, 0)
    assert {each.weights.shape[2] for each in fixed} == {84}
    assert sum(each.bias.size for each in fixed) == 9996
    for each in fixed:
        assert {tuple(sorted(kernel)) for kernel in each.weights[:, 0].T} == {(-1.0,) * 6 + (2.0,) * 3}


def test_mnist1d_is_the_published_data_and_leaves_the_generators_alone():
    np.random.seed(5)  # noqa: NPY002 - the package seeds this generator
    random.seed(5)
    wanted = np.random.random(3).tolist(), random.random()  # noqa: NPY002
    np.random.seed(5)  # noqa: NPY002
    random.seed(5)
    examples = load_examples(settings("task=mnist1d", "model=cnn"))
    assert (np.random.random(3).tolist(), random.random()) == wanted  # noqa: NPY002
    made = make_dataset(get_dataset_args())
    np.testing.assert_array_equal(examples.x[..., 0], made["x"].astype("f4"))
    np.testing.assert_array_equal(examples.test_labels, made["y_test"])
    assert (len(examples.x), len(examples.test_x)) == (4000, 1000)


@pytest.mark.parametrize(
    ("problem", "shapes"),
    [
        ("GunPoint", ((50, 150, 1), (150, 150, 1), 2)),
        ("ArrowHead", ((36, 251, 1), (175, 251, 1), 3)),
        ("ItalyPowerDemand", ((67, 24, 1), (1029, 24, 1), 2)),
        ("BasicMotions", ((40, 100, 6), (40, 100, 6), 4)),
    ],
)
def test_problems_of_the_archives_are_read_in_their_original_split(problem, shapes):
    examples = load_examples(settings("task=ucr", f"task.problem={problem}", "model=cnn"))
    assert (examples.x.shape, examples.test_x.shape, len(examples.classes)) == shapes
    assert set(examples.labels) == set(range(shapes[2]))


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("@data\n1,2,3:a\n1,two,3:b\n", r"line 3 cannot be read \(could not convert string to float: 'two'\)"),
        ("@data\n1,2,3:a\n1,2:b\n", r"must hold examples of one shape, not \[\(2, 1\), \(3, 1\)\]"),
        ("@data\n", r"must hold examples of one shape, not \[\]"),
    ],
)
def test_a_damaged_file_of_the_archives_is_told_by_its_line(text, words, tmp_path):
    (tmp_path / "x.ts").write_text(text)
    with pytest.raises(ConfigError, match=words):
        read(tmp_path / "x.ts")


@pytest.mark.parametrize(
    ("typed", "words"),
    [
        (("task=mnist1d",), "`model` (=conv) is one convolution and `task` (=mnist1d) has classes; choose a network"),
        (("model=tcn",), "`model` (=tcn) is a network that classifies and `task` (=denoise_ecg) has no classes"),
        (("trainer.label_smoothing=0.1",), "`trainer.label_smoothing` (=0.1) is for classes"),
        (("task=ucr", "model=fcn", "task.problem=Gunpoint"), "did you mean `GunPoint`?"),
        (
            ("task=ucr", "model=layers", "model.layers=[[8,3],[16,0]]"),
            "`model.layers[1]` (=[16, 0]) has taps 0, which must be a whole number of at least 1",
        ),
        (("task=ucr", "model=layers", "model.layers=[8,3]"), "`model.layers[0]` (=8) must be [channels, taps"),
        (("task=ucr", "model=layers", "model.layers=[]"), "`model.layers` (=[]) must be a list of layers"),
    ],
)
def test_what_cannot_work_is_refused_in_one_line(typed, words):
    with pytest.raises(ConfigError) as error:
        settings(*typed)
    assert words in str(error.value)
    assert len(str(error.value).splitlines()) == 1


SHORT = (*ITALY, "trainer.steps=60", "trainer.report_every=20")
SMALL = (*SHORT, "model=layers", "model.layers=[[16,5],[16,3]]")


@pytest.fixture(scope="module")
def found():
    return fit(*SMALL, "trainer.seeds=2", "optimizer.learning_rate=0.01")


def test_a_small_network_learns_and_says_how_well_it_does(found):
    assert (found.scores.accuracies > 0.8).all()
    logits = found.outputs[0]
    labels = found.examples.test_labels
    assert found.metrics["members"][0]["test_accuracy"] == pytest.approx(float((logits.argmax(1) == labels).mean()))
    assert found.metrics["published_accuracy"] is None
    assert "test accuracy" in repr(found)
    alone = fit(*SMALL, "optimizer.learning_rate=0.01")
    np.testing.assert_allclose(alone.outputs[0], found.outputs[0], rtol=1e-4, atol=1e-4)
    for name, figure in found.draw():
        assert figure._repr_png_().startswith(b"\x89PNG"), name


@pytest.mark.slow
def test_a_network_that_goes_on_comes_to_the_bits_of_one_left_alone(tmp_path):
    """With a batch norm, whose means no gradient moves; test_resume kills one with a dropout."""
    made = Classifying(settings(*SMALL))
    alone = made.train(lambda _: None, lambda: False)
    asked = itertools.count()
    made.train(lambda _: None, lambda: next(asked) > 8, Kept(tmp_path, 0, resume=False))
    gone_on = made.train(lambda _: None, lambda: False, Kept(tmp_path, 0, resume=True))
    assert alone.rows.values.tobytes() == gone_on.rows.values.tobytes()
    assert alone.arrays.keys() == gone_on.arrays.keys()
    for name, array in alone.arrays.items():
        assert array.tobytes() == gone_on.arrays[name].tobytes(), name


@pytest.mark.slow
def test_eight_devices_train_the_network_of_one():
    one, eight = (
        Classifying(settings(*SMALL, "trainer.steps=5", f"trainer.devices={devices}")).train(
            lambda _: None, lambda: False
        )
        for devices in ("one", "all")
    )
    np.testing.assert_allclose(one.rows.values, eight.rows.values, rtol=1e-4)
    assert not np.array_equal(one.rows.values[0], one.rows.values[-1])


def test_patience_judges_by_a_part_of_the_training_examples_alone():
    made = Classifying(settings(*SMALL, "trainer.patience=2"))
    data = made.data()
    assert len(data["x"]) + len(data["validation_x"]) == len(made.examples.x)
    own = {row.tobytes() for row in data["x"]}
    assert not own & {row.tobytes() for row in data["validation_x"]}
    tested = {row.tobytes() for row in made.standardised(made.examples.test_x)}
    assert not tested & (own | {row.tobytes() for row in data["validation_x"]})


@pytest.mark.parametrize("typed", [("model=cnn",), ("model=layers", "model.layers=[[3,5]]", "model.padding=valid")])
def test_examples_that_are_too_short_are_refused_in_one_line(typed, tmp_path):
    np.savez(tmp_path / "short.npz", x=np.zeros((4, 2)), y=list("aabb"))
    made = Classifying(settings("task=labelled_file", f"task.path={tmp_path}/short.npz", "task.classes=y", *typed))
    with pytest.raises(
        RunError, match=r"`model` \(=\w+\) cannot take examples of 2 samples: the output would be empty"
    ):
        made.train(lambda _: None, lambda: False)


@pytest.mark.slow
def test_rocket_runs_from_its_settings(tmp_path):
    metrics = run(
        settings(*ITALY, "model=minirocket", "model.features=500", "pictures=false", "compilation_cache=null"), tmp_path
    )
    assert metrics["test_accuracy"] > 0.9
    assert metrics["steps"] == 0
    assert {file.name for file in tmp_path.iterdir()} >= {"metrics.json", "config.resolved.yaml"}
    comparison.compare(comparison.read_all([tmp_path]), "one run", tmp_path)
    header, row = (line.split(",") for line in (tmp_path / "comparison.csv").read_text().splitlines())
    assert float(row[header.index("test_accuracy")]) == metrics["test_accuracy"]


def test_scores_are_counted_from_the_definition():
    labels, chosen = np.array([0, 0, 1, 1, 1]), np.array([[0, 1, 1, 1, 0], [0, 0, 1, 1, 1]])
    scores = Scores(labels, chosen, ("cat", "dog"), "mnist1d", "cnn")
    assert scores.accuracies.tolist() == [0.6, 1.0]
    assert scores.confusion(0).tolist() == [[1, 1], [1, 2]]
    assert scores.of_classes() == {"cat": 0.75, "dog": pytest.approx(5 / 6)}
    rows = dict(scores.rows())
    assert rows["test accuracy"].startswith("80.00% ± 28.28%  (mean and deviation of 2 seeds, 60.00% to 100.00%)")
    assert rows["published"].startswith("94.0%")
    assert rows["classes"] == "worst cat: 75.0%, best dog: 83.3%"
    assert "published" not in dict(dataclasses.replace(scores, network="fcn").rows())
    right = dataclasses.replace(scores, chosen=labels[None])
    assert dict(right.rows())["classes"] == "all 100.0%"


def test_headlines_are_computed():
    assert showing.confused(np.array([[5, 0], [0, 5]]), ("a", "b")) == "All 10 test examples are right"
    assert showing.confused(np.array([[5, 1], [2, 5]]), ("a", "b")).endswith("most often b is taken for a, 2 times")
    frequencies, low, high = np.array([0.0, 0.2, 0.5]), np.array([[1.0], [0.5], [0.0]]), np.array([[0.0], [0.5], [1.0]])
    assert "0 let slow waves pass most, 1 fast ones" in showing.moved(frequencies, low, high)
    assert "changed by 0% (median); 1 let slow" in showing.moved(frequencies, low, low)


def test_what_samples_add_sums_to_the_score_and_half_of_it_is_where_it_is_said(found):
    driven = showing.driven(found)
    outputs = found.outputs[found.best][driven.number]
    assert driven.parts.sum() + driven.rest == pytest.approx(float(outputs.max()), rel=1e-5)
    sizes = np.abs(driven.parts).sum(axis=1)
    half = sizes.sum() / 2
    assert sizes[driven.first : driven.last].sum() >= half * (1 - 1e-12)
    shorter = driven.last - driven.first - 1
    assert all(sizes[at : at + shorter].sum() < half for at in range(len(sizes) - shorter + 1))


def test_a_page_opens_mistakes_with_what_made_their_scores(found, monkeypatch):
    page = network_page.page(found, "python -m experiments.fit")
    assert page is not None
    assert f"its accuracy is {found.scores.accuracies[found.best]:.2%}" in page.html
    assert f"the first of 2 convolutions, on test example {showing.driven(found).number}" in page.html
    handed = {}
    monkeypatch.setattr(report, "page", lambda **arguments: handed.update(arguments))
    network_page.page(found)
    chosen, labels, confusion = found.chosen[found.best], found.examples.test_labels, handed["confusion"]
    numbers = confusion.entries
    assert numbers[0] == showing.driven(found).number
    assert all(chosen[number] != labels[number] for number in numbers[1:])
    np.testing.assert_array_equal(handed["x"], found.made.standardised(found.examples.test_x[numbers]))
    for entry, local in enumerate(handed["locals"]):
        samples = handed["x"][entry, local.first : local.first + len(local.kernel)].astype(np.float64)
        score = found.outputs[found.best][numbers[entry]].max()
        assert np.sum(samples * local.kernel) + local.rest == pytest.approx(score, rel=1e-4, abs=1e-4)
        assert local.exact
    assert sum(map(len, confusion.examples.values())) <= len(labels)
    for (true, taken), listed in confusion.examples.items():
        assert len(listed) == min(network_page.MOST_LISTED, confusion.counts[true, taken])
        assert all(labels[number] == true and chosen[number] == taken for number in listed)
    path = found.made.classifier.path
    assert [(each.width, each.stride, each.dilation) for each in handed["layers"]] == list(path)


@pytest.fixture
def own_table(tmp_path):
    """Twelve examples of two classes: a wave that rises and one that falls."""
    rng = np.random.default_rng(0)
    rows = ["class;" + ";".join(f"s{t}" for t in range(20))]
    for number in range(12):
        name, slope = ("up", 1) if number % 2 else ("down", -1)
        samples = slope * np.linspace(-1, 1, 20) + 0.1 * rng.normal(size=20)
        rows.append(";".join([name, *(f"{sample:.4f}" for sample in samples)]))
    path = tmp_path / "mine.csv"
    path.write_text("\n".join(rows) + "\n")
    return path


def test_examples_of_your_own_are_read_and_split_by_class(own_table, tmp_path):
    typed = ("task=labelled_file", f"task.path={own_table}", "task.classes=class", "model=cnn")
    examples = load_examples(settings(*typed))
    assert (examples.x.shape, examples.test_x.shape, examples.classes) == ((8, 20, 1), (4, 20, 1), ("down", "up"))
    assert np.bincount(examples.labels).tolist() == [4, 4]
    whole = {row.tobytes() for part in (examples.x, examples.test_x) for row in part}
    assert len(whole) == 12
    for x, labels in ((examples.x, examples.labels), (examples.test_x, examples.test_labels)):
        assert ((x[:, -1, 0] > x[:, 0, 0]) == labels).all()
    again = load_examples(settings(*typed))
    np.testing.assert_array_equal(again.x, examples.x)
    np.savez(tmp_path / "mine.npz", signals=np.zeros((6, 9, 2)), kind=list("aabbcc"))
    own = ("task=labelled_file", f"task.path={tmp_path}/mine.npz", "task.classes=kind", "model=cnn")
    packed = load_examples(settings(*own))
    assert (packed.x.shape, packed.test_x.shape, packed.classes) == ((3, 9, 2), (3, 9, 2), ("a", "b", "c"))


@pytest.mark.parametrize(
    ("change", "typed", "words"),
    [
        (("0.", "x"), "task.classes=class", r"row 2, column `s\d+`: '-?x.*' is not a finite number"),
        (("up", "down"), "task.classes=class", r"has one class alone, down in `task.classes` \(=class\)"),
        (None, "task.classes=clas", r"`task.classes` \(=clas\) is no column of .*; did you mean `class`\?"),
        (None, "task.classes=[a,b]", r"must be the name of the column of classes"),
        (None, "task.path=none.csv", r"`task.path` \(=none.csv\) cannot be read: No such file or directory"),
        (None, "task.path=none.wav", r"`task.path` \(=none.wav\) must end in one of"),
    ],
)
def test_a_wrong_table_of_examples_is_told_in_one_line(change, typed, words, own_table):
    if change:
        own_table.write_text(own_table.read_text().replace(*change))
    typed = ("task=labelled_file", f"task.path={own_table}", "task.classes=class", "model=cnn", typed)
    with pytest.raises(ConfigError, match=words) as error:
        load_examples(settings(*typed))
    assert len(str(error.value).splitlines()) == 1


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        (
            "optimizer.learning_rate=50",
            r"no number from step 2 on: `optimizer\.learning_rate` \(=50\).*network of step 1 is",
        ),
        ("trainer.learning_rates=[1,9]", r"all of `trainer\.learning_rates` are too large"),
    ],
)
def test_a_network_that_diverged_says_when_and_what_to_try(typed, said):
    made = Classifying(settings(*SMALL, typed))
    count = len(made.members)
    rows = Rows(count)
    rows.extend(np.array([[1.0] * count, [np.nan] * count], np.float32))
    ensemble = Ensemble(made.members, rows, looks=[1, 2], diverged=np.ones(count, bool))
    with pytest.raises(RunError, match=said):
        made.fitted(ensemble)
