"""Variants → fleets → chunks, what they cost, who goes on, and the leaderboard."""
