"""Addresses of records: below /api/v1/ and below /fhir/R4/."""

from django.urls import path

from records.api import encounters, fhir, record

api_patterns = [
    path("encounters/<uuid:encounter_id>", encounters.One.as_view(), name="records_encounter"),
    path("encounters/<uuid:encounter_id>/start", encounters.Start.as_view(), name="records_start"),
    path("encounters/<uuid:encounter_id>/finish", encounters.Finish.as_view(), name="records_finish"),
    path("icd10", encounters.Icd10.as_view(), name="records_icd10"),
    path("people/<uuid:person_id>/record/timeline", record.Timeline.as_view(), name="records_timeline"),
    path("people/<uuid:person_id>/record/summary", record.Summary.as_view(), name="records_summary"),
    path("people/<uuid:person_id>/record/access-log", record.AccessLog.as_view(), name="records_access_log"),
    path("people/<uuid:person_id>/record/allergies", record.Allergies.as_view(), name="records_allergies"),
    path(
        "people/<uuid:person_id>/record/allergies/<uuid:allergy_id>",
        record.OneAllergy.as_view(),
        name="records_allergy",
    ),
    path("people/<uuid:person_id>/record/observations", record.Observations.as_view(), name="records_observations"),
]

fhir_patterns = [
    path("metadata", fhir.Metadata.as_view(), name="fhir_metadata"),
    path("<str:type_name>", fhir.Search.as_view(), name="fhir_search"),
    path("<str:type_name>/<str:resource_id>", fhir.One.as_view(), name="fhir_read"),
]
