"""The command: `python -m benchmarks COMMAND`, with a command for each kind of measurement and one for the report."""

import argparse
import os
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

from benchmarks.accelerators.targets import TARGETS
from benchmarks.cases import GRIDS, Case, select
from benchmarks.networks import Network

HERE = Path(__file__).parent
BRIEFLY = Path("outputs/benchmarks")  # where `run --quick` writes


def arguments(words: list[str] | None = None) -> argparse.Namespace:
    """Parse the command line."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description="Time jconv against its peers.")
    commands = parser.add_subparsers(dest="command", required=True)
    run = commands.add_parser("run", help="time a grid, store the results and write the report")
    report = commands.add_parser("report", help="write RESULTS.md, pictures and the README's table from the results")
    fit = commands.add_parser("fit", help="fit the cost model of jconv to results of the main grid in float32")
    run.add_argument("--only", metavar="GLOB", help="cases or families whose name fits")
    run.add_argument(
        "--grid",
        choices=GRIDS,
        default="main",
        help="held-out: shapes that no rule was fitted to; losses: convolution, bias and activation as one program; "
        "networks: small ones, all parameters",
    )
    run.add_argument("--methods", action="store_true", help="of losses, time all of our methods too")
    run.add_argument("--threads", choices=("all", "one"), default="all", help="cores to use")
    run.add_argument("--dtype", choices=("float32", "bfloat16", "float64"), default="float32")
    run.add_argument("--tf32", action="store_true", help="let a GPU round float32 products to 10 bits")
    run.add_argument(
        "--keep-memory", action="store_true", help="have the C library keep what programs give back (docs/recipes.md)"
    )
    run.add_argument("--budget", type=float, default=0.6, help="seconds of timing for each cell (default: 0.6)")
    run.add_argument("--rounds", type=int, default=5, help="least rounds for each cell (default: 5)")
    run.add_argument("--resume", action="store_true", help="keep the cases that the results have already")
    run.add_argument("--quick", action="store_true", help=f"a few cases, briefly, into {BRIEFLY}")
    for command in (run, report):
        command.add_argument("--into", type=Path, help="folder of results/ and RESULTS.md (default: benchmarks)")
    fit.add_argument(
        "files",
        nargs="*",
        type=Path,
        metavar="FILE",
        help="results (default: this machine's); of each processor the least times count",
    )
    thresholds = commands.add_parser("thresholds", help="time the thresholds of jconv.cpu beside their neighbours")
    thresholds.add_argument("pattern", nargs="?", metavar="NAME", help="those whose name contains this")
    steps = commands.add_parser("trainings", help="time steps of whole networks")
    whole = commands.add_parser("fits", help="time whole fits, and least squares of a long recording")
    whole.add_argument("--into", type=Path, default=HERE, help="folder of fits/ (default: benchmarks)")
    split = commands.add_parser("scale", help="count what signals split over 2 to 64 devices send and hold")
    split.add_argument("--into", type=Path, default=HERE, help="folder of scaling/ (default: benchmarks)")
    streams = commands.add_parser("streams", help="time streams, and what memory they take")
    streams.add_argument("--into", type=Path, default=HERE, help="folder of streams/ (default: benchmarks)")
    compile_ = commands.add_parser("accelerators", help="compile for GPUs and TPUs, which need not be there")
    steps.add_argument("--into", type=Path, default=HERE, help="folder of trainings/ (default: benchmarks)")
    compile_.add_argument("--target", choices=tuple(TARGETS), required=True)
    compile_.add_argument("--only", metavar="GLOB", help="cases, networks or families whose name fits")
    compile_.add_argument("--method", action="append", metavar="NAME", help="this method, besides auto (default: all)")
    compile_.add_argument("--auto", action="store_true", help="none of the methods, only auto and jax.lax")
    compile_.add_argument(
        "--resume", action="store_true", help="keep what the results have already, but what was slow beside other work"
    )
    compile_.add_argument("--limit", type=float, default=60.0, help="seconds for each compilation (default: 60)")
    compile_.add_argument("--processes", type=int, default=2, help="compilations at once (default: 2)")
    compile_.add_argument("--shared", action="store_true", help="say that other work runs on this machine meanwhile")
    compile_.add_argument("--into", type=Path, default=HERE, help="folder of compiled/ (default: benchmarks)")
    options = parser.parse_args(words)
    if options.command in ("run", "report") and options.into is None:
        options.into = BRIEFLY if options.command == "run" and options.quick else HERE
    if options.command == "run" and options.quick:
        options.budget, options.rounds = min(options.budget, 0.15), min(options.rounds, 3)
    return options


def main(words: list[str] | None = None) -> None:
    """Do what the command says."""
    options = arguments(words)
    if options.command == "fit":
        print(f"wrote {fitted(options.files)}")
        return
    if options.command == "thresholds":
        timed_thresholds(options.pattern)
        return
    if options.command == "accelerators":
        compile_for_accelerators(options)
        return
    if options.command == "scale":
        from benchmarks import scale

        print(f"wrote {scale.store(scale.measured(), options.into)}, {scale.write(options.into)}")
        return
    if options.command == "fits":
        from benchmarks import fits

        print(f"wrote {fits.store(fits.measured(), options.into)}")
        return
    if options.command == "trainings":
        from benchmarks import trainings

        print(f"wrote {trainings.store(trainings.measured(), options.into)}")
        return
    if options.command == "streams":
        from benchmarks import streams

        print(f"wrote {streams.store(streams.measured(), options.into)}")
        return
    if options.command == "run":
        if options.threads == "one" and hasattr(os, "sched_setaffinity"):
            # before JAX and PyTorch start their threads, which both count the cores they may use
            os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})
        run(options, select(options.grid, options.only, options.quick))
    from benchmarks import report

    for path in report.write(options.into):
        print(f"wrote {path}")
    if options.command == "report":
        latest = report.newest(options.into)
        print(report.speed_table(latest, options.into) if latest else f"the README's table {report.NEEDS}")


def fitted(paths: list[Path]) -> Path:
    """Fit the cost model to these files of results, or to this machine's of the main grid; print what it regrets."""
    from benchmarks import fit
    from benchmarks.machine import device_slug
    from benchmarks.results import load

    paths = paths or [HERE / "results" / f"{device_slug()}.json"]
    for needed in paths:
        if not needed.exists():
            raise SystemExit(f"fit needs {needed}, which a run writes")
    runs = [load(path) for path in paths]
    for path, results in zip(paths, runs, strict=True):
        dtype, grid = results["machine"]["dtype"], results["machine"]["grid"]
        if (dtype, grid) != ("float32", "main"):
            raise SystemExit(f"fit takes runs of the main grid in float32; {path} is one of {grid} in {dtype}")
    files = {}
    for path, results in zip(paths, runs, strict=True):
        held_out = path.with_name(f"{path.stem}-held-out.json")
        files[path.stem] = fit.timed(results), fit.timed(load(held_out)) if held_out.exists() else None
    for line in fit.regrets(files):
        print(line, flush=True)
    return fit.write(runs)


