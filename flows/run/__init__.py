"""One run: its folder, the claim on an experiment, progress, seconds."""
