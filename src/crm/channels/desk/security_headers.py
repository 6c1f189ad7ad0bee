"""What browsers are told to refuse on the staff pages."""

from typing import Any

from litestar import Response

# Icons inside the vendored style sheet are data: images; nothing else comes from anywhere but us.
CONTENT_SECURITY_POLICY = (
    "default-src 'self'; img-src 'self' data:; object-src 'none'; base-uri 'none'; "
    "form-action 'self'; frame-ancestors 'none'"
)
HEADERS = {
    "Content-Security-Policy": CONTENT_SECURITY_POLICY,
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Permissions-Policy": "camera=(), microphone=(), geolocation=()",
}


async def add_security_headers(response: Response[Any]) -> Response[Any]:
    """Put the headers on a response; used by handlers and error pages alike."""
    for name, value in HEADERS.items():
        response.headers.setdefault(name, value)
    return response
