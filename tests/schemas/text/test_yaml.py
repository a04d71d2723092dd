"""YAML 1.2 with line numbers."""

import math
from pathlib import Path

import pytest

from descent.schemas import ConfigError
from descent.schemas.text.yaml import read_file, read_text


def test_scalars_are_those_of_yaml_1_2() -> None:
    text = "{a: 1e-3, b: no, c: on, d: y, e: 0x1F, f: 012, g: 1_000, h: 2024-01-31, i: ~, j: true, k: '1', l: .inf}"
    value, _ = read_text(text)
    assert value == {
        "a": 0.001,
        "b": "no",
        "c": "on",
        "d": "y",
        "e": 31,
        "f": 12,
        "g": 1000,
        "h": "2024-01-31",
        "i": None,
        "j": True,
        "k": "1",
        "l": math.inf,
    }
    assert type(value["a"]) is float
    assert type(value["e"]) is int


def test_every_key_and_item_knows_its_line() -> None:
    _, origin = read_text("a: 1\nb:\n  - x\n  - {c: 2,\n     d: [3,\n 4]}\n", "f.yaml")
    assert origin.lines == {
        (): 1,
        ("a",): 1,
        ("b",): 2,
        ("b", 0): 3,
        ("b", 1): 4,
        ("b", 1, "c"): 4,
        ("b", 1, "d"): 5,
        ("b", 1, "d", 0): 5,
        ("b", 1, "d", 1): 6,
    }
    assert origin.problem(("b", 1, "e"), "m").where == "f.yaml:4"


def test_aliases_repeat_a_value() -> None:
    value, _ = read_text("a: &x [1, 2]\nb: *x\n")
    assert value == {"a": [1, 2], "b": [1, 2]}


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("a: 1\nb: 2\na: 3\n", "f.yaml:3: a: the key is given twice; first in line 1"),
        ("a: {b: 1, c: {d: 1, d: 2}}\n", "f.yaml:1: a.c.d: the key is given twice; first in line 1"),
        (
            "a: [1, 2\nb: 3\n",
            "f.yaml:2: not valid YAML (column 2): expected ',' or ']', but got ':', while parsing a flow sequence",
        ),
        ("a: 1\n\tb: 2\n", "f.yaml:2: not valid YAML (column 1): a tab; indent with spaces"),
        ("a: b: c\n", "f.yaml:1: not valid YAML (column 5): mapping values are not allowed here"),
        ("a: &x [*x]\n", "f.yaml:1: a[0]: an alias repeats itself without end: write the value out"),
        ("a: *x\n", "f.yaml:1: not valid YAML (column 4): found undefined alias 'x'"),
        (
            "a: !!python/object:os.system x\n",
            "f.yaml:1: a: the tag tag:yaml.org,2002:python/object:os.system is not understood: leave it out",
        ),
        ("a: !!int x\n", "f.yaml:1: a: x is not a whole number"),
        ("? [1, 2]\n: x\n", "f.yaml:1: a key must be a plain text"),
        ("a: &x {b: 1}\nc: {<<: *x}\n", "f.yaml:2: c: merge keys (<<) are not part of YAML 1.2: write the keys out"),
        (
            "a: 1\n---\nb: 2\n",
            "f.yaml:2: not valid YAML (column 1): but found another document, expected a single document in the stream",
        ),
        (
            "a: \x01\n",
            "f.yaml: not valid YAML: unacceptable character #x0001: special characters are not allowed "
            'in "<unicode string>", position 3',
        ),
    ],
)
def test_what_is_not_yaml_is_said_with_its_line(text: str, message: str) -> None:
    with pytest.raises(ConfigError) as caught:
        read_text(text, "f.yaml")
    assert str(caught.value) == message


def test_aliases_that_multiply_are_refused() -> None:
    lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x, x]"]
    lines += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]" for n in range(1, 9)]
    with pytest.raises(ConfigError, match="an alias repeats itself"):
        read_text("\n".join(lines), "f.yaml")


def test_a_file_that_is_not_there_is_named_with_a_neighbour(tmp_path: Path) -> None:
    (tmp_path / "penguins.yaml").write_text("a: 1")
    with pytest.raises(ConfigError) as caught:
        read_file(tmp_path / "pengins.yaml")
    near = tmp_path / "penguins.yaml"
    assert str(caught.value) == f"{tmp_path}/pengins.yaml: there is no such file: did you mean `{near}`?"
    with pytest.raises(ConfigError, match=r"nothing\.yaml: there is no such file$"):
        read_file(tmp_path / "folder" / "nothing.yaml")


def test_a_file_that_cannot_be_read(tmp_path: Path) -> None:
    binary = tmp_path / "b.yaml"
    binary.write_bytes(b"a: \xff\xfe")
    with pytest.raises(ConfigError, match=r"b\.yaml: not a text file in UTF-8 \(byte 4\)"):
        read_file(binary)
    with pytest.raises(ConfigError, match="cannot be read: Is a directory"):
        read_file(tmp_path)


def test_a_byte_order_mark_is_no_part_of_the_text(tmp_path: Path) -> None:
    path = tmp_path / "bom.yaml"
    path.write_bytes("\ufeffa: ä".encode())
    assert read_file(path)[0] == {"a": "ä"}
