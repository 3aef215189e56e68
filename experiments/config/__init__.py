"""What a config may say, and how a wrong one is answered. Nothing here imports JAX."""
