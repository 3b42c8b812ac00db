from __future__ import annotations

import re
from xml.etree import ElementTree

import pytest

from trainer import charts

CURVE = ([1, 2, 3], [0.1, 0.5, 0.4])


def texts(svg: str) -> list[str]:
    return [element.text or "" for element in ElementTree.fromstring(svg).iter("text")]


def test_a_chart_is_one_svg_element_in_the_colour_of_the_page() -> None:
    svg = charts.lines({"a": CURVE}, title="reward")
    root = ElementTree.fromstring(svg)
    assert root.tag == "svg"
    assert "reward" in texts(svg)
    assert "currentColor" in svg
    assert charts.INK not in svg
    assert "<script" not in svg
    assert not re.search(r'(href|src)="(?!#)', svg)
    assert "font-family" not in svg


def test_names_are_escaped_and_never_taken_for_mathematics() -> None:
    title = '<script>alert(1)</script> $x_1$ "quoted" & \N{GREEK SMALL LETTER ALPHA}'
    svg = charts.lines({"<b>one</b>": CURVE, "$y": CURVE}, title=title)
    assert "<script" not in svg
    assert "<b>" not in svg
    assert title in texts(svg)
    assert "$y" in texts(svg)


def test_two_charts_on_a_page_share_no_id() -> None:
    first, second = (set(re.findall(r'\bid="([^"]*)"', charts.lines({"a": CURVE}, title=t))) for t in ("one", "two"))
    assert first
    assert not first & second


def test_references_within_a_chart_still_hold() -> None:
    svg = charts.lines({"a": CURVE}, title="one")
    ids = set(re.findall(r'\bid="([^"]*)"', svg))
    used = set(re.findall(r'href="#([^"]*)"', svg)) | set(re.findall(r"url\(#([^)]*)\)", svg))
    assert used
    assert used <= ids


def test_the_same_curves_give_the_same_bytes() -> None:
    assert charts.lines({"a": CURVE}, title="t") == charts.lines({"a": CURVE}, title="t")


@pytest.mark.filterwarnings("error")
def test_long_names_stand_below_a_chart_and_leave_it_its_width() -> None:
    def width(name: str) -> float:
        svg = charts.lines({name: CURVE, "b": CURVE}, title="t")
        (axes,) = (part for part in ElementTree.fromstring(svg).iter("g") if part.get("id", "").endswith("-patch_2"))
        across = [float(number) for number in re.findall(r"[ML] ([\d.]+) ", axes[0].get("d", ""))]
        return max(across) - min(across)

    long = ", ".join(f"section.key{number} = value" for number in range(9))
    assert long.split(",")[0] in " ".join(texts(charts.lines({long: CURVE, "b": CURVE}, title="t")))
    assert width(long) > width("a" * charts.BESIDE) > 0


@pytest.mark.parametrize("curve", [([4], [0.5]), ([], []), ([1, 2], [float("nan"), 1.0])])
def test_short_curves_draw_too(curve: tuple[list[float], list[float]]) -> None:
    ElementTree.fromstring(charts.lines({"a": curve}, title="t"))


def test_trailing_means_by_hand() -> None:
    # 1, (1+3)/2, (1+3+5)/3, (3+5+1)/3
    assert charts.trailing_means([1, 3, 5, 1], 3) == [1, 2, 3, 3]
    assert charts.trailing_means([], 3) == []


@pytest.mark.parametrize(("points", "drawn"), [(2 * charts.WINDOW - 1, 1), (2 * charts.WINDOW, 2)])
def test_long_curves_are_drawn_twice(points: int, drawn: int) -> None:
    svg = charts.lines({"a": (list(range(points)), [0.5] * points)}, title="t")
    assert svg.count(f"stroke: {charts.PALETTE[0]}") == drawn


def test_areas_have_a_legend_in_the_given_colours() -> None:
    svg = charts.areas({"pass": CURVE, "syntax_error": CURVE}, title="mix", colours=charts.OUTCOME_COLOURS)
    assert {"pass", "syntax error"} <= set(texts(svg))
    assert charts.OUTCOME_COLOURS["syntax_error"] in svg


def test_an_area_of_one_step_is_visible() -> None:
    svg = charts.areas({"pass": ([3], [1.0])}, title="mix")
    filled = next(p for p in ElementTree.fromstring(svg).iter("path") if "fill: #3b82c4" in (p.get("style") or ""))
    across = [float(x) for x in re.findall(r"[ML] ([-\d.]+)", filled.get("d") or "")]
    assert max(across) - min(across) > 50


def test_repeated_curves_have_a_band_over_the_steps_that_all_have() -> None:
    repeated = {"a": [([1, 2, 3], [0.0, 2.0, 4.0]), ([2, 1], [4.0, 2.0])], "b": [([1, 2], [1.0, 1.0])]}
    svg = charts.bands(repeated, title="reward")
    assert {"reward", "a", "b"} <= set(texts(svg))
    assert svg.count("FillBetweenPolyCollection") == 2
    only_one = charts.bands({"a": repeated["a"]}, title="reward")
    assert "a" not in texts(only_one)  # no legend
