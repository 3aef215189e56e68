"""A recording of one's own: what is read, and what is answered where it cannot be."""

import os
import wave

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.io import wavfile

from experiments.config import schema
from experiments.config.preflight import preflight
from experiments.config.rules import ConfigError
from experiments.fit import fit
from experiments.runs.environment import check
from experiments.tasks import TASKS, file, load

A, B = [1.0, 2.5, -3.0, 4.0, 5.0], [10.0, 20.0, 30.0, 40.0, -50.0]


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return tmp_path


def read(content, name="my.csv", **options):
    if content is not None:
        with open(name, "wb") as target:
            target.write(content.encode() if isinstance(content, str) else content)
    return TASKS["file"](schema.File(path=name, **{"scale": "none", **options}))


def refused(content, name="my.csv", **options):
    with pytest.raises(ConfigError) as error:
        read(content, name, **options)
    assert "\n" not in str(error.value)
    return str(error.value)


GOOD = {
    "header": ("a,b\n1,10\n2.5,20\n-3,30\n4,40\n5,-50\n", "my.csv", "a", "b"),
    "no header": ("1,10\n2.5,20\n-3,30\n4,40\n5,-50\n", "my.csv", 0, 1),
    "no last line break": ("1,10\n2.5,20\n-3,30\n4,40\n5,-50", "my.csv", 0, 1),
    "semicolons, decimal commas": ("a;b\n1;10\n2,5;20\n-3;30\n4;40\n5;-50\n", "my.csv", "a", "b"),
    "tabs": ("a\tb\n1\t10\n2.5\t20\n-3\t30\n4\t40\n5\t-50\n", "my.tsv", "a", "b"),
    "spaces": (" a  b\n 1 10\n2.5   20\n -3 30 \n4 40\n5 -50\n", "my.txt", "a", "b"),
    "spaces, no header": ("1 10\n2.5 20\n-3 30\n4 40\n5 -50\n", "my.txt", 0, 1),
    "quotes": ('"a","b"\n"1","10"\n2.5,20\n-3,30\n4,40\n5,-50\n', "my.csv", "a", "b"),
    "separators in quotes": ('"a, cm";"b;c"\n1;10\n2.5;20\n-3;30\n4;40\n5;-50\n', "my.csv", "a, cm", "b;c"),
    "byte order mark": ("\ufeffa,b\n1,10\n2.5,20\n-3,30\n4,40\n5,-50\n", "my.csv", "a", "b"),
    "utf-16": ("a,b\n1,10\n2.5,20\n-3,30\n4,40\n5,-50\n".encode("utf-16"), "my.csv", "a", "b"),
    "comments": ("# made by hand\n\na,b\n1,10\n# a gap\n2.5,20\n-3,30\n4,40\n5,-50\n", "my.csv", "a", "b"),
    "a number sign in a name": ("lead #1,b\n1,10\n2.5,20\n-3,30\n4,40\n5,-50\n", "my.csv", "lead #1", "b"),
    "windows": ("a,b\r\n1,10\r\n\r\n2.5,20\r\n-3,30\r\n4,40\r\n5,-50\r\n", "my.csv", "a", "b"),
    "spaces after commas": ("a, b\n1, 10\n2.5, 20\n-3, 30\n4, 40\n5, -50\n", "my.csv", "a", "b"),
    "a separator at each end": ("a,b,\n1,10,\n2.5,20,\n-3,30,\n4,40,\n5,-50,\n", "my.csv", "a", "b"),
    "exponents": ("a,b\n1e0,1E1\n25e-1,+20\n-3.,30\n.4e1,40\n5,-50\n", "my.csv", "a", "b"),
    "text that nobody asked for": ("who,a,b\nx # y,1,10\nx,2.5,20\ny,-3,30\ny,4,40\nNA,5,-50\n", "my.csv", "a", "b"),
}


@pytest.mark.parametrize("case", GOOD)
def test_tables_are_read_however_they_are_written(case):
    content, name, a, b = GOOD[case]
    found = read(content, name, input=a, target=b)
    np.testing.assert_array_equal(found.x[:, 0], A)
    np.testing.assert_array_equal(found.y[:, 0], B)
    assert (found.x.dtype, found.y.dtype) == (np.float32, np.float32)
    assert found.inputs == (a if isinstance(a, str) else f"channel {a}",)


