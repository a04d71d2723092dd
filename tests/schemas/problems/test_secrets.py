"""A password in a source is used, but shown and kept nowhere."""

import pytest

from descent.schemas import ConfigError, conceal, config_from, resolved, to_yaml
from descent.schemas.problems.secrets import absent_variables, with_variables

SECRET = "postgresql://me:s3cr@t/x@host:5432/sales"


@pytest.mark.parametrize(
    ("source", "shown"),
    [
        (SECRET, "postgresql://me:***@host:5432/sales"),
        ("mysql+pymysql://:pw@h/d", "mysql+pymysql://:***@h/d"),
        ("postgresql://me@host/d", "postgresql://me@host/d"),
        ("postgresql://me:${PW}@host/d", "postgresql://me:${PW}@host/d"),
        ("https://h/t.csv?X-Amz-Signature=abc&x=1", "https://h/t.csv?X-Amz-Signature=***&x=1"),
        ("mssql+pyodbc://h/d?Driver=x&PWD=abc", "mssql+pyodbc://h/d?Driver=x&PWD=***"),
        ("s3://bucket/a@b.parquet", "s3://bucket/a@b.parquet"),
        ("data/a:b@c.csv", "data/a:b@c.csv"),
    ],
)
def test_conceal(source: str, shown: str) -> None:
    assert conceal(source) == shown
    assert conceal(shown) == shown


def test_no_way_of_writing_a_configuration_shows_the_password() -> None:
    config = config_from({"data": {"source": SECRET, "target": "y", "query": "SELECT 1"}})
    assert config.data.source == SECRET
    for text in (repr(config), str(config), to_yaml(config), config.model_dump_json(), config.title):
        assert "s3cr" not in text
    assert config.title == "sales"
    assert resolved(config, task="binary").data.source == SECRET


def test_messages_do_not_either() -> None:
    with pytest.raises(ConfigError) as caught:
        config_from({"data": {"source": "a.csv", "target": "y"}}, [f"data.sorce={SECRET}"])
    assert "s3cr" not in str(caught.value)


def test_variables_of_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PW", "x@y")
    monkeypatch.delenv("NONE_SUCH", raising=False)
    assert with_variables("postgresql://me:${PW}@h/d") == "postgresql://me:x@y@h/d"
    assert absent_variables("postgresql://me:${NONE_SUCH}@h/${PW}") == ["NONE_SUCH"]
