"""Threads, subnormal numbers, interrupts, what the bits depend on."""
