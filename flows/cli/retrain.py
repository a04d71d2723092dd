"""``descent retrain``."""

from descent.flows.cli.exits import reported
from descent.flows.cli.options import AsJson, Overrides, Source, Target, Verbose

EXAMPLES = "Example:  descent retrain experiments/penguins.yaml"


@reported(trains=True)
def retrain(
    source: Source, target: Target = None, set_: Overrides = None, json: AsJson = False, verbose: Verbose = False
) -> None:
    """Retrain on fresh data; the better model becomes the champion."""
    from descent.flows.cli.config import config_of, shown
    from descent.flows.launch import retrain
    from descent.flows.report.terminal import print_report

    config = config_of(source, target, set_)
    with shown(config, json) as console:
        news = retrain(config, verbose=verbose)
    if json:
        from json import dumps

        told = {
            "experiment": news.experiment,
            "outcome": news.outcome,
            "reason": news.reason,
            "champion": news.serving,
            "challenger": news.challenger,
        }
        print(dumps(told, ensure_ascii=False))
        return
    if news.result is not None:
        print_report(news.result, console)
    console.print(news.notice().text, highlight=False, markup=False, soft_wrap=True)
