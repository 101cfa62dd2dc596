"""An attempt may carry small text files: an invitation to a calendar."""

from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('notifications', '0001_messages_and_attempts'),
    ]

    operations = [
        migrations.AddField(
            model_name='attempt',
            name='attachments',
            field=models.JSONField(blank=True, default=list),
        ),
    ]
