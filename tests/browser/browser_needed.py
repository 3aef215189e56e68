"""Where Chromium and playwright are, or why these tests are skipped."""

import importlib.util
import os
import shutil


def missing():
    """In one line what is missing; empty if nothing is."""
    if importlib.util.find_spec("playwright") is None:
        return "playwright is not installed here; .ci/browser makes an environment that has it"
    if not chromium():
        return "no Chromium here; .ci/browser installs it, or JCONV_CHROMIUM names one"
    return ""


def chromium():
    """The path of a Chromium."""
    return os.environ.get("JCONV_CHROMIUM") or shutil.which("chromium") or shutil.which("chromium-browser")