BAD = {
    "text": ("t,a\n1,2\n2,abc\n3,4\n4,5\n", "row 3, column `a`: 'abc' is not a number; mend the file, or choose"),
    "how many more": (
        "t,a\n1,2\n2,abc\n3,x\n4,\n",
        "row 3, column `a`: 'abc' is not a number, and 2 more such places;",
    ),
    "empty": ("t,a\n1,2\n2,\n3,4\n4,5\n", "row 3, column `a`: the value is missing (an empty cell);"),
    "NA": ("t,a\n1,2\n2,3\n# x\n3,NA\n4,5\n", "row 5, column `a`: the value is missing (NA);"),
    "NaN": ("t,a\n1,2\nNaN,3\n3,3\n4,5\n", "row 3, column `t`: the value is missing (NaN);"),
    "inf": ("t,a\n1,-inf\n2,3\n3,3\n4,5\n", "row 2, column `a`: '-inf' is not finite;"),
    "too large": ("t,a\n1,1e39\n2,3\n3,3\n4,5\n", "row 2, column `a`: '1e39' is too large for float32;"),
    "an underscore": ("t,a\n1,1_0\n2,3\n3,3\n4,5\n", "row 2, column `a`: '1_0' is not a number;"),
    "a decimal comma among points": ("t;a\n1.5;2,5\n2;3\n3;3\n4;5\n", "row 2, column `a`: '2,5' is not a number;"),
    "many cells": ("t,a\n1,2\n2,3,4\n3,4\n4,5\n", "row 3 has 3 cells, the header has 2;"),
    "few cells": ("1,2\n2\n3,4\n4,5\n", "row 2 has 1 cell, the first row has 2;"),
    "one twice": ("a,b,a\n1,2,3\n", "has the column `a` twice; leave one out"),
    "no name": ("a,,b\n1,2,3\n", "row 1 is the header, and its column 1 has no name; give it one"),
    "nothing": ("", "is empty"),
    "only comments": ("# a\n\n", "is empty"),
    "only a header": ("a,b\n", "has no rows of numbers"),
    "three rows": ("a,b\n1,2\n2,3\n3,4\n4,5\n", "has 4 rows; a fit needs 4 or more"),  # the last has no next one
    "latin": ("d\xe9bit,a\n1,2\n".encode("latin-1"), "is no text in UTF-8; save it as CSV in UTF-8"),
}


@pytest.mark.parametrize("case", BAD)
def test_broken_tables_are_named_by_row_and_column(case):
    content, said = BAD[case]
    assert refused(content).startswith(f"`task.path` (=my.csv) {said}")


@pytest.mark.parametrize("separator", [",", " "])
def test_a_row_with_too_many_cells_is_refused_even_if_they_are_not_asked_for(separator):
    content = "a,b\n1,2\n2\n3,4,5\n4,5\n5,6\n".replace(",", separator)
    said = refused(content, "my.txt", input="a", target="next")
    assert "row 3 has 1 cell, the header has 2, and 1 more such place;" in said
    said = refused("a,b\n1,2\n3,4,5\n4,5\n5,6\n".replace(",", separator), "my.txt", input="a", target="next")
    assert "row 3 has 3 cells, the header has 2;" in said


