"""What can be deployed, when it runs, and what is said of the rest."""

from datetime import datetime
from pathlib import Path
from urllib.error import HTTPError

import pytest

from descent.flows.errors import RunError
from descent.flows.retraining import notices
from descent.flows.retraining.steps import may_pass
from descent.flows.schedules import clock
from descent.flows.schedules.clock import Clock
from descent.flows.schedules.deploy import deployable, named, plain_of
from descent.schemas import ConfigError, ExperimentConfig, config_from


def config(source: str = "sales.csv", **more: object) -> ExperimentConfig:
    return config_from({"data": {"source": source, "target": "price"}, **more})


@pytest.mark.parametrize(
    ("cron", "words"),
    [
        ("0 3 * *", "4 fields, but a cron line has five"),
        ("0 25 * * *", "out of range"),
        ("0 0 31 2 *", "failed to find next date"),
        ("h 3 * * *", "random fields"),
        ("every night at three x", "not acceptable"),
    ],
)
def test_a_wrong_cron_line_is_refused(cron: str, words: str) -> None:
    with pytest.raises(ConfigError, match=words):
        Clock.of(cron, "UTC")


def test_the_next_time_is_in_the_zone_that_was_asked_for() -> None:
    due = Clock.of("30 6 * * *", "Asia/Tokyo").next()
    assert (due.hour, due.minute, str(due.tzinfo)) == (6, 30, "Asia/Tokyo")
    assert due > datetime.now(due.tzinfo)


def test_an_unknown_zone_is_refused_and_a_near_one_named() -> None:
    with pytest.raises(ConfigError, match="did you mean `Europe/Berlin`"):
        Clock.of("0 3 * * *", "Europe/Berln")


def test_without_a_zone_it_is_the_machines(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("TZ", "Europe/Paris")
    assert clock.machine_timezone() == "Europe/Paris"
    monkeypatch.delenv("TZ")
    monkeypatch.setattr(clock, "LOCALTIME", tmp_path / "nothing")
    assert clock.machine_timezone() == "UTC"


def test_a_path_is_made_absolute_and_the_model_gets_the_experiments_name() -> None:
    made = deployable(config(), "/tables")
    assert (made.data.source, made.registration.name) == ("/tables/sales.csv", "sales")
    assert deployable(config("/data/sales.csv"), "/tables").data.source == "/data/sales.csv"
    assert deployable(config("https://example.org/sales.csv"), "/tables").data.source == "https://example.org/sales.csv"
    assert config_from(plain_of(made)) == made


def test_what_is_left_out_of_a_configuration_stays_out_of_a_deployment() -> None:
    plain = plain_of(deployable(config(search={"epochs": 7}), "/tables"))
    assert plain["search"] == {"epochs": 7}
    assert set(plain) == {"data", "search", "register"}


def test_a_password_is_not_deployed() -> None:
    with pytest.raises(ConfigError, match=r"holds a password: write \$\{NAME\}") as caught:
        deployable(config("postgresql://me:hidden@host/db"), "/tables")
    assert "hidden" not in str(caught.value)
    kept = deployable(config("postgresql://me:${PASSWORD}@host/db"), "/tables")
    assert kept.data.source == "postgresql://me:${PASSWORD}@host/db"


def test_a_deployment_has_the_experiments_name_in_letters_for_a_url() -> None:
    assert named(None, config(name="house prices / north")) == "house-prices-north"
    with pytest.raises(ConfigError, match="letters, digits"):
        named("a b", config())


@pytest.mark.parametrize(
    ("notify", "words"),
    [
        ("https://hooks.example.org/secret", "is a secret"),
        ("team", "type and name of a Prefect block"),
    ],
)
def test_who_is_told_is_named_without_a_secret(notify: str, words: str) -> None:
    with pytest.raises(ConfigError, match=words) as caught:
        config(retrain={"notify": notify})
    assert "hooks.example.org" not in str(caught.value)


def test_a_variable_that_holds_no_url_is_said_before_anything_is_trained(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("TEAM_URL", raising=False)
    with pytest.raises(ConfigError, match="TEAM_URL is not set"):
        notices.check("${TEAM_URL}")
    monkeypatch.setenv("TEAM_URL", "somewhere secret")
    with pytest.raises(ConfigError, match="TEAM_URL holds no URL") as caught:
        notices.check("${TEAM_URL}")
    assert "secret" not in str(caught.value)


def test_a_notice_that_nobody_takes_does_not_tell_the_address(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TEAM_URL", "http://127.0.0.1:1/secret")
    with pytest.raises(RunError, match="the message could not be sent") as caught:
        notices.send("${TEAM_URL}", notices.Notice("a", "b", "kept"))
    assert "secret" not in str(caught.value)


def _raised(error: Exception) -> Exception:
    try:
        try:
            raise error
        except type(error):
            raise RunError("in our words") from None
    except RunError as caught:
        return caught


@pytest.mark.parametrize(
    ("error", "again"),
    [
        (ConnectionRefusedError(), True),
        (TimeoutError(), True),
        (FileNotFoundError(), False),
        (PermissionError(), False),
        (ValueError(), False),
        (HTTPError("http://x", 503, "", None, None), True),  # type: ignore[arg-type]
        (HTTPError("http://x", 404, "", None, None), False),  # type: ignore[arg-type]
    ],
)
def test_only_what_may_pass_is_tried_again(error: Exception, again: bool) -> None:
    assert may_pass(_raised(error)) == again
