from __future__ import annotations

import pytest
from report_cases import MAKERS

from rxweave.report import Report


@pytest.fixture(params=list(MAKERS))
def any_report(request: pytest.FixtureRequest) -> Report:
    """Each of the reports made by hand."""
    return MAKERS[request.param]()
