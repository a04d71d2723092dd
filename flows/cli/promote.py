"""``descent promote``, and ``descent rollback`` which takes it back."""

from typing import TYPE_CHECKING, Annotated

import typer

from descent.flows.cli.exits import reported
from descent.flows.cli.options import Name

if TYPE_CHECKING:
    from descent.flows.tracking.registry import Registry

EXAMPLES = "Example:  descent promote housing"
ROLLBACK_EXAMPLES = "Example:  descent rollback housing"


@reported()
def promote(
    name: Name,
    confidence: Annotated[
        float | None, typer.Option("--confidence", min=0.5, max=0.9999, help="Instead of register.confidence.")
    ] = None,
    guard: Annotated[
        list[str] | None, typer.Option("--guard", metavar="METRIC", help="Instead of register.guards; repeatable.")
    ] = None,
) -> None:
    """Make the challenger the champion if it is better on test rows that neither was trained on."""
    registry = _registry(name)
    from descent.flows.promotion.promote import promote

    print(promote(registry, confidence=confidence, guards=guard))


@reported()
def rollback(name: Name) -> None:
    """Make the previous champion the champion again."""
    registry = _registry(name)
    from descent.flows.promotion.promote import rollback

    champion, before = rollback(registry)
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