def compile_for_accelerators(options: argparse.Namespace) -> None:
    """Compile the grid for one target and store what each program does, case by case."""
    from benchmarks.accelerators.compiling import records
    from benchmarks.accelerators.grid import entries
    from benchmarks.accelerators.reports import keep
    from jconv import METHODS

    target = TARGETS[options.target]
    if missing := target.missing():
        raise SystemExit(missing)
    chosen = entries(target.platform, options.only, () if options.auto else tuple(options.method or METHODS))
    path = options.into / "compiled" / f"{target.name}.json"
    with keep(path, options.shared) as results:
        chosen = [entry for entry in chosen if not (options.resume and results.has(entry))]
        chosen.sort(key=lambda entry: entry.contender != "auto")  # a run that is cut short has what it is about
        started = time.perf_counter()
        found = records(chosen, target, options.limit, options.processes)
        for done, (entry, record) in enumerate(found, 1):
            results.add(entry, record)
            seconds = time.perf_counter() - started
            said = record.get("failed") or record.get("refused") or f"{record['kernels']} kernels"
            words = f"{done}/{len(chosen)} {entry.key}, {entry.cell}, {entry.contender}: {said}"
            print(f"{words}; {seconds:.0f} s in all", flush=True)
    print(f"wrote {path}; `report` writes RESULTS.md from it")


