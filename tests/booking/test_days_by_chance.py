"""Whatever is done, in whatever order: the projection says the truth, and search says what `slots` reckons from it."""

from __future__ import annotations

import pytest

from tests.booking import chance

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("seed", range(2))
def test_search_says_the_truth_whatever_was_done(seed: int) -> None:
    world = chance.World(seed)
    for _ in range(2):
        world.live(steps=30)
        assert chance.differences(world) == [], dict(world.done)
    assert world.done["hold"] and world.done["book"]