TABLE = "time,lead,breath\n" + "".join(f"{i / 4},{i * i % 7},{i % 3}\n" for i in range(40))


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"input": "laed"}, "`task.input` (=laed) is no column of my.csv; did you mean `lead`?"),
        ({"target": "nothing"}, "`task.target` (=nothing) is no column of my.csv; choose from time, lead, breath"),
        ({"input": 3}, "`task.input` (=3) is no column of my.csv; choose from time, lead, breath"),
        ({"input": ["lead", 1]}, "`task.input` (=lead,lead) names the column `lead` twice; leave one out"),
        ({"input": "lead", "target": "lead"}, "`task.input` (=lead) is the target too; choose another, or task.target"),
        ({"input": "time", "time": "time"}, "`task.input` (=time) is the column of `task.time` too; choose another"),
        ({"target": [0, 1, 2]}, "`task.input` (=None) leaves no column of my.csv that is not target or time"),
        ({"time": "lead"}, "`task.time` (=lead) must rise; its usual step is 0 s"),
        ({"rate": -1.0}, "`task.rate` (=-1.0) must be above 0"),
        ({"rate": 0}, "`task.rate` (=0) must be above 0"),
        ({"rate": 3.0, "time": "time"}, "`task.time` (=time) and `task.rate` (=3) both say the rate; leave one out"),
        ({"input": 1.5}, "`task.input` (=1.5) must be the name of a column, its number from 0, or a list of those"),
        ({"input": []}, "`task.input` (=[]) must be the name of a column"),
        ({"target": None}, "`task.target` (=None) must be next, denoise, or the name of a column or several"),
    ],
)
def test_what_a_file_does_not_have_is_refused(options, said):
    assert refused(TABLE, **options).startswith(said)


@pytest.mark.parametrize(
    ("path", "said"),
    [
        ("nope.csv", "`task.path` (=nope.csv) cannot be read: No such file or directory; give the path of a file"),
        (".csv", "`task.path` (=.csv) is no file; give the path of one"),
        ("a.xlsx", "`task.path` (=a.xlsx) must end in one of .csv, .tsv, .txt, .npz, .npy, .wav"),
    ],
)
def test_what_is_no_file_is_refused(path, said):
    os.mkdir(".csv")
    assert refused(None, path) == said


def test_times_tell_the_rate_and_a_jump_its_row():
    assert read(TABLE, time="time", target="breath").rate == 4.0
    late = "t;a\n# five hundred\n" + "".join(f"{1.7e9 + i / 500 + (i > 30):.3f};{i}\n" for i in range(60))
    said = refused(late, time="t")  # of a float32 nothing would be left but steps of 128 s
    assert said == (
        "`task.time` (=t) is not uniform: it jumps by 1.002 s at row 34 of my.csv, usually by 0.002 s (1 such jump); "
        "resample the data"
    )
    assert refused("t,a\n3,1\n2,1\n1,1\n0,1\n0,1\n", time="t").startswith("`task.time` (=t) must rise")
    rounded = "t,a\n" + "".join(f"{i / 360:.3f},{i % 7}\n" for i in range(3601))  # steps of 2 and 3 ms
    assert read(rounded, time="t").rate == 360


def test_next_is_the_next_sample_and_denoise_has_its_noise():
    found = read(TABLE, input="lead", target="next")
    np.testing.assert_array_equal(found.x[1:], found.y[:-1])
    assert (len(found.x), found.outputs) == (39, ("next lead",))
    long = np.random.default_rng(0).normal(size=(100_000, 2)) * [1, 100] + [0, 1000]
    np.save("long.npy", long)
    noisy = read(None, "long.npy", target="denoise", snr_db=10.0)
    snr = 10 * np.log10(noisy.y.var(axis=0) / np.mean((noisy.x - noisy.y) ** 2, axis=0))
    # a mean of n squares of noise is off by sqrt(2 / n), 0.02 dB: five times that
    np.testing.assert_allclose(snr, 10, atol=5 * 10 / np.log(10) * np.sqrt(2 / 1e5))
    assert noisy.snr_in_db == 10
    assert not np.array_equal(noisy.x, read(None, "long.npy", target="denoise", snr_db=10.0, seed=1).x)


def test_scaling_is_that_of_the_train_part_and_a_constant_is_no_error():
    random = np.random.default_rng(0)
    columns = np.stack([3000 + 50 * random.normal(size=1000), np.full(1000, 7.3)], axis=1)
    columns[700:, 0] += 500
    np.save("a.npy", columns)
    found = read(None, "a.npy", scale="standard", target=0, train_fraction=0.7)
    np.testing.assert_allclose(found.y[:700].mean(), 0, atol=1e-4)
    np.testing.assert_allclose(found.y[:700].std(), 1, rtol=1e-4)
    assert found.y[700:].mean() > 5
    assert not found.x.any()
    assert (found.unit, read(None, "a.npy", unit="mV").unit) == ("SD", "mV")


