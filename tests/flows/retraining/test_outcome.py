"""What people are told of a retraining: every notice says who serves now."""

import pytest

from descent.flows.retraining.outcome import Retrained, told
from descent.schemas import config_from

CONFIG = config_from({"name": "flats", "data": {"source": "flats.csv", "target": "price"}}, [])


@pytest.mark.parametrize(
    ("looked", "champion", "who"),
    [
        (True, "3", "version 3 stays champion"),
        (True, None, "still no champion"),
        (False, None, "the champion stays, if there is one"),
    ],
)
def test_a_failure_says_who_stays_champion(looked: bool, champion: str | None, who: str) -> None:
    said: list[str] = []

    def fail(news: Retrained) -> None:
        if looked:
            news.began(champion)
        raise TimeoutError("not done")

    with pytest.raises(TimeoutError), told(CONFIG, lambda notice: said.append(notice.title)) as news:
        fail(news)
    assert said == [f"flats: retraining failed; {who}"]
