"""Imports run one way, those inside functions and for types alone included.

Only flows knows all three; ml, data and schemas never see each other; no file imports itself by way of others.
"""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

from .import_graph import PACKAGES, ROOT, Graph, circles, graph

STDLIB = set(sys.stdlib_module_names)

# A part of a package (a folder, or a file at its top) may import those behind it. Parts between two arrows do not know
# each other.
DIRECTIONS = {
    "flows": """cli → schedules → launch → retrain → retraining → experiment → session → follow → tasks → recorder
             → prefect_server → report → diagnosis → evaluation → search → promotion, run → serving, table → tracking
             → workers, cache → machine → errors""",
    "ml": """probing → chunks, estimators → train → fleets, solvers
             → history, optimizers, checkpoints, prediction, diagnosis → network, statistics, ensembles
             → machine, errors""",
    "data": """samples, findings, references → features, splits → roles → reading, target → names → errors
             → finding, spelling → options, cells""",
    "schemas": "text → variants → config → problems, results",
}

# What a package may import beside itself and the standard library.
ALLOWED = {
    "ml": {"numpy", "lazy_loader"},
    "data": {"numpy", "pandas", "sklearn", "scipy", "pyarrow", "lazy_loader"},
    "schemas": {"pydantic", "pydantic_core", "ruamel", "lazy_loader"},
    "flows": {
        "ml",
        "data",
        "schemas",
        "numpy",
        "pandas",
        "prefect",
        "joblib",
        "typer",
        "rich",
        "psutil",
    },
}
# What one file may import beyond its package's list.
ALSO = {
    "data/reading/encoding.py": {"charset_normalizer"},
    "data/references/boosted.py": {"threadpoolctl"},
    "data/reading/sources.py": {"fsspec"},
    "data/reading/sql.py": {"sqlalchemy"},
    "ml/solvers/lbfgs.py": {"scipy"},
    "ml/checkpoints.py": {"safetensors"},
    "ml/estimators.py": {"sklearn"},
    "flows/workers/dask_cluster.py": {"distributed"},
    "flows/workers/dask_local.py": {"dask", "distributed"},
    "flows/launch.py": {"httpx"},  # errors of Prefect's client
    "flows/serving/fetching.py": {"mlflow"},
    "flows/tracking/process.py": {"mlflow"},
    "flows/tracking/registry.py": {"mlflow"},
    "flows/tracking/runs.py": {"mlflow"},
    "flows/tracking/system.py": {"mlflow"},
    "flows/tracking/values.py": {"mlflow"},
    "flows/tracking/logged_model.py": {"mlflow"},
    "flows/serving/server.py": {"mlflow", "fastapi", "uvicorn"},
    "flows/serving/predictor.py": {"mlflow"},
    "flows/tracking/store.py": {"mlflow"},
    "flows/serving/onnx/export.py": {"onnx"},
    "flows/serving/onnx/graph.py": {"onnx"},
    "flows/report/page.py": {"jinja2"},
    "flows/report/outcomes.py": {"sklearn"},
    "flows/retraining/steps.py": {"sqlalchemy"},
    "flows/schedules/pools.py": {"httpx"},
    "flows/prefect_server/process.py": {"fastapi", "uvicorn"},
}
FILES = [path for package in ALLOWED for path in sorted((ROOT / package).rglob("*.py"))]


def imported(source: str) -> set[str]:
    """Top-level names of every module that the source imports, wherever the import stands; our own by their package."""
    names: set[str] = set()
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            names |= {_package(alias.name) for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module == "descent":
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.level == 0 and node.module:
            names.add(_package(node.module))
    return names


def _package(module: str) -> str:
    return module.removeprefix("descent.").split(".")[0]


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(ROOT)))
def test_a_file_imports_only_what_its_package_may(path: Path) -> None:
    relative = path.relative_to(ROOT).as_posix()
    package = relative.split("/")[0]
    allowed = ALLOWED[package] | ALSO.get(relative, set()) | {package}
    surplus = imported(path.read_text(encoding="utf-8")) - STDLIB - allowed
    assert not surplus, f"{relative} imports {sorted(surplus)}"


