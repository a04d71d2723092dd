"""Update rules, their numbers, schedules."""
