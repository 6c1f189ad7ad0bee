"""Tables that open in a spreadsheet with their Chinese intact."""

import csv
import io
from collections.abc import Iterable, Sequence
from urllib.parse import quote

from litestar import Response

_FORMULA = ("=", "+", "-", "@", "\t", "\r")


def table(columns: Sequence[str], rows: Iterable[Sequence[object]]) -> bytes:
    """CSV in UTF-8 with a mark for spreadsheets. A cell that one would calculate is kept as text."""
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(columns)
    for row in rows:
        writer.writerow([f"'{cell}" if str(cell).startswith(_FORMULA) else cell for cell in row])
    return b"\xef\xbb\xbf" + out.getvalue().encode()


def download(name: str, content: bytes) -> Response[bytes]:
    """A CSV file to be saved under a name; nobody caches it."""
    kept = f"attachment; filename*=UTF-8''{quote(name)}"
    headers = {"Content-Disposition": kept, "Cache-Control": "no-store"}
    return Response(content, media_type="text/csv; charset=utf-8", headers=headers)
