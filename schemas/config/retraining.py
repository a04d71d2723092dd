"""How an experiment is trained anew on fresh data: what the data must be like, how long it may take, who is told."""

import re
from typing import Annotated, Literal

from pydantic import Field, field_validator

from descent.schemas.config.base import ConfigModel, refuse

BLOCK = re.compile(r"[a-z0-9-]+/[a-z0-9-]+")
"""Type and name of a Prefect block."""
VARIABLE = re.compile(r"\$\{\w+\}")


class RetrainConfig(ConfigModel):
    """What `descent retrain` and a schedule (`descent deploy`) do beside the experiment itself."""

    minutes: Annotated[float, Field(gt=0)] = Field(
        default=360.0, description="a retraining that takes longer is stopped and counts as failed"
    )
    rows: Annotated[float, Field(ge=0, le=1)] = Field(
        default=0.5, description="fewer rows than this share of the champion's are bad data: a file cut short, say"
    )
    drift: Literal["tell", "refuse"] = Field(
        default="tell",
        description="rows unlike those that the champion was trained on: warn, or refuse them as bad data",
    )
    notify: str | None = Field(
        default=None,
        description=(
            "who is notified of the outcome: type and name of a Prefect block, or ${NAME} of a variable with a URL"
        ),
        examples=["slack-webhook/team"],
    )

    @field_validator("notify", mode="after")
    @classmethod
    def _notify_holds_no_secret(cls, notify: str | None) -> str | None:
        if notify is None or BLOCK.fullmatch(notify) or VARIABLE.fullmatch(notify):
            return notify
        if "://" in notify:
            raise refuse(
                "a webhook's URL is a secret, and a configuration is not: write ${NAME} and set that "
                "variable where it runs, or give the URL to descent deploy --notify, which keeps it as a Prefect block"
            )
        raise refuse("<value> is not allowed: write type and name of a Prefect block (slack-webhook/team), or ${NAME}")
