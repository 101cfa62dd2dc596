"""How Lành runs: its own PostgreSQL, the one process of the default, jobs, words, demo data. No rule of the domain lives here."""
