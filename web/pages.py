"""Templates, static files and the pages that say something went wrong."""

import hashlib
import json
import logging
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import aiohttp_jinja2
import jinja2
from aiohttp import web
from markupsafe import Markup

from desk.services.wording import jam, tanggal
from web.guards import Handler
from web.markup import marked
from web.site import site_of

logger = logging.getLogger(__name__)

HERE = Path(__file__).resolve().parent
STATIC = HERE / "static"
PAGES = web.AppKey("PAGES", jinja2.Environment)

#: Addresses that programs or other pages speak to; their errors are not ours to dress.
_OTHERS = ("/telegram", "/healthz")


def set_up_pages(app: web.Application) -> None:
    """Make the templates ready."""
    environment = aiohttp_jinja2.setup(
        app,
        app_key=PAGES,
        loader=jinja2.FileSystemLoader(HERE / "templates"),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters.update(tanggal=tanggal, jam=jam, aman=_safe)


def render(
    request: web.Request, template: str, page: Mapping[str, Any], *, status: int = 200
) -> web.Response:
    """Return a page; every template also gets the static files' place and the desk's words."""
    # Not by the library's context processors: they store under a key that aiohttp warns of.
    common = {"assets": site_of(request).assets, "active": "", "say": _say(request)}
    return aiohttp_jinja2.render_template(
        template, request, {**common, **page}, app_key=PAGES, status=status
    )


def _say(request: web.Request) -> Any:
    tools = site_of(request).tools

    def say(key: str, **values: Any) -> Markup:
        return _safe(tools.say(key, **values))

    return say


def _safe(text: str) -> Markup:
    """Return a reply's text as HTML that holds nothing but its allowed tags."""
    return Markup(marked(text).html)  # noqa: S704 - `marked` escapes all else


def asset_path(folder: Path = STATIC) -> str:
    """Return where static files are served, a name that changes with what they hold."""
    digest = hashlib.sha256()
    for path in _files(folder):
        digest.update(path.name.encode() + b"\0" + path.read_bytes())
    return f"/aset/{digest.hexdigest()[:12]}"


def _files(folder: Path) -> Iterator[Path]:
    return (path for path in sorted(folder.rglob("*")) if path.is_file())


#: Statuses with words of their own, "web.galat.404" and "web.galat.404.saran".
EXPLAINED = frozenset({403, 404, 405, 413, 429})


#: What an error says besides its words: which methods there are, when to try again.
_KEPT = frozenset({"Allow", "Retry-After"})


@web.middleware
async def dress_errors(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Turn an error into a page in our style, or into JSON for scripts."""
    if request.path.startswith(_OTHERS):
        return await handler(request)
    try:
        return await handler(request)
    except web.HTTPException as error:
        if error.status < 400:
            raise
        return _error_page(request, error.status, error.headers)
    except Exception:
        # The route's name only: addresses may hold ticket numbers.
        logger.exception("request failed", extra={"route": _route_name(request)})
        return _error_page(request, 500)


def _error_page(
    request: web.Request, status: int, headers: Mapping[str, str] | None = None
) -> web.Response:
    words = site_of(request).tools.wording
    key = f"web.galat.{status if status in EXPLAINED else 'lain'}"
    title, advice = words.plain(key), words.plain(f"{key}.saran")
    if "text/html" in request.headers.get("Accept", ""):
        page = {"title": title, "advice": advice}
        response = render(request, "galat.html", page, status=status)
    else:
        body = json.dumps({"code": f"http_{status}", "message": f"{title}. {advice}"})
        response = web.Response(text=body, status=status, content_type="application/json")
    response.headers.update({k: v for k, v in (headers or {}).items() if k in _KEPT})
    return response


def _route_name(request: web.Request) -> str:
    resource = request.match_info.route.resource
    return resource.canonical if resource else "-"
