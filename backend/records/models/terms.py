"""Vietnamese ICD-10 titles that an installation imported; they come before the ones in the package."""

from django.db import models


class Icd10Title(models.Model):
    """One code with the official Vietnamese title (manage.py import_icd10)."""

    code = models.CharField(primary_key=True, max_length=8)
    name_vi = models.CharField(max_length=400)
    name_en = models.CharField(max_length=400, blank=True)
    imported_at = models.DateTimeField(auto_now=True)

    def __str__(self) -> str:
        return f"{self.code} {self.name_vi}"