def wav(name, values, width):
    with wave.open(name, "wb") as target:
        target.setnchannels(values.shape[1])
        target.setsampwidth(width)
        target.setframerate(8000)
        whole = np.round(values * (2 ** (8 * width - 1) - 1)).astype(int) + (128 if width == 1 else 0)
        target.writeframes(b"".join(int(v).to_bytes(width, "little", signed=width > 1) for v in whole.ravel()))


@pytest.mark.parametrize("bits", [8, 16, 24, 32, "float"])
def test_wav_of_every_width_gives_the_same_sound(bits):
    sound = np.random.default_rng(0).uniform(-1, 1, size=(50, 2))
    if bits == "float":
        wavfile.write("a.wav", 8000, sound.astype(np.float32))
    else:
        wav("a.wav", sound, bits // 8)
    found = read(None, "a.wav", input=0, target=1)
    step = 2.0 ** (1 - (24 if bits in (32, "float") else bits))  # half of one for rounding, one for 2**n - 1
    np.testing.assert_allclose(np.concatenate([found.x, found.y], axis=1), sound, atol=1.5 * step)
    assert (found.rate, found.inputs, found.outputs) == (8000, ("channel 0",), ("channel 1",))
    assert refused(None, "a.wav", rate=100.0) == (
        "`task.rate` (=100.0) does not go with a.wav, which says 8000 Hz; leave it out"
    )
    assert refused(None, "a.wav", input=2).startswith("`task.input` (=2) is no column of a.wav; choose from 0, 1")


def test_a_sound_that_is_cut_off_is_one_line():
    wav("a.wav", np.zeros((50, 1)), 3)
    os.truncate("a.wav", 60)
    assert refused(None, "a.wav").startswith("`task.path` (=a.wav) cannot be read: ")
    assert refused("hello", "a.wav").startswith("`task.path` (=a.wav) cannot be read: ")


def save(name, **arrays):
    (np.save(name, *arrays.values()) if name.endswith("npy") else np.savez(name, **arrays))


PAIR = np.arange(20.0).reshape(10, 2)


@pytest.mark.parametrize(
    ("name", "arrays", "options", "said"),
    [
        ("a.npy", {"": PAIR.T}, {}, "its array has shape (2, 10), more channels than samples; save its transpose"),
        ("a.npy", {"": PAIR[None]}, {}, "its array has shape (1, 10, 2); expected (length,) or (length, channels)"),
        ("a.npy", {"": PAIR + 1j}, {}, "its array is of complex128; save real numbers"),
        ("a.npy", {"": PAIR[:0]}, {}, "its array has shape (0, 2) and is empty"),
        ("a.npy", {"": np.array([{}])}, {}, "holds Python objects, which are not read; save arrays of numbers"),
        ("a.npz", {"x": np.array([{}])}, {}, "holds Python objects, which are not read; save arrays of numbers"),
        (
            "a.npz",
            {"x": PAIR, "y": PAIR[:4, 0]},
            {"target": "y"},
            "`x 0` has 10 samples and `y` 4; they must be as long",
        ),
        ("a.npz", {"rate": np.array(3.0)}, {}, "holds no array; save signals of shape (length,) or (length, channels)"),
        ("a.npz", {"x": np.array(["a"])}, {}, "array `x` is of <U1; save real numbers"),
        ("a.npy", {"": np.where(PAIR > 17, np.nan, PAIR)}, {}, "row 9, column `0`: nan is not finite, and"),
    ],
)
@pytest.mark.filterwarnings("ignore")
def test_arrays_of_another_shape_or_kind_are_refused(name, arrays, options, said):
    save(name, **arrays)
    if "and" in said[-3:]:
        said = said.removesuffix(", and")
    assert refused(None, name, **options).startswith(f"`task.path` (={name}) {said}")


def test_arrays_are_read_by_name_and_number():
    save("a.npz", x=PAIR, y=PAIR[:, 0] + 0.5, rate=np.array(3.0))
    found = read(None, "a.npz", input=["x 1", "x 0"], target="y")
    np.testing.assert_array_equal(found.x, PAIR[:, ::-1])
    np.testing.assert_array_equal(found.y[:, 0], PAIR[:, 0] + 0.5)
    save("a.npy", a=PAIR[:, 0].astype(np.int16))
    np.testing.assert_array_equal(read(None, "a.npy").x[:, 0], PAIR[:-1, 0])
    assert "is none of NumPy's files" in refused("hello", "b.npy")
    assert "is none of NumPy's files" in refused("hello", "b.npz")


@settings(deadline=None, max_examples=30)
@given(
    st.lists(st.lists(st.floats(-1e6, 1e6, width=32), min_size=3, max_size=3), min_size=6, max_size=40),
    st.sampled_from([",", ";", "\t", "  "]),
    st.booleans(),
    st.sampled_from(["\n", "\r\n"]),
)
def test_what_was_written_is_read(rows, separator, header, end):
    lines = [separator.join(map(repr, map(float, row))) for row in rows]
    content = end.join([*[separator.join("abc")] * header, *lines]) + end
    found = read(content, "a.txt", input=[0, 1], target=2)
    both = np.concatenate([found.x, found.y], axis=1)
    # pandas' usual conversion may be off by a unit in the last place of a float64
    np.testing.assert_allclose(both, np.array(rows, np.float32), rtol=2**-23)


def test_a_file_is_read_before_any_folder_is_made_and_only_once(folder, monkeypatch):
    (folder / "my.csv").write_text(TABLE)
    settings = ["task=file", "task.path=my.csv", "task.target=breath", "task.train_fraction=0.5"]
    (config,) = preflight([*settings, "model.kernel_size=40"], "fit", schema.Fit).configs
    with pytest.raises(ConfigError, match=r"`model\.kernel_size` \(=40\) spans 40 samples and the train part has 20"):
        check(config)
    (config,) = preflight([*settings, "model.groups=2", "model.kernel_size=3"], "fit", schema.Fit).configs
    with pytest.raises(ConfigError, match=r"`model\.groups` \(=2\) must divide the 1 output channels"):
        check(config)
    (config,) = preflight([*settings, "model.kernel_size=3"], "fit", schema.Fit).configs
    check(config)
    monkeypatch.setattr(file.__globals__["np"], "stack", None)  # would be needed to make the problem again
    assert load(config).outputs == ("breath",)
    assert [path.name for path in folder.iterdir()] == ["my.csv"]


def test_a_changed_file_is_read_again(folder):
    before = read(TABLE)
    os.utime("my.csv", ns=(1, 1))
    after = read(TABLE.replace("0.25", "0.26"))
    assert before.x[1, 0] != after.x[1, 0]


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        (
            {"padding": "same"},
            r"`model\.padding` \(=same\) lets the kernel see the sample that `task\.target` \(=next\)",
        ),
        ({"padding": [3, 1]}, r"`model\.padding` \(=\[3, 1\]\) lets the kernel see"),
        ({"padding": "causal", "padding_mode": "circular", "api": "function"}, r"`model\.padding_mode` \(=circular\)"),
    ],
)
def test_the_next_sample_is_not_given_away(changes, said):
    with pytest.raises(ConfigError, match=said):
        schema.Fit(task=schema.File(path="a.csv"), model=schema.Conv(kernel_size=5, **changes))


def test_a_recording_is_fitted_as_well_as_it_can_be(folder):
    """What follows from the past alone is found: x[t + 1] = 1.6 x[t] - 0.8 x[t - 1] + noise of 0.1."""
    random, x = np.random.default_rng(0), [0.0, 0.0]
    for noise in 0.1 * random.normal(size=8000):
        x.append(1.6 * x[-1] - 0.8 * x[-2] + noise)
    np.savetxt(folder / "my.csv", x, header="x", comments="")
    found = fit(
        task={"name": "file", "path": "my.csv", "scale": "none"},
        model={"kernel_size": 2, "padding": "causal"},
        trainer={"steps": 1000, "window": 1024},
        optimizer={"name": "adam", "learning_rate": 0.05},
    )
    # the standard error of a tap is sqrt((1 - 0.8**2) / n), 0.008; five of them
    np.testing.assert_allclose(found.learnt[:, 0, 0], [-0.8, 1.6], atol=0.04)
    assert found.metrics["held_out_mse"] < 1.01 * found.metrics["optimum_mse"]
