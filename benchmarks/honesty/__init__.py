"""Are verdicts, advice, intervals, findings and promotions right."""
