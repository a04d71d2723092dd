"""Training anew on fresh data, to be read from top to bottom: the better model is the champion afterwards."""

from functools import partial

from prefect import flow, get_run_logger
from prefect.task_runners import ThreadPoolTaskRunner

from descent.flows.experiment import flow_over
from descent.flows.prefect_server.artifacts import publish, publish_decision
from descent.flows.retraining import steps
from descent.flows.retraining.alone import alone, deadline
from descent.flows.retraining.fresh import with_name
from descent.flows.retraining.outcome import Retrained, told
from descent.schemas import ExperimentConfig


@flow(
    name="retrain",
    flow_run_name="retrain {config.title}",
    task_runner=ThreadPoolTaskRunner(max_workers=2),  # type: ignore[arg-type]  # its type variable is open
    persist_result=False,
)
def retrain(config: ExperimentConfig) -> Retrained:
    """Look at the fresh data, train on them, and let the champion be who is better; tell people, however it ends.

    Without ``register.name`` the model is registered under the experiment's name. What goes wrong leaves the champion
    as it is.

    Raises:
        ConfigError: the configuration does not fit the table, or nobody can be told.
        DataError: the fresh data are bad.
        RunError: the run failed, or took longer than ``retrain.minutes``.
    """
    config, warn = with_name(config), get_run_logger().warning
    assert config.registration.name is not None
    steps.check_notification(config)
    with (
        told(config, partial(steps.tell, config)) as news,
        deadline(config.retrain.minutes),
        alone(config.registration.name, get_run_logger().info),
    ):
        champion = steps.find_champion(config)
        news.began(champion.version.number if champion else None)
        posed = steps.load_fresh(config)
        news.findings = steps.check_fresh(posed, champion)

        news.result = flow_over(posed)(config)
        publish(news.result, warn)

        news.challenger = steps.registered(config, news.result)
        news.decide(steps.promote(config))
        publish_decision(news.markdown(), news.experiment, warn)
    return news
