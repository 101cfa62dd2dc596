"""The act of care and the health record: encounters with their notes, what is known about a person, who looked.

Owns Encounter (the spine on which appointments, rooms and prescriptions hang), diagnoses, allergies, long-term
conditions and measurements; gathers the timeline from settings.RECORD_SOURCES; answers FHIR R4 through
settings.FHIR_TYPES.
"""
