"""Static files under names that carry their content's hash, imports inside ES modules included."""

from django.contrib.staticfiles.storage import ManifestStaticFilesStorage


class HashedStatic(ManifestStaticFilesStorage):
    """Django marks the hashing of module imports experimental; tests/web holds on to it."""

    support_js_module_import_aggregation = True
