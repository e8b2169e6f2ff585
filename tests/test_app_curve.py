"""The learning curve: running shares, published lines, and what the chart draws."""

from collections.abc import Callable, Iterator
from types import SimpleNamespace
from typing import Any

import pytest

from stereosim_gui.model.learning_curve import LAST, Curve, learning_curve, running_share


def test_a_point_is_the_share_of_the_last_few() -> None:
    outcomes = (True, False, True, True, False, True, True, True, True, True)
    naive = [
        100.0 * sum(outcomes[k] for k in range(max(0, n - LAST + 1), n + 1)) / min(LAST, n + 1)
        for n in range(len(outcomes))
    ]
    assert running_share(outcomes) == pytest.approx(naive)
    assert running_share(()) == ()


def test_only_published_learning_rates_are_drawn() -> None:
    rows = (
        SimpleNamespace(metric="success-first", low=0.85),
        SimpleNamespace(metric="success-later", low=0.963),
        SimpleNamespace(metric="exposures", low=None),
    )
    review: Any = SimpleNamespace(history=SimpleNamespace(outcomes=(True, False)), rows=rows)
    curve = learning_curve(review)
    assert curve.outcomes == (True, False) and curve.running == (100.0, 50.0)
    assert [percent for _, percent in curve.published] == pytest.approx([85.0, 96.3])


def test_the_chart_draws_what_the_curve_says() -> None:
    qt = pytest.importorskip("PySide6.QtWidgets", exc_type=ImportError)
    application = qt.QApplication.instance() or qt.QApplication([])
    from stereosim_gui.views.debrief_curve import LearningCurve

    outcomes = (True, False, True)
    curve = Curve(outcomes, running_share(outcomes), ())

    class Attempt:
        """Computes at once."""

        def compute(self, work: Callable[..., Iterator[Any]], each: Callable[[Any], None]) -> None:
            for result in work(None, None):
                each(result)

    chart = LearningCurve(Attempt(), curve)  # type: ignore[arg-type]
    lines = [item.getData() for item in chart.plot.listDataItems()]
    assert list(lines[0][1]) == pytest.approx([100.0, 50.0, 200.0 / 3.0])
    assert list(lines[1][0]) == [1, 3] and list(lines[2][0]) == [2]  # retrieved, not retrieved
    assert "2 of 3" in chart.accessibleDescription()
    chart.let_go()
    chart.close()
    assert application is not None
