"""Benches: each measures its own yardstick in the same run and reports ratios first. `lanh.py bench [name] [--json]`."""
