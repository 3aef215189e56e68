"""What the report says of whole fits is what was measured."""

import json

import numpy as np

from benchmarks import fits

FOUND = {
    "machine": {
        "processor": "Abacus",
        "cores": 2,
        "versions": {"jax": "1.2.3", "torch": "4.5.6"},
        "date": "1620-05-03",
    },
    "ours": {"seconds": 0.5},
    "torch": {"seconds": 20.0},
    "least_squares": {"seconds": 2.5, "bytes": 1.5e9},
}


def test_a_row_is_what_was_measured(tmp_path):
    assert fits.line(FOUND) == "| Abacus, 2 cores, jax 1.2.3, torch 4.5.6, 1620-05-03 | 0.50 | 20.0 | 40 | 2.5 | 1.50 |"
    without = {name: value for name, value in FOUND.items() if name != "torch"}
    assert fits.line(without).split(" | ")[2:4] == ["", ""]
    assert fits.section(tmp_path) == ""
    (tmp_path / "fits").mkdir()
    (tmp_path / "fits" / "abacus.json").write_text(json.dumps(FOUND))
    assert fits.section(tmp_path).endswith(fits.line(FOUND) + "\n")


def test_both_sides_came_to_the_end_of_the_same_fit():
    for path in (fits.HERE / "fits").glob("*.json"):
        stored = json.loads(path.read_text())
        for side in ("ours", "torch"):
            assert stored[side]["final_loss"] < 1e-12


def test_a_long_recording_is_solved_to_its_errors(tmp_path, monkeypatch):
    monkeypatch.setattr(fits, "SAMPLES", 30_000)
    monkeypatch.setattr(fits, "TAPS", 64)
    found = fits.long_recording(tmp_path)
    # 64 taps of which each is within 1.96 errors with probability 0.95: fewer than 52 in one of 10,000 such tests
    assert found["covered"] >= 52 / 64
    assert np.isfinite(found["seconds"])
