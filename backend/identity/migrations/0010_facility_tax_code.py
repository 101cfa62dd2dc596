"""Where invoices are told apart: a facility's own tax code."""

from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('identity', '0009_approved_pilots'),
    ]

    operations = [
        migrations.AddField(
            model_name='facility',
            name='tax_code',
            field=models.CharField(blank=True, max_length=14),
        ),
        migrations.AddConstraint(
            model_name='facility',
            constraint=models.CheckConstraint(condition=models.Q(('tax_code', ''), ('tax_code__regex', '^[0-9]{10}(-[0-9]{3})?$'), _connector='OR'), name='facility_tax_code_form'),
        ),
    ]
