"""Experiments on `jconv`: fit a kernel, or take one apart, and see what it does.

    python -m experiments.understand    the notebook this library grew from, retold
    python -m experiments.fit           fit a kernel, compare with the best possible one, draw it
    python -m experiments.compare       one table of fits that were made apart

From Python, with settings as keywords, dataclasses or what Hydra composed:

    from experiments import fit
    from experiments.config.schema import RecoverFir
    found = fit.fit(task=RecoverFir(signal="sincos"), model={"kernel_size": 3, "padding": "valid"})

    from hydra import compose, initialize_config_dir
    from experiments.config.composed import CONF  # registers the dataclasses as Hydra's structured configs
    with initialize_config_dir(str(CONF), version_base="1.3"):
        found = fit.fit(compose("fit", ["task=recover_fir", "task.signal=sincos"]))

Where things are:

    config/        what a config may say (dataclasses and rules) and how a wrong one is answered, before JAX is imported
    environment.py packages, a device, a place for compiled programs
    tasks/         name -> Problem: input, target, what is known of the truth; also of the user's own file
    models/        name -> the convolution to fit
    alignment.py   which sample of the target each output belongs to
    optimizers.py  name -> optax transformation
    optimum.py     the least-squares optimum, in closed form
    training.py    the jitted loop
    filters.py     how far the filters of a bank moved
    fitting.py     one fit, from its settings to all that is known of it
    interrupt.py   Ctrl-C and SIGTERM as requests to end well
    saving.py      what is on the disk while a training goes on
    pictures.py, headlines.py   which arrays go into which figure, and the sentence above it
    drawing.py     the figures that only a fit needs; all others are of jconv.plot
    command.py     what both command lines share
    dissection.py  the parts that `understand` prints and draws
    folders.py     the folder of a run or a sweep: chosen, made, found writable
    outputs.py     the run folder: claimed once, written atomically
    report.py      numbers -> table and metrics.json
    comparison.py  run folders -> one table
    fit.py, understand.py    `fit(...)` and `understand(...)` return what they find, `run` also writes it
"""
