"""The national e-prescription system (Decision 808/QĐ-BYT): what is said to it, how, and what its answers mean.

`mapping`, `numerals` and `answers` are pure. `wire` goes over the network and knows no rows. `sandbox` is the other side, a
process of its own for demos and tests.
"""
