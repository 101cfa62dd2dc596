"""What DRF loads by name from the settings: parser, problem documents, schema. Kept apart from core.api, which needs DRF's views."""
