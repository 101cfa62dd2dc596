"""Rule sets with their pairs; overrides and pharmacies remember by which rule, and what was known."""

import core.ids
import django.contrib.postgres.constraints
import django.contrib.postgres.fields
import django.contrib.postgres.fields.ranges
import django.db.models.deletion
import django.utils.timezone
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('prescriptions', '0003_catalogue'),
    ]

    operations = [
        migrations.AddField(
            model_name='acceptance',
            name='seen_findings',
            field=models.JSONField(blank=True, default=list),
        ),
        migrations.AddField(
            model_name='override',
            name='rule',
            field=models.CharField(blank=True, max_length=120),
        ),
        # What was overridden before gets its rule from the finding: kind and number, the first two parts of its key.
        migrations.RunSQL(
            "UPDATE prescriptions_override SET rule = left(split_part(finding, ':', 1) || ':' || split_part(finding, ':', 2), 120)"
            " WHERE rule = ''",
            migrations.RunSQL.noop,
        ),
        migrations.AddField(
            model_name='prescription',
            name='found_at_signing',
            field=models.JSONField(blank=True, default=list),
        ),
        migrations.AlterField(
            model_name='override',
            name='finding',
            field=models.CharField(max_length=300),
        ),
        migrations.AlterField(
            model_name='override',
            name='rules_version',
            field=models.CharField(max_length=200),
        ),
        migrations.CreateModel(
            name='RuleSet',
            fields=[
                ('id', models.UUIDField(default=core.ids.new_id, editable=False, primary_key=True, serialize=False)),
                ('created_at', models.DateTimeField(default=django.utils.timezone.now, editable=False)),
                ('kind', models.CharField(choices=[('pairs', 'pairs of ingredients that must not meet')], default='pairs', max_length=12)),
                ('version', models.CharField(max_length=40)),
                ('source', models.CharField(max_length=200)),
                ('valid_from', models.DateField()),
                ('valid_to', models.DateField(blank=True, null=True)),
                ('checksum', models.CharField(max_length=64)),
                ('file_name', models.CharField(blank=True, max_length=200)),
                ('report', models.JSONField(default=list)),
                ('imported_at', models.DateTimeField()),
                ('imported_by', models.UUIDField(blank=True, null=True)),
                ('in_force_at', models.DateTimeField(blank=True, null=True)),
            ],
            options={
                'constraints': [models.UniqueConstraint(fields=('kind', 'version'), name='rule_set_once'), models.CheckConstraint(condition=models.Q(('kind', 'pairs')), name='rule_set_kind_known'), models.CheckConstraint(condition=models.Q(('valid_to__isnull', True), ('valid_to__gte', models.F('valid_from')), _connector='OR'), name='rule_set_ends_after_begin'), django.contrib.postgres.constraints.ExclusionConstraint(condition=models.Q(('in_force_at__isnull', False)), expressions=[('kind', '='), ('source', '='), (models.Func('valid_from', 'valid_to', django.contrib.postgres.fields.ranges.RangeBoundary(inclusive_upper=True), function='daterange'), '&&')], name='rule_set_one_a_day')],
            },
        ),
        migrations.CreateModel(
            name='RulePair',
            fields=[
                ('id', models.UUIDField(default=core.ids.new_id, editable=False, primary_key=True, serialize=False)),
                ('created_at', models.DateTimeField(default=django.utils.timezone.now, editable=False)),
                ('number', models.PositiveIntegerField()),
                ('name_a', models.CharField(max_length=120)),
                ('name_b', models.CharField(max_length=120)),
                ('keys_a', django.contrib.postgres.fields.ArrayField(base_field=models.CharField(max_length=80), blank=True, default=list, size=None)),
                ('keys_b', django.contrib.postgres.fields.ArrayField(base_field=models.CharField(max_length=80), blank=True, default=list, size=None)),
                ('atc_a', django.contrib.postgres.fields.ArrayField(base_field=models.CharField(max_length=7), blank=True, default=list, size=None)),
                ('atc_b', django.contrib.postgres.fields.ArrayField(base_field=models.CharField(max_length=7), blank=True, default=list, size=None)),
                ('mechanism', models.TextField(blank=True)),
                ('consequence', models.TextField(blank=True)),
                ('handling', models.TextField(blank=True)),
                ('rule_set', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='pairs', to='prescriptions.ruleset')),
            ],
            options={
                'ordering': ['number', 'id'],
                'constraints': [models.CheckConstraint(condition=models.Q(models.Q(models.Q(('keys_a', []), _negated=True), models.Q(('atc_a', []), _negated=True), _connector='OR'), models.Q(models.Q(('keys_b', []), _negated=True), models.Q(('atc_b', []), _negated=True), _connector='OR')), name='rule_pair_has_two_sides')],
            },
        ),
    ]
