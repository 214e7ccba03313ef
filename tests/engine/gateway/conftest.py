from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.engine.node.town import Town, town


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Town]:
    """A node with two cameras, shared by a module: tests that change its desired state start their own."""
    with town(tmp_path_factory.mktemp("town")) as started:
        yield started
