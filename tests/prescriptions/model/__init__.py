"""The life of a prescription as a state machine beside the real one.

paper.py    one prescription as the model believes it to be, and what may be done with it: plain values, constants by hand
world.py    the real thing: who is there, and all that is looked at after every step
machine.py  what pharmacies, citizen, doctor and clock do; what must be so after every step
"""
