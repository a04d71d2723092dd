"""CSV files in every dialect that people's programs write: read as meant, whole and in pieces, or refused by name."""

from pathlib import Path

import pandas as pd
import pytest

import descent.data.reading.streaming
from descent.data import Dialect, TableError, read_table
from descent.data.reading.streaming import stream

ROWS = "1.5,E,30\n2.5,W,40\n3.5,E,50\n4.5,N,60\n"
PLAIN = pd.DataFrame({"size": [1.5, 2.5, 3.5, 4.5], "side": ["E", "W", "E", "N"], "price": [30, 40, 50, 60]})
TABLE = "size,side,price\n" + ROWS
TEXTS = "side,colour\nE,red\nW,blue\nE,green\nN,red\n"


def other(text: str, delimiter: str) -> str:
    return text.replace(",", delimiter)


def written(folder: Path, content: str | bytes) -> Path:
    path = folder / "t.csv"
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return path


SAME = {
    "sep=;": "sep=;\n" + other(TABLE, ";"),
    "SEP=, and a carriage return": "SEP=,\r\n" + TABLE.replace("\n", "\r\n"),
    "sep= and a tab": "sep=\t\n" + other(TABLE, "\t"),
    "sep= and a tab in letters": "sep=\\t\n" + other(TABLE, "\t"),
    "sep= in quotes": '"sep=|"\n' + other(TABLE, "|"),
    "sep= behind a mark": "\ufeffsep=;\n" + other(TABLE, ";"),
    "sep= and a title": "sep=;\nSales of May\n\n" + other(TABLE, ";"),
    "one comment": "# station 7\n" + TABLE,
    "comments with delimiters": "# a, b and c, of d, e\n#\n# units: mm, C\n" + TABLE,
    "a comment at the end and one between": TABLE.replace("3.5,", "# checked until here\n3.5,") + "# end\n",
    "the header is the last comment": "# station 7\n# size,side,price\n" + ROWS,
    "the header is a comment": "# size,side,price\n" + ROWS,
    "a title": "Quarterly report 2024\n" + TABLE,
    "a title and an empty line": "Quarterly report 2024\n\n" + TABLE,
    "a title as a spreadsheet pads it": "Quarterly report,,\n,,\n" + TABLE,
    "a title with a comma": "Sales, May\n" + TABLE,
    "a title with many commas": "Sales, of May, by house, in euros\n" + TABLE,
    "keys and values": "Station,7\nFrom,2024-01-01\nTo,2024-02-01\n\n" + TABLE,
    "a title and semicolons": "Report, of May\n" + other(TABLE, ";"),
    "a title in quotes": '"Report; of ""May"""\n' + other(TABLE, ";"),
    "runs of blanks": "size   side price\n1.5    E    30\n2.5    W    40\n3.5    E    50\n4.5    N    60\n",
    "runs of blanks, flush right": "  size side  price\n   1.5    E     30\n  2.5  W  40 \n 3.5 E 50\n4.5  N     60\n",
    "blanks and tabs": "size \t side\tprice\n1.5\t\tE  30\n2.5  W\t 40\n3.5 E 50\n4.5\tN\t60\n",
    "runs of blanks with quotes": 'size  side  price\n1.5   "E"  30\n2.5   W  40\n3.5   "E"  50\n4.5   N  60\n',
    "runs of blanks under a comment": "# of May\n" + other(TABLE, "   "),
    "a tab at the end of the lines": other(TABLE, "\t").replace("\n", "\t\n"),
}