def test_nothing_is_allowed_that_no_file_needs() -> None:
    surplus = {
        name: more for name, names in ALSO.items() if (more := names - imported((ROOT / name).read_text("utf-8")))
    }
    for package, names in ALLOWED.items():
        used = set().union(*(imported(path.read_text("utf-8")) for path in (ROOT / package).rglob("*.py")))
        surplus |= {package: more} if (more := names - used) else {}
    assert surplus == {}


def test_the_rule_sees_an_import_inside_a_function() -> None:
    assert imported("def f():\n    from mlflow.tracking import MlflowClient\n") == {"mlflow"}


@pytest.mark.parametrize(
    "statement", ["from descent.ml.train import train", "import descent.ml", "from descent import ml"]
)
def test_the_rule_knows_our_own_packages(statement: str) -> None:
    assert imported(statement) == {"ml"}


@pytest.fixture(scope="module")
def imports() -> Graph:
    return graph()


@pytest.mark.parametrize("package", PACKAGES)
def test_the_parts_of_a_package_import_one_way(package: str, imports: Graph) -> None:
    levels = [level.replace(",", " ").split() for level in DIRECTIONS[package].split("→")]
    place = {part: number for number, level in enumerate(levels) for part in level}
    wrong = [
        f"{module} → {target}"
        for module, targets in imports.items()
        if (part := _part(module, package))
        for target in sorted(targets)
        if (other := _part(target, package)) and other != part and place.get(part, -1) >= place.get(other, -1)
    ]
    assert wrong == [], "\n".join(wrong)
    assert place.keys() == {_part(module, package) for module in imports} - {None}


def _part(module: str, package: str) -> str | None:
    """``network`` of ``descent.ml.network.model``; None for a module of another package."""
    words = module.split(".")
    return words[2] if words[:2] == ["descent", package] else None


def test_no_file_imports_itself_by_way_of_others(imports: Graph) -> None:
    assert [sorted(circle) for circle in circles(imports)] == []


def test_a_class_name_means_one_thing() -> None:
    places: dict[str, list[str]] = {}
    for path in FILES:
        for node in ast.parse(path.read_text(encoding="utf-8")).body:
            if isinstance(node, ast.ClassDef) and not node.name.startswith("_"):
                places.setdefault(node.name, []).append(path.relative_to(ROOT).as_posix())
    assert {name: files for name, files in places.items() if len(files) > 1} == {}


def test_circles_are_found() -> None:
    edges = {"a": ["b"], "b": ["c", "d"], "c": ["a"], "d": ["e"], "e": [], "f": ["g"], "g": ["f"]}
    assert circles(edges) == [{"a", "b", "c"}, {"f", "g"}]


@pytest.mark.parametrize(
    ("module", "target"),
    [
        ("descent.flows.search.plan", "descent.ml.chunks"),  # from descent import ml; ml.chunk_size
        ("descent.ml.prediction", "descent.ml.network.model"),
        ("descent.flows.launch", "descent.flows.experiment"),  # inside a function
        ("descent.flows.table.question", "descent.data.roles.inference"),  # only as data.Inference
        ("descent.data.reading.tables", "descent.data.reading.large"),  # for types alone
        ("benchmarks.speed.suite", "benchmarks.speed.measured"),
    ],
)
def test_an_import_is_followed_to_the_file_that_has_the_name(module: str, target: str, imports: Graph) -> None:
    assert target in imports[module]


@pytest.mark.parametrize(
    ("statement", "heavy"),
    [
        ("from descent import ml", ["scipy", "pandas", "sklearn", "prefect", "mlflow"]),
        ("from descent import schemas", ["numpy", "pandas", "prefect", "mlflow"]),
        ("import descent.flows.serving.predictor", ["pandas", "sklearn", "scipy", "prefect", "mlflow"]),
        ("import descent.flows.cli.app", ["numpy", "pandas", "sklearn", "prefect", "mlflow", "matplotlib"]),
    ],
)
def test_light_imports_stay_light(statement: str, heavy: list[str]) -> None:
    program = f"import sys; {statement}; print(' '.join(m for m in {heavy!r} if m in sys.modules))"
    answer = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True, cwd=ROOT)
    assert answer.stdout.split() == []
