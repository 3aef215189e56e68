"""The linear classifier behind ROCKET and MiniRocket: ridge regression on features, its strength by leave-one-out."""

import numpy as np

from ..config import schema
from ..networks import rocket
from ..tasks import Examples

STRENGTHS = np.logspace(-3, 3, 10)  # as both papers


def decisions(examples: Examples, settings: schema.Network, seed: int) -> np.ndarray:
    """What each test example gets for each class, (test examples, classes); the largest is chosen.

    Args:
        examples: to solve for and to test.
        settings: a `Rocket` or a `MiniRocket`.
        seed: of the kernels.
    """
    from sklearn.linear_model import RidgeClassifierCV
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    _, length, inputs = examples.x.shape
    random = isinstance(settings, schema.Rocket)
    if isinstance(settings, schema.Rocket):
        kernels = rocket.random_kernels(length, inputs, settings.kernels, seed)
    else:
        assert isinstance(settings, schema.MiniRocket)
        kernels = rocket.fixed_kernels(examples.x, settings.features, seed)
    train, test = (rocket.features(x, kernels, largest=random) for x in (examples.x, examples.test_x))
    solver = make_pipeline(StandardScaler(with_mean=random), RidgeClassifierCV(alphas=STRENGTHS))
    solver.fit(train.astype(np.float64), examples.labels)
    found = np.asarray(solver.decision_function(test.astype(np.float64)))
    both = found if found.ndim == 2 else np.stack([-found, found], axis=1)
    every = np.full((len(both), len(examples.classes)), -np.inf)
    every[:, solver.classes_] = both
    return every
