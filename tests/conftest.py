"""Strict JAX for every test: 64 bits, no silent promotion of dtype or rank, and eight virtual devices."""

import os

import jax
import pytest
from hypothesis import HealthCheck, settings

# Most programs of the tests run once: compiling them took 600 of 960 s, and takes a sixth of that without XLA's
# optimisations. Who sets XLA_FLAGS, be it to nothing, keeps them; .ci/run does for all but the README's test command.
QUICK = "--xla_backend_optimization_level=0"
if jax.__version_info__ < (0, 11):
    QUICK += " --xla_cpu_use_fusion_emitters=false"  # later gone, and XLA stops at a flag that it does not know
os.environ.setdefault("XLA_FLAGS", QUICK)

jax.config.update("jax_num_cpu_devices", 8)

settings.register_profile(
    "plain", max_examples=40, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow]
)
settings.register_profile("long", max_examples=2500, deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("plain")

STRICT = {
    "jax_enable_x64": True,
    "jax_numpy_dtype_promotion": "strict",
    "jax_numpy_rank_promotion": "raise",
}


@pytest.fixture
def optimised():
    """Skips a test of what XLA's optimisations make where they are off."""
    if os.environ["XLA_FLAGS"] == QUICK:
        pytest.skip("XLA's optimisations are off; `XLA_FLAGS= pytest` has them")


@pytest.fixture
def compiled_anew():
    """JAX's caches are emptied before and after: for tests that change what methods do."""
    jax.clear_caches()
    yield
    jax.clear_caches()


@pytest.fixture(autouse=True)
def strict_jax(request):
    """Settings of the library's tests; the experiments run under JAX's defaults, as their users do."""
    strict = "experiments" not in request.node.nodeid
    before = {name: getattr(jax.config, name) for name in STRICT}
    if strict:
        for name, value in STRICT.items():
            jax.config.update(name, value)
    yield
    for name, value in before.items():
        jax.config.update(name, value)


@pytest.fixture(autouse=True)
def noise_begins_anew(request):
    """What a test draws from its file's `RANDOM` depends on no test that ran before it in the same process."""
    drawn_from = getattr(request.module, "RANDOM", None)
    if drawn_from is not None:
        seed = drawn_from.bit_generator.seed_seq
        drawn_from.bit_generator.state = type(drawn_from.bit_generator)(seed).state
