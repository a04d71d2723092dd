"""``descent promote`` and ``descent rollback``."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from descent.flows.cli.exits import reported

if TYPE_CHECKING:
    from descent.flows.tracking.registry import Registry


def promote(name: str, confidence: float | None, guards: Sequence[str] | None) -> None:
    """Compare challenger and champion; the better one is the champion afterwards."""
    with reported():
        registry = _registry(name)
        from descent.flows.promotion.promote import promote as compare

        print(compare(registry, confidence=confidence, guards=guards))


def rollback(name: str) -> None:
    """Make the champion before this one the champion again."""
    with reported():
        registry = _registry(name)
        from descent.flows.promotion.promote import rollback as back

        champion, before = back(registry)
        print(f"{name} version {before} is the champion again, in place of version {champion.number}")


def _registry(name: str) -> "Registry":
    from descent.flows.machine.environment import quiet

    quiet()
    from descent.flows.tracking.registry import Registry
    from descent.flows.tracking.store import prepare, tracking_uri

    prepare(tracking_uri())
    registry = Registry(tracking_uri(), name)
    if not registry.exists():
        from descent.schemas import ConfigError

        raise ConfigError(
            f"{name}: no registered model has this name in MLflow at {registry.uri}. To register one: "
            f"descent run … --set register.name={name}"
        )
    return registry
