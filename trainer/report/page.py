"""How a page comes about: one file that needs nothing else and no script."""

from __future__ import annotations

from typing import Any

from jinja2 import Environment, PackageLoader
from markupsafe import Markup

from rewards import render


def rendered(template: str, **values: Any) -> bytes:
    """The page that a template makes of `values`, as UTF-8."""
    environment = Environment(loader=PackageLoader("trainer"), autoescape=True, trim_blocks=True, lstrip_blocks=True)
    page = environment.get_template(template).render(code_css=Markup(render.CSS), **values)
    # A lone surrogate, which a model may well write, has no UTF-8.
    return page.encode("utf-8", "replace")
