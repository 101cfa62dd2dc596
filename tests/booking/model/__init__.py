"""The life of a visit as a state machine beside the real one.

visit.py    one visit as the model believes it to be, and what the house charges: constants written down by hand
house.py    the rules of the house over a list of visits and a clock; it knows nothing of rows, marks or jobs
world.py    the real thing: who is there, how it is killed, what is looked at
steps.py    how a step is taken: it succeeds, is refused for a reason of the model's, or is killed
people.py   what citizens, the desk and doctors do
machine.py  what clocks, banks and workers do, and what must be so after every step
"""
