"""Why a figure is out of reach, with the profile that says so; shown where the figure is missed."""

REASONS: dict[str, str] = {}
