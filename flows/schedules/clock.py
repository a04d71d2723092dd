"""When a schedule runs: a cron line in a time zone."""

import os
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo, available_timezones

from descent.schemas import ConfigError
from descent.schemas.problems.suggestions import did_you_mean

FIELDS = "minute hour day-of-month month day-of-week"
LOCALTIME = Path("/etc/localtime")


@dataclass(frozen=True)
class Clock:
    """A cron line and the time zone that it is meant in."""

    cron: str
    timezone: str

    @classmethod
    def of(cls, cron: str, timezone: str | None) -> "Clock":
        """Checked; without a time zone, that of this machine.

        Raises:
            ConfigError: the cron line is wrong or never comes true, or there is no such time zone.
        """
        zone = timezone or machine_timezone()
        if zone not in available_timezones():
            hint = did_you_mean(zone, sorted(available_timezones())) or ";"
            raise ConfigError(f"--timezone {zone}: there is no such time zone{hint} they are named like Europe/Berlin")
        given = cron.split()
        if len(given) != 5:
            raise ConfigError(
                f'--cron {cron!r}: {len(given)} fields, but a cron line has five ({FIELDS}), such as "0 3 * * *", '
                'every night at 3, or "30 6 * * 1", Mondays at half past 6'
            )
        try:
            _next(cron, zone)
        except ValueError as error:
            raise ConfigError(f"--cron {cron!r}: {str(error).strip('.')} ({FIELDS})") from error
        return cls(cron, zone)

    def next(self) -> datetime:
        """The next time that it comes true."""
        return _next(self.cron, self.timezone)


def _next(cron: str, zone: str) -> datetime:
    """Raises `ValueError` for what the Prefect server would not take either: it reads cron lines with the same."""
    from prefect._vendor.croniter.croniter import croniter

    if any(field.casefold() in ("h", "r") for field in cron.split()):
        raise ValueError("random fields (h, r) are not allowed")
    found: datetime = croniter(cron, datetime.now(ZoneInfo(zone))).get_next(datetime)  # type: ignore[no-untyped-call]
    return found


def machine_timezone() -> str:
    """The time zone of this machine by its name: ``TZ``, else what the system is set to, else UTC."""
    named = os.environ.get("TZ", "").lstrip(":")
    if named in available_timezones():
        return named
    parts = LOCALTIME.resolve().parts
    for start in range(len(parts) - 1, 0, -1):
        if (name := "/".join(parts[-start:])) in available_timezones():
            return name
    return "UTC"
