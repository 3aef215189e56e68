"""The page on streams is true: its code runs, and prints what its comments say."""

import re
from pathlib import Path

import jax

PAGE = (Path(__file__).parent.parent / "docs" / "streams.md").read_text()


def test_the_code_runs_and_prints_what_it_says(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    jax.config.update("jax_enable_x64", False)  # as users run them
    jax.config.update("jax_numpy_rank_promotion", "allow")
    names = {}
    with jax.numpy_dtype_promotion("standard"):
        for block in re.findall(r"```python\n(.*?)```", PAGE, flags=re.DOTALL):
            exec(block, names)
            said = re.findall(r"^print\(.*\)  # (.*)$", block, flags=re.MULTILINE)
            assert capsys.readouterr().out.splitlines() == said
