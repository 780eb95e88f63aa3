"""Data for a page that opens from disk: such a page may not read files, but may run scripts.

    sepeval.put("data/rows/3.js", {...})

Every text in it is data; what could end a script or a comment is written as an escape.
"""

from __future__ import annotations

import json

# What ends a script element, opens a comment, or ends a line for some readers of JavaScript.
_ESCAPES = {
    "<": "\\u003c",
    ">": "\\u003e",
    "&": "\\u0026",
    "\u2028": "\\u2028",
    "\u2029": "\\u2029",
}


def as_json(document: object) -> str:
    r"""Return a document as JSON that may stand inside a script element.

    Example:
        >>> as_json({"track": "</script>"})
        '{"track":"\\u003c/script\\u003e"}'
    """
    text = json.dumps(document, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
    for sign, escape in _ESCAPES.items():
        text = text.replace(sign, escape)
    return text


def script(name: str, document: object) -> str:
    """Return a script that hands a document over under a name."""
    return f"sepeval.put({as_json(name)}, {as_json(document)});\n"
