"""The other side of the wire, pretended: each a process of its own that knows nothing of the house and imports nothing of it."""
