"""The registered model of an experiment that is retrained."""

from descent.schemas import ExperimentConfig, config_from


def with_name(config: ExperimentConfig) -> ExperimentConfig:
    """The configuration with ``register.name``: that of the experiment, unless it has one.

    Raises:
        ConfigError: the experiment's name is no name for a registered model.
    """
    if config.registration.name is not None:
        return config
    plain = config.model_dump(by_alias=True, exclude_unset=True)
    named = config_from(plain | {"register": {**plain.get("register", {}), "name": config.title}})
    named._origin = config._origin
    return named
