"""How large a run is. Without N it is the short lane of the test suite; `make chaos` gives one.

N       deliveries of the largest campaign
ROUNDS  how often a race is run
SEED    what repeats a run
"""

import os

FULL = bool(os.getenv("N"))
N = int(os.getenv("N") or 6_000)
ROUNDS = int(os.getenv("ROUNDS") or (200 if FULL else 12))
SEED = int(os.getenv("SEED") or 2026)

KILLS = int(os.getenv("KILLS") or max(2, N // 10_000))  # of all workers at once
CRASHES = N // 100_000  # of the database's server, and as many of the broker's

PATIENCE = 3_600 if FULL else 240  # seconds until a campaign must be over
