"""What an import has counted, and the file or version a followed calendar was read from."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("booking", "0004_who_chose_in_a_leave"),
    ]

    operations = [
        migrations.AddField("busyfeed", "content", models.BinaryField(null=True)),
        migrations.AddField("busyfeed", "etag", models.CharField(blank=True, max_length=200)),
        migrations.AddField("importrun", "landed", models.PositiveIntegerField(default=0)),
        migrations.AddField("importrun", "opened", models.PositiveIntegerField(default=0)),
        migrations.AddField("importrun", "unchanged", models.PositiveIntegerField(default=0)),
    ]
