"""How a kernel is fitted: the compiled steps, all members of an ensemble at once, and what is kept on the way."""
