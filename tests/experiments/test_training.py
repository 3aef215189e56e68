"""The compiled loop and what goes on around it: members, schedules, patience, devices, options, profiles."""

import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest
from hydra import compose, initialize_config_dir

from experiments import fitting as fitting_module
from experiments.config import schema
from experiments.config.composed import CONF, check, short_group
from experiments.errors import RunError
from experiments.fit import run
from experiments.fitting import Fitting
from experiments.models import Convolution
from experiments.runs import environment
from experiments.training import members
from experiments.training.loop import Loop
from experiments.training.members import Rows, look_steps
from experiments.training.objective import squared_error
from experiments.training.optimizers import optimizer, schedule

NUMBERS = "pictures=false"
SMALL = ("task=recover_fir", "task.length=600", "trainer.window=50", "trainer.batch_size=4", NUMBERS)


def config(*overrides: str) -> schema.Fit:
    with initialize_config_dir(str(CONF), version_base="1.3"):
        settings = ["compilation_cache=null", "page=false", *(short_group(o) for o in overrides)]
        return check(compose("fit", settings), schema.Fit)


def trained(*overrides: str):
    return Fitting(config(*SMALL, *overrides)).train(lambda _: None, lambda: False)


@pytest.mark.slow
def test_members_are_the_fits_that_run_alone():
    together = trained("trainer.steps=40", "trainer.seeds=2", "trainer.learning_rates=[0.01,0.1]", "seed=5")
    assert [(member.seed, member.learning_rate) for member in together.members] == [
        (5, 0.01),
        (6, 0.01),
        (5, 0.1),
        (6, 0.1),
    ]
    for place in (0, 3):
        member = together.members[place]
        alone = trained(
            "trainer.steps=40", f"seed={member.seed}", f"optimizer.learning_rate={member.learning_rate}"
        ).training(0)
        mine = together.training(place)
        # the same sums, perhaps in another order; 40 steps of Adam of 0.1 each let a rounding error grow by 100 at most
        np.testing.assert_allclose(mine.arrays["kernel"], alone.arrays["kernel"], rtol=0, atol=100 * 2**-23)
        np.testing.assert_allclose(mine.train_loss, alone.train_loss, rtol=1e-3)
        assert mine.looks == alone.looks


def test_of_several_members_the_one_that_fits_best_is_looked_at(tmp_path):
    metrics = run(config(*SMALL, "trainer.steps=200", "trainer.learning_rates=[1e-6,0.05,1e9]"), tmp_path)
    found = {member["learning_rate"]: member["held_out_mse"] for member in metrics["members"]}
    assert found[1e9] is None
    assert found[0.05] < found[1e-6]
    assert metrics["held_out_mse"] == found[0.05]
    written = np.load(tmp_path / "ensemble.npz")
    assert written["kernel"].shape == (3, 3, 2, 4)
    assert written["train_loss"].shape == (200, 3)
    header, first = (tmp_path / "metrics.csv").read_text().splitlines()[:2]
    assert header.split(",")[-1] == "held_out_loss_most"
    losses = [float(cell) for cell in first.split(",")]
    assert losses[3] <= losses[1] <= losses[4]


def test_only_where_all_members_diverge_a_fit_does(tmp_path):
    with pytest.raises(RunError, match=r"all of `trainer\.learning_rates` are too large"):
        run(config(*SMALL, "optimizer=sgd", "trainer.steps=50", "trainer.learning_rates=[1e6,1e7]"), tmp_path)
    assert np.isfinite(np.load(tmp_path / "kernel.npz")["kernel"]).all()


def test_a_loss_that_is_no_number_is_told_by_its_step_and_the_last_good_kernel_is_kept(tmp_path, monkeypatch):
    monkeypatch.setattr(members, "FIRST_LOOKS", (1,))  # else a look ends the fit while its loss is still a number
    with pytest.raises(RunError, match=r"is no number from step (\d+) on: `optimizer\.learning_rate`") as error:
        run(
            config(
                *SMALL, "optimizer=sgd", "optimizer.learning_rate=100", "trainer.steps=60", "trainer.report_every=1000"
            ),
            tmp_path,
        )
    rows = [line.split(",") for line in (tmp_path / "metrics.csv").read_text().splitlines()[1:]]
    first = next(int(row[0]) for row in rows if row[1] == "")
    assert f"from step {first} on" in str(error.value)
    assert np.isfinite(np.load(tmp_path / "kernel.npz")["kernel"]).all()


def test_patience_ends_a_fit_and_keeps_its_best_kernel(tmp_path):
    settings = ("optimizer=sgd", "optimizer.schedule=constant", "trainer.report_every=5")
    fitting = Fitting(config(*SMALL, *settings, "trainer.steps=4000", "trainer.patience=3"))
    seen = []

    def look(ensemble):
        seen.append((float(ensemble.validation[-1][0]), ensemble.arrays["kernel"].copy()))

    ensemble = fitting.train(look, lambda: False)
    assert ensemble.patience_ended
    assert ensemble.steps < 4000
    losses = [loss for loss, _ in seen]
    best = int(np.argmin(losses))
    assert best == len(losses) - 4
    np.testing.assert_array_equal(ensemble.arrays["kernel"], seen[best][1])


def test_patience_needs_windows_to_set_apart(tmp_path):
    with pytest.raises(RunError, match=r"`trainer\.patience` \(=3\) sets some windows"):
        run(config("experiment=seed", "trainer.patience=3", NUMBERS), tmp_path)


