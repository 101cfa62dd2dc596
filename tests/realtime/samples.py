"""An offer as a real browser writes it, shortened; the tables of the tests bend it."""

SEAT = "0190aaaa-0000-7000-8000-000000000001"
OTHER = "0190aaaa-0000-7000-8000-000000000002"
FINGERPRINT = ":".join(["6F"] * 32)
SECTION = (
    "m={kind} 9 {protocol} {formats}\r\nc=IN IP4 0.0.0.0\r\na=rtcp:9 IN IP4 0.0.0.0\r\na=ice-ufrag:4StO\r\n"
    "a=ice-pwd:ScGd6SOl0mLwaJ7ZnO6s/7uO\r\na=ice-options:trickle\r\na=fingerprint:sha-256 " + FINGERPRINT + "\r\n"
    "a=setup:actpass\r\na=mid:{mid}\r\na=sendrecv\r\na=rtcp-mux\r\n"
)
OFFER = (
    "v=0\r\no=- 7831202454821112620 2 IN IP4 127.0.0.1\r\ns=-\r\nt=0 0\r\na=group:BUNDLE 0 1\r\na=msid-semantic: WMS\r\n"
    + SECTION.format(kind="audio", protocol="UDP/TLS/RTP/SAVPF", formats="111 63", mid="0")
    + "a=rtpmap:111 opus/48000/2\r\na=fmtp:111 minptime=10;useinbandfec=1\r\n"
    + SECTION.format(kind="video", protocol="UDP/TLS/RTP/SAVPF", formats="96 97", mid="1")
    + "a=rtpmap:96 VP8/90000\r\na=rtcp-fb:96 nack pli\r\n"
)
ANSWER = OFFER.replace("a=setup:actpass", "a=setup:active")
MDNS = "candidate:1 1 udp 2113937151 856143f5-2862-4959-a98c-82d6b19353d5.local 39242 typ host generation 0 ufrag 4StO"
