"""What every app stands on and none of them owns: actors, ids, money, references, errors, events, tasks and the HTTP edge.

core knows no domain. Nothing in here may import an app.
"""
