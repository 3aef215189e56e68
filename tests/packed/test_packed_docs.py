"""The blocks of `docs/packed.md` run, as users run them."""

import re
from pathlib import Path

import jax
import pytest

PAGE = (Path(__file__).parents[2] / "docs" / "packed.md").read_text()
BLOCKS = dict(re.findall(r"^## ([^\n]*)\n(?:(?!^## ).)*?```python\n(.*?)```", PAGE, flags=re.MULTILINE | re.DOTALL))


def test_every_block_is_found():
    assert len(BLOCKS) == PAGE.count("```python") == PAGE.count("\n## ")


@pytest.mark.parametrize("title", BLOCKS)
def test_block(title):
    jax.config.update("jax_enable_x64", False)
    jax.config.update("jax_numpy_rank_promotion", "allow")
    with jax.numpy_dtype_promotion("standard"):
        exec(BLOCKS[title], {})
