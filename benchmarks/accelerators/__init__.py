"""What XLA's compilers for GPU and TPU make of our programs, on a machine that has neither: compiled, never run."""
