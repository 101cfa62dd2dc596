"""Money as a state machine beside the real one.

world.py    the real thing: who is there, the companies' own books, and all that is looked at after every step
machine.py  what payers, companies, desk, workers and clock do; what must be so after every step, and once all is at rest
"""
