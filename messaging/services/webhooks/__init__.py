"""What integrators are told: addresses, events, bytes, calls, and events once more."""
