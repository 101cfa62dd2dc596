"""A visit may cost something else by video than on the spot."""

from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('identity', '0003_devices'),
    ]

    operations = [
        migrations.AddField(
            model_name='visittype',
            name='mode_prices',
            field=models.JSONField(blank=True, default=dict),
        ),
    ]
