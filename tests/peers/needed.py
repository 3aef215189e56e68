"""A peer library, or the skipping of the module that asks for it; an error where the peers are meant to be there."""

import importlib
import os

import pytest


def needed(name):
    """Import `name`; skip the calling module if it is not installed, unless the environment sets JCONV_PEERS=1."""
    if os.environ.get("JCONV_PEERS") == "1":
        return importlib.import_module(name)
    return pytest.importorskip(name, reason=f"needs {name}, one of the libraries compared with")
