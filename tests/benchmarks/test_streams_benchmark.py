"""What the report says of streams is what was measured, and the parts that are timed are right."""

import json

from benchmarks import streams

FOUND = {
    "machine": {"processor": "Abacus", "cores": 2, "versions": {"jax": "1.2.3"}, "date": "1620-05-03"},
    "load_before": 0.1,
    "decoding": {"ours": 70.4, "jax": 250.0, "megabytes": 1.0},
    "hour": {"times": 251.2, "minutes": 60, "megabytes": 333.0},
    "file": {"seconds": 12.34, "megabytes": 210.0},
    "echo": {"milliseconds": 0.257, "megabytes": 1.0},
}
ROW = "| Abacus, 2 cores, jax 1.2.3, 1620-05-03 | 70 | 250 | 251 | 333 | 12.3 | 210 | 0.26 |"


def test_a_row_is_what_was_measured(tmp_path):
    assert streams.line(FOUND) == ROW
    assert "while other work kept 7.5 cores busy" in streams.line({**FOUND, "load_before": 7.5})
    assert streams.section(tmp_path) == ""
    (tmp_path / "streams").mkdir()
    (tmp_path / "streams" / "abacus.json").write_text(json.dumps(FOUND))
    assert streams.section(tmp_path).endswith(ROW + "\n")
    assert "last 2.67 ms" in streams.section(tmp_path)


def test_small_sizes_of_what_is_timed_come_to_their_end(monkeypatch):
    monkeypatch.setattr(streams, "RATE", 500)
    monkeypatch.setattr(streams, "CALLS", 2)
    assert streams.hour(1)["times"] > 0
    assert streams.file(1e-4)["seconds"] > 0
    assert set(streams.decoding()) == {"ours", "jax"}
