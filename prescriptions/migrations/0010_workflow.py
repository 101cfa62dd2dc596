"""Parts with their shares, substitutes and the expiry of lots, and what replaces what."""

import core.ids
import django.contrib.postgres.constraints
import django.contrib.postgres.fields.ranges
import django.db.models.deletion
import django.utils.timezone
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('identity', '0008_care_at_a_distance'),
        ('prescriptions', '0009_traditional_catalogue'),
        ('records', '0005_hand_overs'),
    ]

    operations = [
        migrations.CreateModel(
            name='Part',
            fields=[
                ('id', models.UUIDField(default=core.ids.new_id, editable=False, primary_key=True, serialize=False)),
                ('created_at', models.DateTimeField(default=django.utils.timezone.now, editable=False)),
                ('rank', models.PositiveSmallIntegerField()),
                ('opens_at', models.DateTimeField()),
                ('closes_at', models.DateTimeField()),
                ('used_from', models.DateField()),
                ('used_to', models.DateField()),
                ('collected_at', models.DateTimeField(blank=True, null=True)),
            ],
            options={
                'ordering': ['rank'],
            },
        ),
        migrations.CreateModel(
            name='Share',
            fields=[
                ('id', models.UUIDField(default=core.ids.new_id, editable=False, primary_key=True, serialize=False)),
                ('created_at', models.DateTimeField(default=django.utils.timezone.now, editable=False)),
                ('quantity', models.PositiveIntegerField()),
                ('dispensed_quantity', models.PositiveIntegerField(default=0)),
                ('not_dispensed_reason', models.CharField(blank=True, choices=[('out_of_stock', 'not in stock'), ('patient_declined', 'the patient does not want it'), ('has_enough', 'the patient still has enough'), ('safety_concern', 'a safety concern; the doctor is asked')], max_length=16)),
            ],
        ),
        migrations.AddField(
            model_name='dispense',
            name='expires_on',
            field=models.DateField(blank=True, null=True),
        ),
        migrations.AddField(
            model_name='dispense',
            name='given',
            field=models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='prescriptions.drug'),
        ),
        migrations.AddField(
            model_name='dispense',
            name='substitution',
            field=models.CharField(blank=True, choices=[('generic', 'generic for a brand'), ('brand', 'another brand'), ('form', 'another form, the same composition')], max_length=10),
        ),
        migrations.AddField(
            model_name='dispense',
            name='substitution_reason',
            field=models.CharField(blank=True, choices=[('out_of_stock', 'the prescribed one is not in stock'), ('price', 'the patient wants a cheaper one'), ('patient_wish', 'the patient wants this one'), ('recalled', 'the prescribed one has been recalled')], max_length=16),
        ),
        migrations.AddField(
            model_name='prescription',
            name='replaced_by',
            field=models.OneToOneField(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='prescriptions.prescription'),
        ),
        migrations.AddField(
            model_name='prescription',
            name='replaces',
            field=models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='prescriptions.prescription'),
        ),
        migrations.AddConstraint(
            model_name='dispense',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('given__isnull', True), ('substitution', ''), ('substitution_reason', '')), models.Q(('given__isnull', False), models.Q(('substitution', ''), _negated=True), models.Q(('substitution_reason', ''), _negated=True)), _connector='OR'), name='dispense_substitute_says_why'),
        ),
        migrations.AddConstraint(
            model_name='prescription',
            constraint=models.CheckConstraint(condition=models.Q(('replaced_by__isnull', True), ('status', 'cancelled'), ('cancel_asked_at__isnull', False), _connector='OR'), name='prescription_replaced_is_refused'),
        ),
        migrations.AddField(
            model_name='part',
            name='prescription',
            field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='parts', to='prescriptions.prescription'),
        ),
        migrations.AddField(
            model_name='acceptance',
            name='part',
            field=models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='acceptances', to='prescriptions.part'),
        ),
        migrations.AddField(
            model_name='share',
            name='item',
            field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='shares', to='prescriptions.item'),
        ),
        migrations.AddField(
            model_name='share',
            name='part',
            field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='shares', to='prescriptions.part'),
        ),
        migrations.AddConstraint(
            model_name='part',
            constraint=models.UniqueConstraint(fields=('prescription', 'rank'), name='part_rank_once'),
        ),
        migrations.AddConstraint(
            model_name='part',
            constraint=models.CheckConstraint(condition=models.Q(('rank__gte', 1)), name='part_rank_from_one'),
        ),
        migrations.AddConstraint(
            model_name='part',
            constraint=models.CheckConstraint(condition=models.Q(('closes_at__gt', models.F('opens_at'))), name='part_window_has_time'),
        ),
        migrations.AddConstraint(
            model_name='part',
            constraint=models.CheckConstraint(condition=models.Q(('used_to__gte', models.F('used_from'))), name='part_days_in_order'),
        ),
        migrations.AddConstraint(
            model_name='part',
            constraint=django.contrib.postgres.constraints.ExclusionConstraint(expressions=[('prescription', '='), (models.Func('opens_at', 'closes_at', function='tstzrange', output_field=django.contrib.postgres.fields.ranges.DateTimeRangeField()), '&&')], name='part_windows_apart'),
        ),
        migrations.AddConstraint(
            model_name='share',
            constraint=models.UniqueConstraint(fields=('part', 'item'), name='share_once'),
        ),
        migrations.AddConstraint(
            model_name='share',
            constraint=models.CheckConstraint(condition=models.Q(('quantity__gte', 1)), name='share_positive'),
        ),
        migrations.AddConstraint(
            model_name='share',
            constraint=models.CheckConstraint(condition=models.Q(('dispensed_quantity__gte', 0), ('dispensed_quantity__lte', models.F('quantity'))), name='share_dispensed_within_quantity'),
        ),
    ]
