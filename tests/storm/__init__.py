"""Storms: random work with kills in between, and a look at the end whether everything is still true. `lanh.py storm [name]`."""
