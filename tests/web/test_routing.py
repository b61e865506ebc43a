"""Each address leads to its own route, whatever stands before it."""

import re

from fastapi.routing import APIRoute
from starlette.routing import Match

from tests.web.office import Office


def test_no_route_is_hidden_by_an_earlier_one(office: Office) -> None:
    routes = [route for route in office.app.routes if isinstance(route, APIRoute)]
    assert len(routes) > 150
    hidden = []
    for route in routes:
        # An address with nothing that another route could take for one of its own words.
        address = re.sub(r"\{(\w+)(:\w+)?\}", lambda found: "7" if found[1].endswith("id") else "zz", route.path)
        for method in route.methods:
            scope = {"type": "http", "method": method, "path": address, "root_path": ""}
            first = next(one for one in routes if one.matches(dict(scope))[0] == Match.FULL)
            if first is not route:
                hidden.append((method, route.path, first.path))
    assert hidden == []
