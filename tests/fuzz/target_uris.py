"""otpauth URIs and Google's migration payloads."""

import base64
import io
from urllib.parse import quote

from taking import drain
from trying import text_of

from credguard.second_factor.takeover import lines_of, rows_of_uris
from credguard.second_factor.takeover.google import read_google
from credguard.second_factor.takeover.otpauth import read_otpauth


def one_input(data: bytes) -> None:
    """Read the data as lines of URIs, and as what stands in Google's."""
    text = text_of(data)
    rows = list(rows_of_uris(lines_of(io.StringIO(text))))
    payload = quote(base64.b64encode(data).decode("ascii"))
    rows.append({"uri": f"otpauth-migration://offline?data={payload}"})
    rows.append({"uri": text})
    for read in (read_google, read_otpauth):
        drain(read(rows))
