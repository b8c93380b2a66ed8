"""Simulated senders, judged by the product's own functions. Needs requirements-dev.txt (numpy)."""
