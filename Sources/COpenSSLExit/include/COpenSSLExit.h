// Nothing to call: see exit.c.
