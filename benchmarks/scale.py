"""How a convolution that is split over devices scales: on paper, and by what the compiler says of 2 to 64 of them.

`python -m benchmarks scale` compiles on virtual devices of the CPU, each number of them in a process of its own, stores
what the programs send and hold in `scaling/`, and writes the tables of `docs/scale.md`.
"""

import json
import os
import re
import subprocess
import sys
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from benchmarks.results import store_found, write_whole
from jconv.accelerators import H100, V5E, Rates, Work
from jconv.sharded.plan import Plan, planned
from jconv.window import Padding, forward_window, transposed_window

DOC = Path(__file__).parents[1] / "docs" / "scale.md"
DEVICES = (2, 4, 8, 16, 32, 64)
ITEMSIZE = 4
SAMPLES = 10**10
ON_PAPER = (1, 8, 64, 256, 1024)


@dataclass(frozen=True)
class Split:
    """A convolution whose length is split."""

    name: str
    length: int
    inputs: int = 1
    outputs: int = 1
    taps: int = 31
    stride: int = 1
    dilation: int = 1
    padding: Padding = "same"
    groups: int = 1
    transposed: bool = False
    gradients: bool = False

    def plan(self, devices: int) -> Plan:
        """What each of some devices does."""
        if self.transposed:
            window = transposed_window(self.length, self.taps, self.stride, self.padding, self.dilation)
            return planned("input", window, devices)
        return planned(
            "output", forward_window(self.length, self.taps, self.stride, self.padding, self.dilation), devices
        )

    def sent(self, devices: int) -> int:
        """Bytes that a device receives from its neighbours; gradients send as much back."""
        plan = self.plan(devices)
        return (plan.left + plan.right) * self.inputs * ITEMSIZE * (2 if self.gradients else 1)


COMPILED = (
    Split("depthwise, 31 taps", 1 << 19, 8, 8, groups=8),
    Split("the same, a loss and its gradients", 1 << 19, 8, 8, groups=8, gradients=True),
    Split("dense, 9 taps 64 apart", 1 << 18, 8, 16, taps=9, dilation=64),
    Split("stride 4, 16 taps", 1 << 20, 4, 8, taps=16, stride=4),
    Split('"valid", 1,025 taps', 1 << 20, taps=1025, padding="valid"),
    Split("transposed, stride 4, 16 taps", 1 << 18, 4, 2, taps=16, stride=4, transposed=True),
    Split("halo of 4 shards at 64 devices", 1 << 15, 4, 4, taps=33, dilation=128, groups=4),
)
LARGE = (
    Split("1 channel, 1,001 taps", SAMPLES, taps=1001),
    Split("64 channels, depthwise, 31 taps 30 apart", SAMPLES, 64, 64, dilation=30, groups=64),
    Split("64 channels, dense, 9 taps", SAMPLES, 64, 64, taps=9),
)


@dataclass(frozen=True)
class Machine:
    """A device and the slowest link to a neighbour: `link` bytes in a nanosecond one way, `start` ns for a message."""

    name: str
    rates: Rates
    memory: float
    link: float
    start: float


MACHINES = (
    Machine("H100, 400 Gb/s network each", H100, 80e9, 50.0, 10_000.0),
    Machine("TPU v5e, one of 4 ports", V5E, 16e9, 50.0, 2_000.0),
)


def compute_time(split: Split, held: float, machine: Machine) -> float:
    """The least nanoseconds of a device: operand read, written beside the halo and read again, result written."""
    traffic = held * (3 * split.inputs + split.outputs / split.stride) * ITEMSIZE
    products = held * split.taps * split.inputs * split.outputs / split.groups / split.stride
    dense = split.groups == 1 and split.inputs > 1
    return machine.rates.nanoseconds(Work(0, traffic, products=products if dense else 0.0), ITEMSIZE)


