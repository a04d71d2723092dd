"""Why a figure is out of reach, in numbers of the same run; shown where the figure is missed."""

from collections.abc import Mapping

from benchmarks.speed.timing import Range, digits

RIVALS = ("MLPClassifier", "PyTorch")
PATH = (
    "all λ go through the rows together about four times; of that time 45 % is the two matrix products per pass, 25 % "
    "exp, log1p and tanh of 2 million logits per pass, 15 % standardising the rows. A fit that starts from its "
    "neighbour needs two or three passes, so that the products, done 100 λ at a time, are all that is left to win."
)


def reason_for(figure: str, times: Mapping[str, Mapping[str, Range]], phases: Mapping[str, Mapping[str, float]]) -> str:
    """Words for the figure named ``figure``: what the products alone would allow, and where our time goes."""
    shape = figure[-3:]
    if shape == "(g)":
        return PATH if "logistic" in figure else "see the times below."
    spent = next(one for label, one in times.items() if label.startswith(shape))
    rival = next((name for name in RIVALS if name in figure), None)
    alone = "alone" in figure
    products = ("products alone",) if alone else ("products stacked", "products alone")
    limit = min(spent[name].middle for name in products)
    ours = spent["alone" if alone else "fleet"].middle
    shares = [one for label, one in phases.items() if label.startswith(shape)][0 if alone else -1]
    text = ""
    if rival is not None:
        text = (
            f"the matrix products and nothing else take {digits(limit)} ms per epoch of the {digits(ours)} ms that we "
            f"take and the {digits(spent[rival].middle)} ms of {rival}: without any other work the figure would be "
            f"{digits(spent[rival].middle / limit)}×. "
        )
    parts = ", ".join(f"{name} {100 * share:.0f} %" for name, share in shares.items())
    return f"{text}Our time: {parts} (forward and backward are mostly products)."
