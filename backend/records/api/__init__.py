"""HTTP doors of records: encounters with their notes, ICD-10, the health record, FHIR."""
