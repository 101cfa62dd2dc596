"""Doors for programs: the catalogue, prescribing, dispensing, and the public keys."""
