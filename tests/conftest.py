"""What all tests share: a clean environment, and skips that fail where CI counts on them.

Rasa's tests load this too, so it must run on Python 3.10 without our packages.
"""

import os
from collections.abc import Generator
from typing import Any

import pytest

# Nor may an operator's .env reach the tests, or the programs that they start.
os.environ["SAPA_ENV_FILE"] = os.devnull
CI = os.environ.get("CI", "").lower() in {"1", "true"}


@pytest.fixture(autouse=True)
def _no_settings_from_outside(monkeypatch: pytest.MonkeyPatch) -> None:
    """Keep an operator's settings out of the tests; what tests are told by stays."""
    for name in list(os.environ):
        if name.startswith("SAPA_") and not name.startswith(("SAPA_TEST_", "SAPA_ENV_FILE")):
            monkeypatch.delenv(name)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport() -> Generator[None, Any, Any]:
    """Turn a skipped test into a failed one under CI=true."""
    return _refuse_skip((yield))


@pytest.hookimpl(wrapper=True)
def pytest_make_collect_report() -> Generator[None, Any, Any]:
    """Turn a module that skips itself into an error under CI=true."""
    return _refuse_skip((yield))


def _refuse_skip(report: Any) -> Any:
    if CI and report.skipped and not hasattr(report, "wasxfail"):
        reason = report.longrepr[-1] if isinstance(report.longrepr, tuple) else report.longrepr
        report.outcome = "failed"
        report.longrepr = f"With CI=true nothing may be skipped: {reason}"
    return report
