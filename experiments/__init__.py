"""Experiments on `jconv`: fit a kernel, or take one apart, and see what it does.

    python -m experiments.understand    the notebook this library grew from, retold; or a convolution of one's own
    python -m experiments.fit           fit a kernel, compare with the best possible one, draw it
    python -m experiments.stream        filter a long recording on disk, block by block
    python -m experiments.compare       one table of fits that were made apart
    python -m experiments.gallery       docs/gallery.md and its pictures, from runs of the others

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
    fit.py, understand.py, stream.py, compare.py    `fit(...)`, `understand(...)` return what they find, `run` writes it

    what is fitted
    tasks/          name -> Problem (input, target, what is known of the truth) or Examples, which have a class each
    models/         name -> the convolution to fit; networks/: name -> the network that classifies, plain flax modules
    notebook.py     the kernel, bias and signals of the notebook; own_arrays.py: those, or the user's own
    dissection.py   a convolution in its parts, one output at a time
    filtering.py    a long recording through a kernel, for stream.py
    fitting.py      one fit, from its settings to all that is known of it; classifying.py: the same of a network
    prepared.py     what both share: members, the compiled loop, why it diverged, how results show themselves

    training/       how it is fitted
        loop        the compiled functions: many steps in one call, all members at once
        members     calls of the loop, looks between them, what is left of all that
        objective   what is minimised: squared error or cross-entropy; optimizers: name -> optax transformation
        checkpoints, saving, tracking, progress      by orbax, to go on later; losses; TensorBoard, profiles; the bar

    findings/       what is found, as numbers
        alignment   which sample of the target each output belongs to
        optimum     the least-squares optimum, by jconv.analysis
        report, spread, filters     of a fit, of seeds side by side, of filters that moved
        scores, published, ridge    of a test: right and wrong, what others reached; the classifier of random kernels

    showing/        what is found, to be seen
        pictures, course, structure     arrays into figures: of every fit, of its way, of its data and model
        networks, network_page          those of a network, and its page
        headlines, labels, drawing      the sentence above it, names and units, own figures
        dissected       what `understand` prints and draws
        explorer, display               the page of a run, by jconv.report; what a notebook shows

    gallery/        entries: picture, command, sentence; numbers in the sentences; files of few colours; a browser

    runs/           a run from outside
        command     the command lines; resuming: `resume=FOLDER`, the command that a folder holds
        environment packages, a device, options for XLA, a place for compiled programs
        folders, outputs, comparison    of a run or a sweep: chosen, claimed, written whole; one table of many
        interrupt   Ctrl-C and SIGTERM as requests to end well
"""
