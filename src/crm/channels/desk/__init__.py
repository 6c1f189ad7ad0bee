"""The staff pages: console, account, knowledge, catalogue and rules, work-order queues.

`app.py` adds them with one line: `Litestar(plugins=[DeskPlugin(settings, clock)], dependencies={…})`. The
plugin brings routes, static files, error pages, security headers and the dependencies `actor`, `views` and
`console`; the services are the application's dependencies, by their names (staff, customers, ordering, …).

A module of pages exports `route_handlers`. A handler parses, calls a service and answers
`views.page(request, "desk/…/x.html", ["block"], …)`: the page, or for htmx only the named blocks;
`see_other(request, url)` after a POST; `await Form.read(request)` for fields. Templates extend
`shared/base.html`, use the `ui.…` macros, and put `{{ csrf_field() }}` into every form.
"""

from crm.channels.desk.plugin import DeskPlugin

__all__ = ["DeskPlugin"]
