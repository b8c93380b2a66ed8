"""Integrators as callers: keys, limits, the log of their calls, and the sandbox."""
