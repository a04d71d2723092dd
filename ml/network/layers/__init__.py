"""The layers of a network as parts of one pass: forward and backward of each side by side (`part.Part`)."""
