"""The outside, held in memory: for tests, simulations and drills."""