@pytest.mark.parametrize("name", ["cosine", "linear", "exponential", "constant"])
def test_schedules_rise_over_the_warm_up_and_then_fall(name):
    rates = schedule(schema.Adam(schedule=name, warmup=0.1), 100)
    values = np.array([rates(step) for step in range(101)])
    assert values.argmax() == 10
    assert values[10] == pytest.approx(1)
    assert (np.diff(values[:11]) > 0).all()
    assert (np.diff(values[10:]) <= 1e-7).all()
    assert values[100] == pytest.approx({"exponential": 0.01, "constant": 1}.get(name, 0), abs=1e-6)


def test_clipping_shortens_a_long_gradient_alone():
    rule = optimizer(schema.Sgd(momentum=0.0, clip=1.0, schedule="constant"), 10, 1.0)
    params = jnp.zeros(2)
    for gradient, expected in (([3.0, 4.0], [-0.6, -0.8]), ([0.3, 0.4], [-0.3, -0.4])):
        updates, _ = rule.update(jnp.array(gradient), rule.init(params), params)
        np.testing.assert_allclose(np.asarray(updates), expected, rtol=1e-6)


def test_weight_decay_shrinks_what_has_no_gradient():
    rule = optimizer(schema.AdamW(weight_decay=0.1, schedule="constant"), 10, 0.5)
    params = jnp.ones(1)
    updates, _ = rule.update(jnp.zeros(1), rule.init(params), params)
    np.testing.assert_allclose(np.asarray(optax.apply_updates(params, updates)), [0.95], rtol=1e-6)


@pytest.mark.parametrize("more", [(), ("trainer.seeds=2",)], ids=["one member", "two"])
def test_eight_devices_come_to_the_numbers_of_one(more):
    assert len(jax.devices()) == 8
    settings = ("trainer.batch_size=8", "trainer.steps=30", *more)
    one, eight = (trained(*settings, f"trainer.devices={devices}").arrays["kernel"] for devices in ("one", "all"))
    # Adam divides by the size of the gradient: rounding of one part in 2**23 moves a step by as much of it
    np.testing.assert_allclose(one, eight, rtol=0, atol=30 * 2**-23)


def test_a_batch_is_cut_over_all_devices():
    config_, shapes = config(*SMALL, "trainer.batch_size=8", "trainer.steps=1", "trainer.devices=all"), set()
    fitting = Fitting(config_)

    def watched(apply):
        def seen(params, x):
            jax.debug.inspect_array_sharding(x, callback=lambda sharding: shapes.add(sharding.shard_shape(x.shape)))
            return apply(params, x)

        return seen

    made = fitting_module.MODELS["conv"](config_.model, 2, 4)
    loop = Loop(
        squared_error(Convolution(made.init, watched(made.apply), made.arrays)),
        lambda rate: optimizer(config_.optimizer, 1, rate),
        fitting.data(),
        batch_size=8,
        seeds=np.array([0]),
        rates=np.array([0.01]),
        longest=1,
        all_devices=True,
    )
    state = loop.compile()
    loop.advance(state, 0, 1)
    assert (1, 50, 2) in shapes


def test_a_batch_that_devices_cannot_share_is_refused(monkeypatch):
    monkeypatch.setattr(jax, "devices", lambda: [None] * 3)
    with pytest.raises(RunError, match=r"`trainer\.batch_size` \(=4 windows\) cannot be cut into 3 equal parts"):
        trained("trainer.devices=all")


def test_narrow_groups_get_whole_vectors_where_the_machine_has_them(monkeypatch):
    monkeypatch.setattr(environment, "cpu_flags", lambda: "flags: avx2 avx512f")
    assert environment.compiler_options(4, 8) == {"xla_cpu_prefer_vector_width": 512}
    assert environment.compiler_options(4, 32) == {}
    assert environment.compiler_options(1, 8) == {}
    monkeypatch.setattr(environment, "cpu_flags", lambda: "flags: avx2")
    assert environment.compiler_options(4, 8) == {}


def test_tensorboard_gets_losses_and_kernels_and_a_profile_is_left(tmp_path):
    run(config(*SMALL, "trainer.steps=30", "trainer.tensorboard=true", "trainer.profile=true"), tmp_path)
    from tensorboardX.proto import event_pb2

    (file,) = (tmp_path / "tensorboard").iterdir()  # records of: length (8 bytes), its checksum (4), data, checksum (4)
    content, tags, place = file.read_bytes(), {}, 0
    while place < len(content):
        length = int.from_bytes(content[place : place + 8], "little")
        event = event_pb2.Event.FromString(  # pyright: ignore[reportAttributeAccessIssue]
            content[place + 12 : place + 12 + length]
        )
        place += 12 + length + 4
        for value in event.summary.value:
            tags.setdefault(value.tag, []).append(event.step)
    assert tags["loss/held_out"] == look_steps(config(*SMALL, "trainer.steps=30").trainer)
    assert tags["kernel/output_3"] == np.load(tmp_path / "kernel.npz")["snapshot_steps"].tolist()
    assert list((tmp_path / "profile").rglob("*.xplane.pb"))


def test_rows_grow_and_keep_what_they_had():
    rows = Rows(2)
    for count in (1, 63, 2, 500):
        rows.extend(np.full((count, 2), count, np.float32))
    assert rows.values[:, 0].tolist() == [1.0] + [63.0] * 63 + [2.0] * 2 + [500.0] * 500