def halo_time(split: Split, devices: int, machine: Machine) -> float:
    """Nanoseconds for what a device receives, both sides at once, hop after hop."""
    plan = split.plan(devices)
    hops, most = -(-max(plan.left, plan.right) // plan.held), max(plan.left, plan.right)
    return 0.0 if devices == 1 else hops * machine.start + most * split.inputs * ITEMSIZE / machine.link


def even(split: Split, machine: Machine) -> float:
    """How many positions a device must hold for its work to take as long as one exchange with its neighbours."""
    return halo_time(split, 1024, machine) / compute_time(split, 1.0, machine)


def counted(devices: int, splits: tuple[Split, ...] = COMPILED) -> list[dict[str, Any]]:
    """What the compiler says of the programs, in a process that has so many devices."""
    import jax
    import jax.numpy as jnp
    from jax.sharding import AxisType, NamedSharding, PartitionSpec

    import jconv

    mesh = jax.make_mesh((devices,), ("time",), axis_types=(AxisType.Auto,))
    found = []
    for split in splits:
        options = {"stride": split.stride, "dilation": split.dilation, "padding": split.padding, "groups": split.groups}
        sides = (split.outputs, split.inputs) if split.transposed else (split.inputs, split.outputs)
        function = jconv.sharded.conv_transpose1d if split.transposed else jconv.sharded.conv1d

        def run(x: Any, k: Any, function: Any = function, options: Any = options) -> Any:
            return function(x, k, mesh=mesh, axis="time", method="xla", **options)

        def loss(x: Any, k: Any, run: Any = run) -> Any:
            return jnp.sum(run(x, k) ** 2)

        shapes = (1, split.length, split.inputs), (split.taps, sides[0] // split.groups, sides[1])
        specs = PartitionSpec(None, "time", None), PartitionSpec()
        arrays = [
            jax.ShapeDtypeStruct(shape, jnp.float32, sharding=NamedSharding(mesh, spec))
            for shape, spec in zip(shapes, specs, strict=True)
        ]
        program: Any = jax.jit(jax.value_and_grad(loss, (0, 1)) if split.gradients else run).lower(*arrays).compile()
        found.append(
            {
                "split": asdict(split),
                "sent": sent(program.as_text()),
                "gathered": len(re.findall(r" (?:all-gather|all-to-all)\S*\(", program.as_text())),
                "temporary": program.memory_analysis().temp_size_in_bytes,
            }
        )
    return found


def sent(text: str) -> int:
    """Bytes that the collective-permutes of a compiled program bring to a device."""
    total = 0
    for shape in re.findall(r"= f32\[([\d,]+)\]\S* collective-permute(?:-start)?\(", text):
        entries = 1
        for size in shape.split(","):
            entries *= int(size)
        total += entries * ITEMSIZE
    return total


def measured(devices: tuple[int, ...] = DEVICES) -> dict[str, Any]:
    """What the compiler says, for each number of devices."""
    import jax

    found: dict[str, Any] = {"jax": jax.__version__, "devices": {}}
    for number in devices:
        flags = f"{os.environ.get('XLA_FLAGS', '')} --xla_force_host_platform_device_count={number}"
        environment = os.environ | {"XLA_FLAGS": flags.strip(), "JAX_PLATFORMS": "cpu"}
        command = [sys.executable, "-m", "benchmarks.scale", str(number)]
        run = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
        if run.returncode:
            raise SystemExit(f"{' '.join(command)} ended with {run.returncode}: {run.stderr[-2000:]}")
        found["devices"][str(number)] = json.loads(run.stdout.splitlines()[-1])
        print(f"{number} devices: {len(COMPILED)} programs", flush=True)
    return found


def store(found: dict[str, Any], folder: Path) -> Path:
    """Write what was counted; return its file."""
    return store_found(found, folder / "scaling" / "cpu.json")


def load(folder: Path) -> dict[str, Any]:
    """What was counted."""
    return json.loads((folder / "scaling" / "cpu.json").read_text(encoding="utf-8"))


def compiled_table(found: dict[str, Any]) -> str:
    """What was counted beside what the plan says, as a table."""
    numbers = list(found["devices"])
    lines = [
        f"| bytes a device, jax {found['jax']} | |" + "".join(f" {number} |" for number in numbers),
        "|---|---|" + "--:|" * len(numbers),
    ]
    for index, split in enumerate(COMPILED):
        cells = [found["devices"][number][index] for number in numbers]
        lines.append(f"| {split.name} | received |" + "".join(f" {cell['sent']:,} |" for cell in cells))
        lines.append("| | planned |" + "".join(f" {split.sent(int(number)):,} |" for number in numbers))
        lines.append("| | temporary |" + "".join(f" {cell['temporary']:,} |" for cell in cells))
    return "\n".join(lines)


def paper_table() -> str:
    """The scaling to 1,024 devices, from bytes and rates, as a table."""
    lines = [
        "| 10 billion samples | devices | GB | H100: work | halo | of ideal | v5e: work | halo | of ideal |",
        "|---|--:|--:|--:|--:|--:|--:|--:|--:|",
    ]
    for split in LARGE:
        for row, devices in enumerate(ON_PAPER):
            plan = split.plan(devices)
            bytes_held = (2 * plan.held * split.inputs + plan.share * split.outputs) * ITEMSIZE
            cells = []
            for machine in MACHINES:
                work, halo = compute_time(split, plan.held, machine), halo_time(split, devices, machine)
                if bytes_held > machine.memory:
                    cells += ["does not fit", "", ""]
                else:
                    cells += [in_words(work), in_words(halo), f"{100 * work / (work + halo):.1f} %"]
            name = split.name if row == 0 else ""
            lines.append(f"| {name} | {devices:,} | {rounded(bytes_held / 1e9)} | " + " | ".join(cells) + " |")
    return "\n".join(lines)


def even_table() -> str:
    """Where the halo stops paying, as a table."""
    lines = ["| positions a device | halo, KB a side | " + " | ".join(machine.name for machine in MACHINES) + " |"]
    lines.append("|---|--:|" + "--:|" * len(MACHINES))
    for split in LARGE:
        cells = [rounded(even(split, machine)) for machine in MACHINES]
        halo = split.plan(1024).left * split.inputs * ITEMSIZE / 1e3
        lines.append(f"| {split.name} | {rounded(halo)} | " + " | ".join(cells) + " |")
    return "\n".join(lines)


def in_words(nanoseconds: float) -> str:
    """A time in milliseconds or microseconds, three digits."""
    return f"{rounded(nanoseconds / 1e6)} ms" if nanoseconds >= 1e6 else f"{rounded(nanoseconds / 1e3)} µs"


def rounded(value: float) -> str:
    """Three digits, and no exponent."""
    value = float(f"{value:.3g}")
    return f"{value:,.0f}" if value >= 100 else f"{value:g}"


def tables(found: dict[str, Any]) -> dict[str, str]:
    """The tables of `docs/scale.md` by name."""
    return {"paper": paper_table(), "even": even_table(), "compiled": compiled_table(found)}


def written(text: str, found: dict[str, Any]) -> str:
    """The text of `docs/scale.md` with its tables made anew."""
    for name, table in tables(found).items():
        start, end = f"<!-- {name} -->\n", f"<!-- end of {name} -->"
        before, rest = text.split(start)
        text = f"{before}{start}\n{table}\n\n{end}{rest.split(end)[1]}"
    return text


def write(folder: Path) -> Path:
    """Make the tables of `docs/scale.md` anew; return it."""
    write_whole(DOC, written(DOC.read_text(encoding="utf-8"), load(folder)))
    return DOC


if __name__ == "__main__":
    print(json.dumps(counted(int(sys.argv[1]))))
