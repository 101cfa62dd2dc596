"""The other side of payments' wires, pretended: each gateway a process of its own that knows nothing of the house."""
