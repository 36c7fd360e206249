"""The simulated world: the firmware core as a process or in memory, its vehicle, bad cables, other clocks, a small CSMS."""
