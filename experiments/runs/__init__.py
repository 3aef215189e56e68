"""A run from outside: its command line, its folder, how it ends, how it goes on, and tables of several."""