@pytest.mark.parametrize("kind", SAME)
def test_one_table_in_many_dialects(kind: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = written(tmp_path, SAME[kind])
    pd.testing.assert_frame_equal(read_table(path).frame, PLAIN, check_dtype=False)
    monkeypatch.setattr(descent.data.reading.streaming, "PIECE", 16)
    found = list(stream(str(path), "t.csv", numbers=("size", "price")))
    pd.testing.assert_frame_equal(pd.concat(found), PLAIN, check_dtype=False, check_index_type=False)
    assert len(found) > 1


@pytest.mark.parametrize("title", ["Report", "Report of May\n", "Station: 7\nUnit: mm\n"])
def test_a_title_above_texts(title: str, tmp_path: Path) -> None:
    table = read_table(written(tmp_path, f"{title}\n{TEXTS}"))
    assert list(table.frame.columns) == ["side", "colour"]
    assert len(table.frame) == 4
    assert "above" in table.notes[0]
    assert "data.header" in table.notes[0]


def test_texts_with_blanks_in_columns_of_a_fixed_width(tmp_path: Path) -> None:
    text = "name            mpg   cyl\nford torino     17.0  8\nfiat 124 sport  26.0  4\nbmw 2002        26.5  4\n"
    frame = read_table(written(tmp_path, text)).frame
    assert frame["name"].tolist() == ["ford torino", "fiat 124 sport", "bmw 2002"]
    assert frame["mpg"].tolist() == [17.0, 26.0, 26.5]


def test_a_row_is_found_on_its_line_below_a_title(tmp_path: Path) -> None:
    assert read_table(written(tmp_path, "Report\n\n" + TABLE)).row(1) == "row 2 (line 5)"
    with pytest.raises(TableError, match=r"line 5 has 2 cells, the header has 3"):
        read_table(written(tmp_path, "# Report\n\n" + TABLE.replace(",40", "") + "5.5,N,70\n" * 200))
    many = "# Report\n\n" + TABLE + "5.5,N,70\n" * 300
    with pytest.raises(TableError, match=r"line 308 has 2 cells, the header has 3"):
        read_table(written(tmp_path, many + "5.5,N\n"))
    with pytest.raises(TableError, match=r"line 308 has 2 cells, the header has 3"):
        list(stream(str(written(tmp_path, many + "5.5,N\n")), "t.csv"))


ORDINARY = {
    "years": "country,2019,2020\nA,1,2\nB,3,4\nC,5,6\n",
    "years alone": "2018,2019,2021\n1.5,3,2\n3,5,4\n5,7,6\n",
    "pixels": "0,1,2,y\n0,1,2,a\n3,1,1,b\n4,1,1,a\n5,1,2,b\n",
    "wavelengths": "400.1,402.7,404.9,407,409.3,y\n" + ".1,.2,.3,.2,.1,a\n.1,.2,.3,.2,.1,b\n" * 2,
    "texts alone": "town,street\nUlm,A\nBonn,B\nKiel,C\nUlm,D\n",
    "one text over numbers": "5.1,3.5,y\n4.9,3.0,1\n4.7,3.2,0\n5.0,3.1,1\n",
    "a mark that belongs to the name": "#id,price\n1,2\n3,4\n5,6\n",
    "marks that are values": "item,price\n#1,2\n#2,4\n#3,6\n",
    "a header twice": "a,b\nx,y\na,b\nz,w\nq,r\n",
    "the short spelling of a unit": "a,b\n1,2\n3,4\n5,6\n",
    "one column of names": "name\nJohn Smith\nJane Doe\nJoe Black\nJim Beam\n",
    "quotes in texts": 'a,b\n5" pipe,1\n"6"" pipe",2\n"x\ny",3\n',
    "a backslash at the end of a cell": 'path,n\n"C:\\a\\",1\n"C:\\b\\",2\n"C:\\c\\",3\n',
    "backslashes before delimiters": "path,n\nC:\\a\\,1\nC:\\b\\,2\n",
}


@pytest.mark.parametrize("kind", ORDINARY)
def test_what_is_ordinary_stays_as_it_is(kind: str, tmp_path: Path) -> None:
    table = read_table(written(tmp_path, ORDINARY[kind]))
    expected = pd.read_csv(tmp_path / "t.csv")
    pd.testing.assert_frame_equal(table.frame, expected, check_dtype=False)
    assert table.notes == ()


HEADERLESS = {
    "numbers, then a text": "5.3,3.0,1.6,alpha\n5.5,2.9,3.5,beta\n5.7,2.9,4.5,beta\n5.8,2.8,3.9,gamma\n",
    "a text, then numbers": "alpha,5.3,3.0,1.6\nbeta,5.5,2.9,3.5\nbeta,5.7,2.9,4.5\ngamma,5.8,2.8,3.9\n",
    "numbers alone": "5,3,1\n5,2,3\n5,9,4\n8,2,3\n",
    "equal numbers": "5,5,1\n5,2,3\n5,9,4\n8,2,3\n",
    "letters": "p,x,s\ne,x,s\np,f,y\ne,x,w\np,b,s\n",
    "equal letters": "p,p,s\ne,x,s\np,f,y\ne,p,w\np,p,s\n",
    "runs of blanks": '18.0  8  307.0\t"chevrolet malibu"\n15.0  8  350.0\t"buick"\n' * 2,
    "decimal commas": "5,3;3,0;a\n5,5;2,9;b\n5,7;2,9;b\n5,8;2,8;a\n",
    "under a comment": "# of May\n5.3,3.0,1.6,alpha\n5.5,2.9,3.5,beta\n5.7,2.9,4.5,beta\n5.8,2.8,3.9,gamma\n",
}


@pytest.mark.parametrize("kind", HEADERLESS)
def test_a_first_line_that_looks_like_a_row_is_asked_about(
    kind: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = written(tmp_path, HEADERLESS[kind])
    with pytest.raises(TableError, match=r"line \d looks like a row.*data\.header=none.*data\.header=\d"):
        read_table(path)
    table = read_table(path, dialect=Dialect.given(None, "none"))
    rows = [line for line in HEADERLESS[kind].splitlines() if not line.startswith("#")]
    assert len(table.frame) == len(rows)
    assert list(table.frame.columns) == [f"column_{number + 1}" for number in range(table.frame.shape[1])]
    assert any("no header" in note for note in table.notes)
    assert table.row(0).endswith(f"(line {HEADERLESS[kind].count('#') + 1})")
    monkeypatch.setattr(descent.data.reading.streaming, "PIECE", 16)
    pieces = list(stream(str(path), "t", dialect=Dialect.given(None, "none")))
    found = pd.concat(pieces)
    for name, column in table.frame.items():
        if pd.api.types.is_numeric_dtype(column):
            assert found[name].str.replace(",", ".").astype(float).tolist() == column.tolist()
        else:
            assert found[name].tolist() == column.tolist()


def test_the_line_of_the_header_can_be_told(tmp_path: Path) -> None:
    path = written(tmp_path, "x,y,z\nunits,of,all\n" + TABLE)
    table = read_table(path, dialect=Dialect.given(None, 3))
    pd.testing.assert_frame_equal(table.frame, PLAIN, check_dtype=False)
    assert table.row(0) == "row 1 (line 4)"
    first = read_table(written(tmp_path, HEADERLESS["numbers alone"]), dialect=Dialect.given(None, 1))
    assert list(first.frame.columns) == ["5", "3", "1"]
    with pytest.raises(TableError, match=r"data\.header says line 99, but the file has fewer lines"):
        read_table(path, dialect=Dialect.given(None, 99))


def test_a_line_with_all_names_of_a_model_is_the_header(tmp_path: Path) -> None:
    path = written(tmp_path, "6,7,8\n1,2,3\n7,5,4\nsize,side , price\n1,a,2\n3,b,4\n")
    frame = read_table(path, known=["price", "size"]).frame
    assert frame.iloc[:, 0].tolist() == [1, 3]
    with pytest.raises(TableError, match="write the names of the columns that the model learned above it"):
        read_table(written(tmp_path, HEADERLESS["letters"]), known=["price"])
    bare = written(tmp_path, "column_1,column_2\n1,2\n3,4\n5,6\n")  # a model without names reads one with them as well
    assert read_table(bare, known=["column_2"], dialect=Dialect.given(None, "none")).frame["column_2"].tolist() == [
        2,
        4,
        6,
    ]


ESCAPED = {
    "quotes": ('a,n\n"the \\"big\\" one, a",1\n"x",2\n"5\\" pipe",3\n', ['the "big" one, a', "x", '5" pipe']),
    "quotes at both ends": ('a,n\n"\\"a\\"",1\n"\\"b\\"",2\n', ['"a"', '"b"']),
    "doubled as well": ('a,n\n"say ""a""",1\n"say \\"b\\"",2\n"\\"c\\", d",3\n', ['say "a"', 'say "b"', '"c", d']),
    "delimiters": ("a,n\nx\\, y,1\nz,2\nu\\, v\\, w,3\n", ["x, y", "z", "u, v, w"]),
    "other backslashes": ('a,n\n"C:\\dir \\"x\\"",1\nC:\\dir,2\n', ['C:\\dir "x"', "C:\\dir"]),
}


@pytest.mark.parametrize("kind", ESCAPED)
def test_backslashes_before_quotes_and_delimiters(kind: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    content, texts = ESCAPED[kind]
    path = written(tmp_path, content)
    table = read_table(path)
    assert table.frame["a"].tolist() == texts
    assert table.frame["n"].tolist() == list(range(1, len(texts) + 1))
    assert any("backslash" in note for note in table.notes)
    monkeypatch.setattr(descent.data.reading.streaming, "PIECE", 8)
    assert pd.concat(stream(str(path), "t.csv"))["a"].tolist() == texts


def lines(first: int, last: int) -> str:
    return "".join(f"name{i},{i},{i % 7}\n" for i in range(first, last))


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (
            "n,x,y\n" + lines(0, 9) + '"Doc,1,2\n' + lines(0, 99) + '"Ann,1,2\n' + lines(0, 9),
            r'line 111: a closing quote \("\) is followed by text .* opened in line 11',
        ),
        ("n,x,y\n" + '"a"b,1,2\n' + lines(0, 9), r'line 2: a closing quote \("\) is followed by text \(\'b,1,2\'\)'),
        (
            "n,x,y\n" + lines(0, 9) + '"Doc,1,2\n' + lines(0, 99) + 'Ann",1,2\n' + lines(0, 9),
            r"line 11: a quote .* closed in line 111 only, and the 99 lines between look like rows",
        ),
        ("n,x,y\n" + lines(0, 9) + '"Doc,1,2\n' + lines(0, 99), r"line 11: a quote .* never closed"),
        ("# title\nn,x,y\n" + '5" a,1,2\n' + '"a"b,1,2\n' + lines(0, 9), r"line 4: a closing quote"),
    ],
)
def test_quotes_in_disorder_are_refused(
    content: str, message: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = written(tmp_path, content)
    with pytest.raises(TableError, match=message):
        read_table(path)
    monkeypatch.setattr(descent.data.reading.streaming, "PIECE", 32)
    with pytest.raises(TableError, match="quote"):
        list(stream(str(path), "t.csv"))


def test_a_cell_of_many_lines_is_told(tmp_path: Path) -> None:
    letter = "\n".join(["Dear all", "this is a letter, and it is long"] * 40)
    table = read_table(written(tmp_path, f'a,b\n"{letter}",1\n"x\ny",2\n'))
    assert table.frame["a"].tolist() == [letter, "x\ny"]
    assert any("line 2 has 79 line breaks" in note for note in table.notes)
    assert read_table(written(tmp_path, 'a,b\n"x\ny",1\n"z ""z""",2\n')).notes == ()
