"""What our pages have in common: text from anywhere, escaped, and leave for what stands in the page itself."""

import base64
import hashlib
from html import escape

from photocritic.core.rows import printable


def html_text(text: str) -> str:
    """Return text from anywhere as HTML, fit for attributes in double quotes, too.

    Example:
        >>> html_text("<em> & co.")
        '&lt;em&gt; &amp; co.'
    """
    return escape(printable(text))


def source_hash(text: str) -> str:
    """Return what allows this inline style or script, and no other, in a Content-Security-Policy.

    Example:
        >>> source_hash("")
        "'sha256-47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU='"
    """
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"
