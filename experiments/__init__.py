"""Experiments on `jconv`: fit a kernel, or take one apart, and see what it does.

    python -m experiments.understand    the notebook this library grew from, retold
    python -m experiments.fit           fit a kernel, compare with the best possible one, draw it
    python -m experiments.compare       one table of fits that were made apart

Where things are:

    config/        what a config may say (dataclasses and rules) and how a wrong one is answered, before JAX is imported
    environment.py packages, a device, a place for compiled programs
    tasks.py       name -> Problem: input, target, what is known of the truth
    models.py      name -> the convolution to fit
    optimizers.py  name -> optax transformation
    optimum.py     the least-squares optimum, in closed form
    training.py    the jitted loop
    interrupt.py   Ctrl-C and SIGTERM as requests to end well
    saving.py      what is on the disk while a training goes on
    pictures.py, headlines.py   which arrays go into which figure, and the sentence above it
    drawing.py     the figures that only a fit needs; all others are of jconv.plot
    command.py     what both command lines share
    dissection.py  the parts that `understand` prints and draws
    outputs.py     the run folder: claimed once, written atomically
    report.py      numbers -> table and metrics.json
    comparison.py  run folders -> one table
    fit.py, understand.py    `run(config)` does the work, `main` only wires
"""
