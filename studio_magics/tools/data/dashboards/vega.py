"""Vega-Lite v5: each chart alone, and all of them with one filter."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Sequence

    from studio_magics.tools.data.dashboards.counting import ChartData

SCHEMA = "https://vega.github.io/schema/vega-lite/v5.json"
PICK = "pick"
WIDTH = 360
COLUMNS = 2
_ADDED: dict[str, str] = {"min": "min", "max": "max"}


def one_chart(data: ChartData) -> dict[str, Any]:
    """The chart as a specification of its own, unfiltered."""
    return {"$schema": SCHEMA, **_view(data, filtered=False), "width": WIDTH}


def dashboard(title: str, charts: Sequence[ChartData], filter_name: str) -> dict[str, Any]:
    """All charts in rows of two, with a list to pick one value of the filter from."""
    views = [{**_view(one, filtered=one.is_filtered), "width": WIDTH} for one in charts]
    rows = [{"hconcat": views[start : start + COLUMNS]} for start in range(0, len(views), COLUMNS)]
    values = filter_values(charts)
    found: dict[str, Any] = {
        "$schema": SCHEMA,
        "title": {"text": title, "anchor": "start"},
        "vconcat": rows,
        "resolve": {"scale": {"color": "independent"}},
    }
    if values:
        bind = {
            "input": "select",
            "options": [None, *values],
            "labels": ["all", *values],
            "name": filter_name,
        }
        found["params"] = [{"name": PICK, "value": None, "bind": bind}]
    return found


def filter_values(charts: Sequence[ChartData]) -> list[str]:
    """The values that can be picked."""
    found = {row.filter for one in charts if one.is_filtered for row in one.rows}
    return sorted(value for value in found if value is not None)


def _view(data: ChartData, *, filtered: bool) -> dict[str, Any]:
    values = [
        {"x": row.x, "c": row.second, "v": row.value, "n": row.rows} | ({"f": row.filter} if filtered else {})
        for row in data.rows
    ]
    transform: list[dict[str, Any]] = []
    if filtered:
        transform.append({"filter": f"{PICK} === null || datum.f === {PICK}"})
    transform += [
        {
            "aggregate": [
                {"op": _ADDED.get(data.plan.measure.aggregate, "sum"), "field": "v", "as": "v"},
                {"op": "sum", "field": "n", "as": "n"},
            ],
            "groupby": ["x", "c"],
        },
        *_filled(data),
        {"calculate": "datum.v / datum.n" if data.plan.measure.aggregate == "mean" else "datum.v", "as": "y"},
    ]
    transform += _bin_ends(data)
    return {
        "title": {"text": data.plan.title, "subtitle": list(data.notes), "anchor": "start"},
        "data": {"values": values},
        "transform": transform,
        "mark": _mark(data),
        "encoding": _encoding(data),
    }


def _filled(data: ChartData) -> list[dict[str, Any]]:
    if not data.fills_gaps or not data.second_values:
        return []
    return [{"impute": "v", "key": "x", "groupby": ["c"], "value": 0}]


def _bin_ends(data: ChartData) -> list[dict[str, Any]]:
    ends: list[dict[str, Any]] = []
    if data.plan.kind in {"histogram", "density"}:
        ends.append({"calculate": f"datum.x + {data.x_step!r}", "as": "x2"})
    if data.plan.kind == "density":
        ends.append({"calculate": f"datum.c + {data.second_step!r}", "as": "c2"})
    return ends


def _mark(data: ChartData) -> dict[str, Any]:
    if data.plan.kind == "line":
        return {"type": "line", "point": len(data.x_values) <= 60, "tooltip": True}  # noqa: PLR2004  - more points than that touch
    return {"type": "bar" if data.plan.kind in {"bar", "histogram"} else "rect", "tooltip": True}


def _encoding(data: ChartData) -> dict[str, Any]:
    plan, measure = data.plan, data.plan.measure.title
    value = {"field": "y", "type": "quantitative", "title": measure}
    colour = {"field": "c", "type": "nominal", "title": plan.second.name if plan.second else ""}
    x = {"field": "x", "type": "nominal", "title": plan.x.name}
    shade = {"color": {"field": "y", "type": "quantitative", "title": measure, "scale": {"scheme": "blues"}}}
    number_x = {"field": "x", "type": "quantitative", "title": plan.x.name, "bin": "binned"}
    if plan.kind == "histogram":
        return {"x": number_x, "x2": {"field": "x2"}, "y": {**value, "title": "Rows"}}
    if plan.kind == "density":
        number_y = {"field": "c", "type": "quantitative", "title": colour["title"], "bin": "binned"}
        return {"x": number_x, "x2": {"field": "x2"}, "y": number_y, "y2": {"field": "c2"}, **shade}
    if plan.kind == "heat":
        rows = {**colour, "sort": list(data.second_values)}
        return {"x": {**x, "sort": list(data.x_values)}, "y": rows, **shade}
    coloured = {"color": colour} if plan.second is not None else {}
    if plan.kind == "line":
        zero = data.plan.measure.aggregate in {"count", "sum"}
        time = {"field": "x", "type": "temporal", "title": plan.x.name}
        return {"x": time, "y": {**value, "scale": {"zero": zero}}, **coloured}
    return {"y": {**x, "sort": list(data.x_values)}, "x": value, **coloured}
