"""Why a gateway said no, in its own code: only words are made of it."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("payments", "0005_fees_and_disputes"),
    ]

    operations = [
        migrations.AddField(
            model_name="payment",
            name="gateway_reason",
            field=models.CharField(blank=True, default="", max_length=40),
            preserve_default=False,
        ),
        migrations.AddField(
            model_name="delivery",
            name="reason",
            field=models.CharField(blank=True, default="", max_length=40),
            preserve_default=False,
        ),
    ]
