"""Prescriptions: the catalogue of drugs, prescriptions with their items, the doctor's signature, and what a pharmacy hands out.

A prescription hangs on an encounter, is signed with the practitioner's own key, and is collected with a national code and an
access code. Whether a pharmacy may take it is decided here and nowhere else.
"""