def timed_thresholds(pattern: str | None) -> None:
    """Print the time of each threshold's value beside its neighbours'."""
    from benchmarks import thresholds
    from benchmarks.timing import Patience

    for line in thresholds.lines(pattern, Patience()):
        print(line, flush=True)


def run(options: argparse.Namespace, cases: list[Case | Network]) -> None:
    """Measure each case and store the results after each."""
    import jax
    import jax.numpy as jnp

    from benchmarks.machine import ceilings, device_slug, keep_memory, machine
    from benchmarks.results import load, store
    from benchmarks.timing import Patience

    if options.keep_memory and not keep_memory():
        raise SystemExit("`--keep-memory` needs the GNU C library")
    set_precision(options)
    measure, missing = taking_part(options)
    if missing:
        print(f"left out, not installed: {', '.join(missing)}")
    dtype = jnp.dtype(options.dtype)
    suffixes = [options.dtype] * (options.dtype != "float32") + ["tf32"] * options.tf32
    suffixes += ["memory-kept"] * options.keep_memory
    suffixes += [options.grid] * (options.grid != "main")
    path = options.into / "results" / ("-".join([device_slug(), *suffixes]) + ".json")
    results = load(path)
    if not (options.resume or options.only):
        results["problems"] = {}
    results["machine"] = machine(options.dtype) | {"grid": options.grid, "missing": missing, "tf32": options.tf32}
    results["machine"] |= {"budget": options.budget, "rounds": options.rounds, "memory_kept": options.keep_memory}
    results["ceilings"] = ceilings(dtype)
    epsilon = 2.0**-10 if options.tf32 else float(jnp.finfo(dtype).eps)
    patience = Patience(options.budget, options.rounds)
    started = time.perf_counter()
    for number, case in enumerate(cases, 1):
        if options.resume and results["problems"].get(case.name, {}).get("problem") == case.facts():
            continue
        before = time.perf_counter()
        results["problems"][case.name] = measure(case, dtype=dtype, epsilon=epsilon, patience=patience)
        store(path, results)
        now = time.perf_counter()
        took = f"{now - before:.1f} s, {now - started:.0f} s in all"
        print(f"{number}/{len(cases)} {case.name}: {took}", flush=True)
        jax.clear_caches()


def taking_part(options: argparse.Namespace) -> tuple[Callable[..., dict], list[str]]:
    """A function `(case, dtype, epsilon, patience) -> record`, and the names of the peers that are missing."""
    from benchmarks import measure, network_contenders, peers, runners

    if options.grid == "networks":
        contenders, missing = network_contenders.contenders()
        return partial(network_contenders.measure, contenders=contenders), missing
    if options.grid == "losses":
        ours = [*(runners.ours() if options.methods else runners.ours(("auto",))), runners.in_two_calls()]
        found, missing = peers.installed(peers.LOSS_PEERS)
    else:
        ours = runners.ours()
        found, missing = peers.installed()
    return partial(measure.measure, contenders=ours + found), missing


def set_precision(options: argparse.Namespace) -> None:
    """Equal arithmetic for all: 64 bits where asked for, and TF32 for everybody or for nobody."""
    import jax

    from benchmarks.machine import cores

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
