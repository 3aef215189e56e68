"""Experiments on `jconv`: fit a kernel, or take one apart, and see what it does.

    python -m experiments.understand    the notebook this library grew from, retold
    python -m experiments.fit           fit a kernel, compare with the best possible one, draw it
    python -m experiments.compare       one table of fits that were made apart

From Python, with settings as typed, keywords, dataclasses or what Hydra composed:

    from experiments.fit import fit
    found = fit("task=recover_fir", "task.signal=sincos", steps=500, seeds=4)

    from experiments.config.schema import Conv, RecoverFir
    found = fit(task=RecoverFir(signal="sincos"), model=Conv(kernel_size=3, padding="valid"))

    from hydra import compose, initialize_config_dir
    from experiments.config.composed import CONF  # registers the dataclasses as Hydra's structured configs
    with initialize_config_dir(str(CONF), version_base="1.3"):
        found = fit(compose("fit", ["task=recover_fir", "task.signal=sincos"]))

Where things are:

    what is asked
    config/         what a config may say (dataclasses, rules), how a wrong one is answered, before JAX is imported
    command.py, compare.py      the command lines; resuming.py: `resume=FOLDER`, the command that a folder holds
    environment.py  packages, a device, options for XLA, a place for compiled programs
    fit.py, understand.py       `fit(...)` and `understand(...)` return what they find, `run` also writes it

    what is fitted
    tasks/          name -> Problem: input, target, what is known of the truth; also of the user's own file
    models/         name -> the convolution to fit
    alignment.py    which sample of the target each output belongs to
    optimum.py      the least-squares optimum, by jconv.analysis

    how it is fitted
    fitting.py      one fit, from its settings to all that is known of it
    optimizers.py   name -> optax transformation
    loop.py         the compiled functions: many steps in one call, all members at once
    training.py     calls of the loop, looks between them, what is left of all that
    checkpoints.py  the training on disk, by orbax, to go on later
    interrupt.py    Ctrl-C and SIGTERM as requests to end well

    what is found
    report.py, ensemble.py, filters.py      the numbers: of a fit, of seeds side by side, of filters that moved
    pictures.py, headlines.py, drawing.py   which arrays go into which figure, the sentence above it, own figures
    explorer.py, display.py     the page of a run, by jconv.report; what a notebook shows
    dissection.py   the parts that `understand` prints and draws

    what is written
    folders.py, outputs.py      the folder of a run or a sweep: chosen, claimed once, written atomically
    saving.py, tracking.py      what is on the disk while a training goes on; TensorBoard, profiles
    progress.py, comparison.py  the bar; run folders -> one table
"""
