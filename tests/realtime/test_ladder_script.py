"""Down step by step over a weak network and up again, without swinging. The page's own module, run in Node."""

import random
from itertools import pairwise

import pytest

from tests.realtime.script import needs_node, run

pytestmark = needs_node
WELL = {"up": True, "loss": 0.0, "available": 2000, "sent": 900}
STEPS = ["full", "low", "audio", "chat", "phone"]


def steps(*windows):
    """The step after each window."""
    body = "const ladder = new m.Ladder(); return values.map((one) => ladder.take(one));"
    return run("ladder.js", body, *windows)


def lossy(loss):
    return WELL | {"loss": loss}


DEAD = {"up": False, "loss": None, "available": None, "sent": 0}


def test_well_stays_full():
    assert set(steps(*[WELL] * 50)) == {"full"}


@pytest.mark.parametrize(
    ("loss", "step"), [(0.03, "full"), (0.06, "low"), (0.2, "audio"), (0.45, "chat")]
)  # fmt: skip
def test_loss_lowers_as_far_as_it_must(loss, step):
    assert steps(*[lossy(loss)] * 2)[-1] == step
    assert steps(*[lossy(loss)] * 8)[-1] == step


def test_one_bad_window_is_forgiven():
    assert set(steps(WELL, lossy(0.5), WELL, lossy(0.5), WELL)) == {"full"}


def test_two_windows_go_only_as_deep_as_both_bear_out():
    assert steps(lossy(0.5), lossy(0.06)) == ["full", "low"]


def test_a_narrow_line_that_is_full_lowers_and_an_idle_estimate_does_not():
    narrow = {"up": True, "loss": 0.0, "available": 60, "sent": 55}
    assert steps(narrow, narrow)[-1] == "audio"
    assert steps(*[narrow | {"sent": 10}] * 5)[-1] == "full"


CUT = {"up": True, "loss": 0.6, "available": 40, "sent": 40, "heard": 0}


def test_a_line_that_was_cut_is_not_a_weak_one():
    """Ten seconds without a network: the figures of the gap, and of the moment after it, take no picture away."""
    talking = WELL | {"heard": 800}
    after = {"up": True, "loss": 0.6, "available": 40, "sent": 40, "heard": 300}
    assert set(steps(*[talking] * 3, CUT, after, talking)) == {"full"}  # nobody has noticed the cut
    assert set(steps(*[talking] * 3, CUT, DEAD, after, after, talking)) == {"full"}
    # What stays bad is weak, and who never heard a byte has no gap.
    assert steps(*[talking] * 3, CUT, *[after] * 4)[-1] == "chat"
    assert steps(*[CUT] * 3)[-1] == "chat"


def test_up_again_one_step_at_a_time():
    seen = steps(*[lossy(0.5)] * 2, *[WELL] * 12)
    ways = [step for place, step in enumerate(seen) if place == 0 or step != seen[place - 1]]
    assert ways == ["full", "chat", "audio", "low", "full"]
    assert seen[:5] == ["full", "chat", "chat", "chat", "audio"]


def test_just_under_the_bound_is_no_reason_to_climb():
    assert steps(*[lossy(0.06)] * 2, *[lossy(0.03)] * 20)[-1] == "low"


def test_without_a_line_somebody_telephones_and_sound_comes_back_first():
    seen = steps(WELL, *[DEAD] * 4, WELL, *[WELL] * 8)
    assert seen[:5] == ["full", "full", "full", "full", "phone"]
    assert seen[5] == "audio" and seen[-1] == "full"
    assert steps(*[DEAD] * 3, WELL)[-1] == "full"  # a short cut changes nothing


def test_a_line_that_bears_only_less_is_tried_ever_more_rarely():
    # Whoever climbs to full loses a tenth; at less, nothing is lost.
    body = """
      const ladder = new m.Ladder(); let step = "full"; const seen = [];
      for (let n = 0; n < 400; n += 1) {
        step = ladder.take({ up: true, loss: step === "full" ? 0.07 : 0, available: 2000, sent: 500 });
        seen.push(step);
      }
      return seen;"""
    seen = run("ladder.js", body)
    climbs = [n for n in range(1, 400) if seen[n] == "full" and seen[n - 1] == "low"]
    waits = [after - before for before, after in pairwise(climbs)]
    assert len(climbs) < 25 and waits == sorted(waits) and waits[-1] >= 24


def test_any_figures_give_a_step_and_good_ones_lead_back_to_full():
    chance = random.Random(7)
    for _case in range(20):
        windows = [
            {
                "up": chance.random() > 0.2,
                "loss": chance.choice([None, 0, 0.05, 0.2, 0.9]),
                "available": chance.choice([None, 10, 100, 3000]),
                "sent": chance.choice([0, 50, 900]),
            }
            for _one in range(30)
        ]
        seen = steps(*windows, *[WELL] * 90)
        assert set(seen) <= set(STEPS) and seen[-1] == "full"


def test_every_step_sends_something_and_never_more_than_the_one_above():
    sends = run("ladder.js", "return m.SENDS;")
    assert list(sends) == STEPS
    for kind in ("video", "audio"):
        rates = [sends[step][kind]["maxBitrate"] for step in STEPS]
        assert rates == sorted(rates, reverse=True)
    assert [sends[step]["video"]["active"] for step in STEPS] == [True, True, False, False, False]
