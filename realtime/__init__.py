"""Rooms and live news: who sits in which room, what they signal and say, and the stream each person hears.

Owns Room, Seat, Presence, ChatLine and the per-person stream. Truth is in PostgreSQL, so a process may die at any time and
both people come back to the same seats; the hub only carries what is happening right now. Pictures and voices go from
browser to browser and never pass here.
"""
