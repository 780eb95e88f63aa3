"""Templates of HTML. Every name that enters one is escaped."""

from __future__ import annotations


def rendered(template: str, **values: object) -> str:
    """Return a template of this package, filled in.

    Args:
        template: its file name.
        values: what it shows; a name that is missing is an error.
    """
    from jinja2 import Environment, PackageLoader, StrictUndefined

    environment = Environment(
        loader=PackageLoader("sepeval.report", "html"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    return environment.get_template(template).render(**values)
