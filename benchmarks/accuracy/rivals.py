"""Other libraries' models at their defaults, one thread each, on the rows that descent learns from.

scikit-learn's linear models and MLPs see numbers imputed by the median and scaled, categories one-hot; trees and the
networks of pytabkit see numbers as they are and categories as such, as their documentation wants them; missing numbers
are imputed for the networks. LightGBM, CatBoost and pytabkit are the optional extra ``rivals``; what is not installed
is left out.
"""

import importlib.util
import time
import warnings
from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from sklearn.compose import make_column_transformer
from sklearn.dummy import DummyClassifier, DummyRegressor
from sklearn.ensemble import HistGradientBoostingClassifier, HistGradientBoostingRegressor
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LinearRegression, LogisticRegression
from sklearn.neural_network import MLPClassifier, MLPRegressor
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler

from .kept import Measured
from .scores import auc, loss
from .tables import Question, Rows, rows

MOST_LEVELS = 255
"""HistGradientBoosting takes no category of more levels; such a column goes in as codes."""


def _dummy(rows: Rows, seed: int) -> tuple[Any, Any, Any]:
    model = DummyRegressor() if rows.task == "regression" else DummyClassifier(strategy="prior")
    return model, rows.learn, rows.test


def _linear(rows: Rows, seed: int) -> tuple[Any, Any, Any]:
    plain = LinearRegression() if rows.task == "regression" else LogisticRegression(max_iter=1000)
    return make_pipeline(_wide(rows), plain), rows.learn, rows.test


def _mlp(rows: Rows, seed: int) -> tuple[Any, Any, Any]:
    kind = MLPRegressor if rows.task == "regression" else MLPClassifier
    return make_pipeline(_wide(rows), kind(random_state=seed)), rows.learn, rows.test


def _mlp_stopped(rows: Rows, seed: int) -> tuple[Any, Any, Any]:
    model, learn, test = _mlp(rows, seed)
    # Its share for stopping must hold every class; of a class with one row it cannot.
    model[-1].set_params(early_stopping=True)
    return model, learn, test


def _hist(rows: Rows, seed: int) -> tuple[Any, Any, Any]:
    kind = HistGradientBoostingRegressor if rows.task == "regression" else HistGradientBoostingClassifier
    learn, test = _categories(rows, MOST_LEVELS)
    return kind(random_state=seed), learn, test


def _lightgbm(rows: Rows, seed: int) -> tuple[Any, Any, Any]:
    import lightgbm

    kind = lightgbm.LGBMRegressor if rows.task == "regression" else lightgbm.LGBMClassifier
    learn, test = _categories(rows, None)
    names = [f"x{number}" for number in range(learn.shape[1])]  # it takes no brackets or commas in names
    return kind(random_state=seed, n_jobs=1, verbose=-1), learn.set_axis(names, axis=1), test.set_axis(names, axis=1)


def _catboost(rows: Rows, seed: int) -> tuple[Any, Any, Any]:
    import catboost

    kind = catboost.CatBoostRegressor if rows.task == "regression" else catboost.CatBoostClassifier
    model = kind(
        random_seed=seed, thread_count=1, verbose=False, allow_writing_files=False, cat_features=list(rows.words)
    )
    return model, rows.learn, rows.test


def _pytabkit(name: str) -> Callable[[Rows, int], tuple[Any, Any, Any]]:
    def made(rows: Rows, seed: int) -> tuple[Any, Any, Any]:
        import pytabkit

        kind = getattr(pytabkit, f"{name}_{'Regressor' if rows.task == 'regression' else 'Classifier'}")
        learn, test = _categories(rows, None)
        numbers = list(rows.numbers)  # it takes no missing ones
        middle = learn[numbers].median().fillna(0.0)
        for part in (learn, test):
            part[numbers] = part[numbers].fillna(middle)
        return kind(random_state=seed, n_threads=1, device="cpu", verbosity=0), learn, test

    return made


RIVALS: dict[str, tuple[str, Callable[[Rows, int], tuple[Any, Any, Any]]]] = {
    "dummy": ("sklearn", _dummy),
    "linear": ("sklearn", _linear),
    "HistGradientBoosting": ("sklearn", _hist),
    "LightGBM": ("lightgbm", _lightgbm),
    "MLP, early stopping": ("sklearn", _mlp_stopped),
    "MLP": ("sklearn", _mlp),
    "CatBoost": ("catboost", _catboost),
    "RealMLP-TD": ("pytabkit", _pytabkit("RealMLP_TD")),
    "TabM-D": ("pytabkit", _pytabkit("TabM_D")),
}
"""By name: the package and what makes model, features to learn from and features to predict; the cheapest first."""


def installed(names: list[str] | None = None) -> list[str]:
    """The rivals whose package is there, of those named.

    Raises:
        SystemExit: one is named that is not known, or whose package is absent.
    """
    for name in names or ():
        if name not in RIVALS:
            raise SystemExit(f"{name!r} is no rival; known: {', '.join(RIVALS)}")
        if importlib.util.find_spec(RIVALS[name][0]) is None:
            raise SystemExit(f"{name} needs {RIVALS[name][0]}: pip install 'descent-ml[rivals]'")
    return [
        name
        for name, (package, _) in RIVALS.items()
        if (names is None or name in names) and importlib.util.find_spec(package) is not None
    ]


def measured(name: str, question: Question, seed: int) -> Measured:
    """One rival on one table and split; one that fails is told, with its message, and has no loss."""
    drawn = rows(question, seed)
    started = time.process_time()
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            model, learn, test = RIVALS[name][1](drawn, seed)
            predicted = _predictions(model.fit(learn, drawn.y), test, drawn)
    except Exception as error:  # noqa: BLE001  (any library's: a rival that fails is a result)
        seconds = time.process_time() - started
        return Measured(question.name, seed, name, None, None, seconds, error=f"{type(error).__name__}: {error}"[:500])
    seconds = time.process_time() - started
    kind, y = drawn.task, drawn.y_test
    return Measured(question.name, seed, name, loss(kind, y, predicted), auc(kind, y, predicted), seconds)


def _predictions(model: Any, test: pd.DataFrame, rows: Rows) -> NDArray[Any]:
    """Numbers (m,), or probabilities (m, K) in the order of the codes."""
    if rows.task == "regression":
        return np.asarray(model.predict(test), np.float64).ravel()
    probabilities = np.zeros((len(test), rows.classes))
    probabilities[:, np.asarray(model.classes_, int).ravel()] = model.predict_proba(test)
    return probabilities


def _wide(rows: Rows) -> Any:
    scaled = make_pipeline(SimpleImputer(strategy="median", keep_empty_features=True), StandardScaler())
    return make_column_transformer(
        (scaled, list(rows.numbers)),
        (OneHotEncoder(handle_unknown="infrequent_if_exist", min_frequency=0.01), list(rows.words)),
    )


def _categories(rows: Rows, most: int | None) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Texts as categories of the levels that were learned from; columns of more than ``most`` levels as codes."""
    learn, test = rows.learn.copy(), rows.test.copy()
    for name in rows.words:
        levels = pd.Index(sorted(learn[name].unique()))
        coded = most is not None and len(levels) > most
        for part in (learn, test):
            column = pd.Categorical(part[name], categories=levels)
            part[name] = column.codes.astype(float) if coded else column
    return learn, test
