"""What a config may say, and how a wrong one is answered. Nothing here imports JAX.

rules.py      dataclasses that check themselves
schema.py     every setting; those of tasks and models in tasks.py and models.py
together.py   what is fine alone and cannot work together
composed.py   the same as Hydra's structured configs
arguments.py  the command line, taken apart
preflight.py  every job of it, checked before the first one starts
"""
