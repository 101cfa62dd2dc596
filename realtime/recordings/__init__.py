"""Recordings of calls, at rest: vault.py keeps tapes and films sealed in the files' storage, showing.py hands films out.

What is recorded, and when, the room decides (rooms/recording.py); the relay writes tapes (media/tape.py), a job makes films
of them (media/film.py). Nothing of it ever lies open on a disk.
"""
