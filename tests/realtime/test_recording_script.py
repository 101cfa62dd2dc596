"""What a page shows and says while a call is, or might be, recorded: recording.js with a page made of nothing."""

from __future__ import annotations

from typing import Any

import pytest

from tests.realtime.script import needs_node, run

pytestmark = needs_node
PAGE = """
  const [seats, me, isDoctor, told, presses] = values;
  let away = false;
  const parts = {}, sent = [], said = [];
  const made = () => ({
    hidden: true, textContent: "", dataset: {}, open: false,
    showModal() { this.open = true; }, close() { this.open = false; },
  });
  const part = (name) => (parts[name] ??= made());
  const at = (name) => (name === "rec-start" && !isDoctor ? null : part(name));
  const call = { at, say: (key) => said.push(key), addEventListener() {} };
  const words = new Proxy({}, { get: (_, key) => `${key} %(name)s` });
  let silenced = 0;
  const recording = new m.Recording({
    call, words, isDoctor, silence: () => { silenced += 1; }, send: (kind, data) => !away && sent.push([kind, data]) > 0,
  });
  told.forEach((one, place) => {
    recording.show(one, me, seats);
    const press = presses[place];
    if (press && press[0] === "line") away = press[1];
    else if (press) recording[press[0]](...press.slice(1));
  });
  return {
    sent, said, silenced, open: part("rec-ask").open, title: part("rec-title").textContent, sign: !part("rec-sign").hidden,
    state: part("rec-sign").dataset.state, words: part("rec-words").textContent, answer: !part("rec-answer").hidden,
    stop: part("rec-stop").hidden ? "" : part("rec-stop").textContent.split(" ")[0],
    start: isDoctor && !part("rec-start").hidden,
  };
"""
SEATS = [{"id": seat, "name": seat.title(), "state": "admitted", "present": True} for seat in ("ana", "ben")]


def room(state: str, *agreed: str, **more: Any) -> dict[str, Any]:
    return {"state": state, "can": True, "wish": 1, "part": 0, "cut": "", "agreed": list(agreed), **more}


def page(me: str, *told: dict[str, Any], presses: Any = (), seats: Any = None) -> dict[str, Any]:
    found: dict[str, Any] = run(
        "recording.js", PAGE, seats or SEATS, me, me == "ben", list(told), [*presses, *[None] * len(told)][: len(told)]
    )
    return found


def test_the_doctor_may_begin_where_calls_may_be_recorded():
    assert page("ben", room(""))["start"] and not page("ben", room("", can=False))["start"]
    asked = page("ben", room(""), presses=[["begin"]])
    assert asked["open"] and asked["title"].startswith("rec_title_asking") and asked["sent"] == []
    begun = page("ben", room(""), room(""), presses=[["begin"], ["say", True]])
    assert begun["sent"] == [["record", {}]] and not begun["open"]
    assert page("ben", room(""), room(""), presses=[["begin"], ["say", False]])["sent"] == []


@pytest.mark.parametrize("who, kind", [("ana", "consent"), ("ben", "stop_recording")])
def test_a_no_said_while_the_line_is_away_is_kept_and_said_when_it_is_back(who, kind):
    on = room("on", "ana", "ben", part=1)
    gone = page(who, on, on, presses=[["line", True], ["stop"]])
    assert (gone["sent"], gone["silenced"], gone["said"]) == ([], 1, ["rec_unsaid"])
    back = page(who, on, on, on, on, presses=[["line", True], ["stop"], ["line", False], ["again"]])
    assert [each for each, _ in back["sent"]] == [kind]
    # Once the house has it, it is not said again, whatever is recorded later.
    later = page(who, on, on, room("", cut="withdrawn"), on, presses=[None, ["stop"], None, ["again"]])
    assert [each for each, _ in later["sent"]] == [kind]


def test_whoever_has_not_answered_is_asked_once():
    asked = page("ana", room(""), room("asked", "ben"))
    assert asked["open"] and asked["title"].startswith("rec_title_asked") and asked["answer"] and not asked["stop"]
    for yes in (True, False):
        said = page("ana", room("asked", "ben"), presses=[["say", yes]])
        assert said["sent"] == [["consent", {"wish": 1, "yes": yes}]] and not said["open"]
    # Closed without an answer it does not open again by itself, but the button is there.
    away = page("ana", room("asked", "ben"), room("asked", "ben"), presses=[["close"]])
    assert not away["open"] and away["answer"]
    again = page("ana", room("asked", "ben"), room("asked", "ben"), presses=[["close"], ["answerLater"]])
    assert again["open"]


def test_the_sign_says_how_it_stands():
    waits = page("ben", room("asked", "ben"))
    assert (waits["sign"], waits["state"], waits["stop"]) == (True, "asked", "rec_cancel")
    assert waits["words"] == "rec_waits Ana"
    on = page("ana", room("on", "ana", "ben"))
    assert (on["state"], on["stop"], on["words"].split()[0], on["answer"]) == ("on", "rec_stop", "rec_on", False)
    rests = page("ben", room("paused", "ben"))
    assert rests["words"] == "rec_rests_for Ana"
    assert not page("ana", room("on", "ana", "ben"), room(""))["sign"]


def test_anybody_stops_it():
    assert page("ben", room("on", "ana", "ben"), presses=[["stop"]])["sent"] == [["stop_recording", {}]]
    assert page("ana", room("on", "ana", "ben"), presses=[["stop"]])["sent"] == [["consent", {"wish": 1, "yes": False}]]


@pytest.mark.parametrize("cut", ["declined", "withdrawn", "stopped", "left", "limit", "storage"])
def test_why_it_ended_is_said(cut):
    assert page("ana", room("on", "ana", "ben"), room("", cut=cut))["said"] == [f"rec_cut_{cut}"]


def test_a_recording_that_broke_off_is_told_and_goes_on():
    after = page("ana", room("on", "ana", "ben", part=1), room("on", "ana", "ben", part=2, cut="broke"))
    assert after["said"] == ["rec_cut_broke"] and after["state"] == "on"


def test_a_question_that_is_no_longer_asked_goes_away():
    gone = page("ana", room("asked", "ben"), room("", cut="stopped"))
    assert not gone["open"] and not gone["sign"]


def test_who_waits_is_asked_nothing():
    waiting = page("ana", {"state": ""}, seats=[{**SEATS[0], "state": "waiting"}, SEATS[1]])
    assert not waiting["open"] and not waiting["sign"] and waiting["said"] == []
