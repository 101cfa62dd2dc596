"""Times that can be agreed on: schedules, closures and appointments.

Free times are computed by `slots` and never stored; an appointment is a time two people agreed on. This app knows
nothing of money, messages or calls: `journeys` ties them together.
"""
