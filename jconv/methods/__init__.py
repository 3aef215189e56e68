"""The registry of methods: a new one is one new file and one line here."""

from jconv.methods import dense, fft, gemm, taps, toeplitz, vmap, winograd, xla
from jconv.methods.problem import FACES, Counts, Face, Method, Problem, entries

REGISTRY: dict[str, Method] = {
    module.METHOD.name: module.METHOD for module in (vmap, xla, dense, taps, gemm, toeplitz, winograd, fft)
}
METHODS: tuple[str, ...] = tuple(REGISTRY)

__all__ = ["FACES", "METHODS", "REGISTRY", "Counts", "Face", "Method", "Problem", "entries"]
