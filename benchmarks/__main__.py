"""The command: `python -m benchmarks [--only GLOB] [--quick] [--resume] ...`."""

import argparse
import os
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

from benchmarks.grids import GRIDS, select
from benchmarks.networks import Network
from benchmarks.problems import Problem

HERE = Path(__file__).parent


def arguments(words: list[str] | None = None) -> argparse.Namespace:
    """Parse the command line."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description="Time jconv against its peers.")
    parser.add_argument("--only", metavar="GLOB", help="problems or families whose name fits")
    parser.add_argument(
        "--grid",
        choices=GRIDS,
        default="main",
        help="held-out: shapes that no rule was fitted to; "
        "losses: conv, bias and activation as one program; networks: small ones, all parameters",
    )
    parser.add_argument("--methods", action="store_true", help="of losses, time all of our methods too")
    parser.add_argument("--threads", choices=("all", "one"), default="all", help="cores to use")
    parser.add_argument("--dtype", choices=("float32", "bfloat16", "float64"), default="float32")
    parser.add_argument("--tf32", action="store_true", help="let a GPU round float32 products to 10 bits")
    parser.add_argument("--budget", type=float, default=0.6, help="seconds of timing for each cell (default: 0.6)")
    parser.add_argument("--rounds", type=int, default=5, help="least rounds for each cell (default: 5)")
    parser.add_argument("--resume", action="store_true", help="keep the problems that the results have already")
    parser.add_argument("--quick", action="store_true", help="a few problems, briefly, into outputs/benchmarks")
    parser.add_argument("--report", action="store_true", help="no run: write RESULTS.md and pictures from the results")
    parser.add_argument(
        "--readme",
        action="store_true",
        help="no run: the README's table of the newest losses and "
        "networks, printed, and put between its markers where the README has them",
    )
    parser.add_argument(
        "--fit",
        nargs="*",
        type=Path,
        metavar="FILE",
        help="no run: fit the cost model of jconv to files of results, this machine's unless named; of each processor "
        "the least times count",
    )
    parser.add_argument("--into", type=Path, help="folder of results/ and RESULTS.md (default: benchmarks)")
    options = parser.parse_args(words)
    if options.into is None:
        options.into = Path("outputs/benchmarks") if options.quick else HERE
    if options.quick:
        options.budget, options.rounds = min(options.budget, 0.15), min(options.rounds, 3)
    return options


def main(words: list[str] | None = None) -> None:
    """Run what is asked for, then write the report."""
    options = arguments(words)
    if options.fit is not None:
        print(f"wrote {fitted(options)}")
        return
    if options.readme:
        from benchmarks import readme

        print(readme.refresh(options.into))
        return
    if not options.report:
        if options.threads == "one" and hasattr(os, "sched_setaffinity"):
            # before JAX and PyTorch start their threads, which both count the cores they may use
            os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})
        run(options, select(options.grid, options.only, options.quick))
    from benchmarks import report

    for path in report.write(options.into):
        print(f"wrote {path}")


def fitted(options: argparse.Namespace) -> Path:
    """Fit to the files named, or to this machine's main grid."""
    from benchmarks import fit
    from benchmarks.results import device_slug, load

    paths = options.fit or [options.into / "results" / f"{device_slug()}.json"]
    for needed in paths:
        if not needed.exists():
            raise SystemExit(f"--fit needs {needed}, which a run writes")
    runs = [load(path) for path in paths]
    for path, results in zip(paths, runs, strict=True):
        if (fitting := (results["machine"]["dtype"], results["machine"]["grid"])) != ("float32", "main"):
            raise SystemExit(
                f"--fit takes runs of the main grid in float32; {path} is one of {fitting[1]} in {fitting[0]}"
            )
    return fit.write(runs)


def taking_part(options: argparse.Namespace) -> tuple[Callable[..., dict], list[str]]:
    """A function `(problem, dtype, epsilon, patience) -> record`, and the names of the peers that are missing."""
    from benchmarks import measure, network_contenders, peers, peers_elsewhere, runners

    if options.grid == "networks":
        contenders, missing = network_contenders.contenders()
        return partial(network_contenders.measure, contenders=contenders), missing
    elsewhere, absent_too = peers_elsewhere.other_peers()
    if options.grid == "losses":
        on_jax, absent = peers.loss_peers()
        elsewhere, absent_too = [p for p in elsewhere if p.name == "torch"], [p for p in absent_too if p == "torch"]
        ours = runners.ours() if options.methods else runners.ours(("auto",))
        ours.append(runners.in_two_calls())
    else:
        on_jax, absent = peers.jax_peers()
        ours = runners.ours()
    return partial(measure.measure, contenders=ours + on_jax + elsewhere), absent + absent_too


def run(options: argparse.Namespace, problems: list[Problem | Network]) -> None:
    """Measure each problem and store the results after each."""
    import jax
    import jax.numpy as jnp

    from benchmarks.results import device_slug, load, machine, store
    from benchmarks.roofline import ceilings
    from benchmarks.timing import Patience

    set_precision(options)
    measure, missing = taking_part(options)
    if missing:
        print(f"left out, not installed: {', '.join(missing)}")
    dtype = jnp.dtype(options.dtype)
    suffixes = [options.dtype] * (options.dtype != "float32") + ["tf32"] * options.tf32
    suffixes += [options.grid] * (options.grid != "main")
    path = options.into / "results" / ("-".join([device_slug(), *suffixes]) + ".json")
    results = load(path)
    if not (options.resume or options.only):
        results["problems"] = {}
    results["machine"] = machine(options.dtype) | {"grid": options.grid, "missing": missing, "tf32": options.tf32}
    results["machine"] |= {"budget": options.budget, "rounds": options.rounds}
    results["ceilings"] = ceilings(dtype)
    epsilon = 2.0**-10 if options.tf32 else float(jnp.finfo(dtype).eps)
    patience = Patience(options.budget, options.rounds)
    started = time.perf_counter()
    for number, problem in enumerate(problems, 1):
        kept = results["problems"].get(problem.name, {}).get("problem") == problem.facts()
        if options.resume and kept:
            continue
        before = time.perf_counter()
        results["problems"][problem.name] = measure(problem, dtype=dtype, epsilon=epsilon, patience=patience)
        store(path, results)
        now = time.perf_counter()
        took = f"{now - before:.1f} s, {now - started:.0f} s in all"
        print(f"{number}/{len(problems)} {problem.name}: {took}", flush=True)
        jax.clear_caches()


def set_precision(options: argparse.Namespace) -> None:
    """Equal arithmetic for all: 64 bits where asked for, and TF32 for everybody or for nobody."""
    import jax

    from benchmarks.results import cores

    if options.dtype == "float64":
        jax.config.update("jax_enable_x64", True)
    if options.dtype == "float32" and jax.default_backend() != "cpu":
        jax.config.update("jax_default_matmul_precision", "tensorfloat32" if options.tf32 else "highest")
    try:
        import torch  # pyright: ignore[reportMissingImports]
    except ImportError:
        return
    torch.set_num_threads(cores())
    torch.backends.cuda.matmul.allow_tf32 = options.tf32
    torch.backends.cudnn.allow_tf32 = options.tf32
    torch.backends.cudnn.benchmark = True


if __name__ == "__main__":
    main()
