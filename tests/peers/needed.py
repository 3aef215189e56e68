"""A peer library, or the skipping of the module that asks for it; an error where the peers are meant to be there."""

import importlib
import os

import pytest


def needed(name, environment="libraries"):
    """Import `name`; skip the calling module if it is not installed, unless JCONV_PEERS says that it must be.

    The variable names the environment that `.ci/peers` made: "libraries", or "exporters" for those that hold back the
    versions of others.
    """
    if os.environ.get("JCONV_PEERS") == environment:
        return importlib.import_module(name)
    return pytest.importorskip(name, reason=f"needs {name}, one of the libraries compared with")
