"""Payments: what is owed for a thing, how it was paid, what was given back, and the ledger that proves it.

A payment points to what it is for by a Ref and knows nothing else about it. Gateways (who moves the money) are modules in
settings.PAYMENT_GATEWAYS. Amounts are integers in minor units; the ledger only appends and each of its transactions sums to zero.
"""
