"""What a retraining does beside the experiment: look at the fresh rows, decide who is champion, tell people."""
