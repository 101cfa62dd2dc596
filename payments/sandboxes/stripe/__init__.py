"""Stripe, pretended: `python -m payments.sandboxes.stripe [--port N] [--file books.sqlite] [--key sk_test_… --hook URL …]`.

A process of its own that speaks Stripe's wire format well enough for the official library: intents, Checkout with a page to
click, 3-D Secure, capture, refunds, disputes, balance transactions, idempotency keys, signed webhooks that are sent again
until they are taken, and the published test cards. It knows nothing of the house; only the address and keys differ.

| module | what it does |
|---|---|
| `books` | what is stored, one writer at a time |
| `forms` | Stripe's form encoding, and the errors about it |
| `cards` | the published test cards |
| `shapes` | each object with all its fields |
| `desk` | one request of one account: rows, time, events |
| `intents`, `sessions`, `afterwards` | the verbs: pay, Checkout, refunds and disputes |
| `hooks` | webhooks out |
| `pages`, `panel` | Checkout and the bank's step for people; the operator's levers |
| `door` | HTTP in, JSON or pages out |

`/_sandbox/` is a panel for people; `/_sandbox/next` makes it answer otherwise. It listens on this machine alone.
"""
