"""Who is in which slot, as the page knows it. The page's own module, run in Node."""

from tests.realtime.script import needs_node, run

pytestmark = needs_node
ONE = [{"mid": "7", "kind": "video", "seat": "ana"}]
TWO = [*ONE, {"mid": "8", "kind": "video", "seat": "hà"}]


def test_who_comes_while_the_answer_is_taken_in_stays():
    body = """
      let taken;
      const peer = Object.create(m.RelayPeer.prototype);
      Object.assign(peer, { people: new Map(), onpeople() {}, pc: { signalingState: "have-local-offer", getTransceivers: () => [],
        setRemoteDescription: () => new Promise((done) => { taken = done; }) } });
      const answered = peer.answer({ sdp: "", slots: values[0] });
      peer.seat(values[1]);
      taken();
      await answered;
      return peer.slots;
    """
    assert run("relay.js", body, ONE, TWO) == TWO
