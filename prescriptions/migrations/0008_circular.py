"""What the circulars ask for: facts, papers and course of a prescription, permissions, traditional medicine; and what a doctor keeps."""

import core.ids
import django.contrib.postgres.constraints
import django.contrib.postgres.fields.ranges
import django.db.models.deletion
import django.utils.timezone
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('identity', '0008_care_at_a_distance'),
        ('prescriptions', '0007_papers_and_keepers'),
        ('records', '0005_hand_overs'),
    ]

    operations = [
        migrations.CreateModel(
            name='Favourite',
            fields=[
                ('id', models.UUIDField(default=core.ids.new_id, editable=False, primary_key=True, serialize=False)),
                ('created_at', models.DateTimeField(default=django.utils.timezone.now, editable=False)),
                ('dose_quantity', models.DecimalField(decimal_places=2, max_digits=7)),
                ('doses_a_day', models.PositiveSmallIntegerField()),
                ('days', models.PositiveSmallIntegerField()),
                ('instruction', models.CharField(blank=True, max_length=300)),
            ],
        ),
        migrations.CreateModel(
            name='LineSet',
            fields=[
                ('id', models.UUIDField(default=core.ids.new_id, editable=False, primary_key=True, serialize=False)),
                ('created_at', models.DateTimeField(default=django.utils.timezone.now, editable=False)),
                ('shared', models.BooleanField(default=False)),
                ('name', models.CharField(max_length=80)),
                ('lines', models.JSONField()),
                ('advice', models.CharField(blank=True, max_length=2000)),
            ],
        ),
        migrations.CreateModel(
            name='Particulars',
            fields=[
                ('id', models.UUIDField(default=core.ids.new_id, editable=False, primary_key=True, serialize=False)),
                ('created_at', models.DateTimeField(default=django.utils.timezone.now, editable=False)),
                ('course', models.CharField(blank=True, choices=[('acute', 'acute illness'), ('long_term', 'long-term illness'), ('cancer_pain', 'pain of cancer')], max_length=11)),
                ('at_discharge', models.BooleanField(default=False)),
                ('conclusion', models.CharField(blank=True, max_length=500)),
                ('note', models.CharField(blank=True, max_length=500)),
                ('revisit_on', models.DateField(blank=True, null=True)),
                ('weight_kg', models.DecimalField(blank=True, decimal_places=2, max_digits=5, null=True)),
                ('weight_on', models.DateField(blank=True, null=True)),
                ('companion', models.CharField(blank=True, max_length=120)),
                ('companion_phone', models.CharField(blank=True, max_length=16)),
                ('phone', models.CharField(blank=True, max_length=16)),
                ('residence', models.CharField(blank=True, max_length=240)),
                ('commitment_number', models.CharField(blank=True, max_length=60)),
                ('commitment_on', models.DateField(blank=True, null=True)),
                ('commune_number', models.CharField(blank=True, max_length=60)),
                ('commune_on', models.DateField(blank=True, null=True)),
                ('receiver_name', models.CharField(blank=True, max_length=120)),
                ('receiver_id', models.CharField(blank=True, max_length=20)),
                ('tranches', models.JSONField(blank=True, default=list)),
                ('rules_version', models.CharField(blank=True, max_length=60)),
            ],
            options={
                'verbose_name_plural': 'particulars',
            },
        ),
        migrations.CreateModel(
            name='Permit',
            fields=[
                ('id', models.UUIDField(default=core.ids.new_id, editable=False, primary_key=True, serialize=False)),
                ('created_at', models.DateTimeField(default=django.utils.timezone.now, editable=False)),
                ('what', models.CharField(choices=[('remote_controlled', 'controlled medicines in direct remote visits'), ('beds', 'has beds for patients')], max_length=17)),
                ('because', models.CharField(max_length=200)),
                ('valid_from', models.DateField()),
                ('valid_to', models.DateField(blank=True, null=True)),
                ('given_by', models.UUIDField(blank=True, null=True)),
            ],
        ),
        migrations.CreateModel(
            name='Snippet',
            fields=[
                ('id', models.UUIDField(default=core.ids.new_id, editable=False, primary_key=True, serialize=False)),
                ('created_at', models.DateTimeField(default=django.utils.timezone.now, editable=False)),
                ('text', models.CharField(max_length=500)),
            ],
        ),
        migrations.RemoveConstraint(
            model_name='item',
            name='item_days_sane',
        ),
        migrations.RemoveConstraint(
            model_name='prescription',
            name='prescription_kind_known',
        ),
        migrations.AddField(
            model_name='drug',
            name='national_code',
            field=models.CharField(blank=True, max_length=40),
        ),
        migrations.AddField(
            model_name='drug',
            name='tradition',
            field=models.CharField(blank=True, choices=[('', 'no traditional medicine'), ('herb', 'herb of a decoction'), ('product', 'finished product of traditional medicine')], default='', max_length=7),
        ),
        migrations.AlterField(
            model_name='drug',
            name='dose_unit',
            field=models.CharField(choices=[('tablet', 'tablet'), ('capsule', 'capsule'), ('sachet', 'sachet'), ('suppository', 'suppository'), ('patch', 'patch'), ('ampoule', 'ampoule'), ('vial', 'vial'), ('syringe', 'syringe'), ('pen', 'pen'), ('bottle', 'bottle'), ('tube', 'tube'), ('inhaler', 'inhaler'), ('ml', 'ml'), ('gram', 'g'), ('drop', 'drop'), ('puff', 'puff'), ('iu', 'IU'), ('application', 'thin layer')], max_length=12),
        ),
        migrations.AlterField(
            model_name='drug',
            name='form',
            field=models.CharField(choices=[('tablet', 'tablet'), ('prolonged_release_tablet', 'prolonged-release tablet'), ('effervescent_tablet', 'effervescent tablet'), ('chewable_tablet', 'chewable tablet'), ('vaginal_tablet', 'vaginal tablet'), ('capsule', 'capsule'), ('prolonged_release_capsule', 'prolonged-release capsule'), ('powder', 'powder for drinking'), ('syrup', 'syrup'), ('suspension', 'oral suspension'), ('oral_solution', 'oral solution'), ('oral_drops', 'oral drops'), ('injection', 'injection'), ('cream', 'cream'), ('ointment', 'ointment'), ('gel', 'gel'), ('skin_solution', 'solution for the skin'), ('eye_drops', 'eye drops'), ('ear_drops', 'ear drops'), ('nasal_drops', 'nose drops'), ('nasal_spray', 'nasal spray'), ('inhaler', 'inhaler'), ('nebuliser_solution', 'solution for a nebuliser'), ('suppository', 'suppository'), ('patch', 'patch'), ('herb', 'herb for a decoction')], max_length=26),
        ),
        migrations.AlterField(
            model_name='drug',
            name='unit',
            field=models.CharField(choices=[('tablet', 'tablet'), ('capsule', 'capsule'), ('sachet', 'sachet'), ('suppository', 'suppository'), ('patch', 'patch'), ('ampoule', 'ampoule'), ('vial', 'vial'), ('syringe', 'syringe'), ('pen', 'pen'), ('bottle', 'bottle'), ('tube', 'tube'), ('inhaler', 'inhaler'), ('ml', 'ml'), ('gram', 'g'), ('drop', 'drop'), ('puff', 'puff'), ('iu', 'IU'), ('application', 'thin layer')], max_length=12),
        ),
        migrations.AlterField(
            model_name='prescription',
            name='kind',
            field=models.CharField(choices=[('c', 'ordinary prescription'), ('n', 'prescription for narcotics'), ('h', 'prescription for psychotropics'), ('t', 'prescription for a decoction')], default='c', max_length=1),
        ),
        migrations.AddConstraint(
            model_name='drug',
            constraint=models.CheckConstraint(condition=models.Q(('tradition__in', ['', 'herb', 'product'])), name='drug_tradition_known'),
        ),
        migrations.AddConstraint(
            model_name='item',
            constraint=models.CheckConstraint(condition=models.Q(('days__gte', 1), ('days__lte', 366)), name='item_days_sane'),
        ),
        migrations.AddConstraint(
            model_name='prescription',
            constraint=models.CheckConstraint(condition=models.Q(('kind__in', ['c', 'n', 'h', 't'])), name='prescription_kind_known'),
        ),
        migrations.AddField(
            model_name='favourite',
            name='drug',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='prescriptions.drug'),
        ),
        migrations.AddField(
            model_name='favourite',
            name='practitioner',
            field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to='identity.practitioner'),
        ),
        migrations.AddField(
            model_name='lineset',
            name='facility',
            field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to='identity.facility'),
        ),
        migrations.AddField(
            model_name='lineset',
            name='practitioner',
            field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to='identity.practitioner'),
        ),
        migrations.AddField(
            model_name='particulars',
            name='prescription',
            field=models.OneToOneField(on_delete=django.db.models.deletion.CASCADE, related_name='particulars', to='prescriptions.prescription'),
        ),
        migrations.AddField(
            model_name='permit',
            name='facility',
            field=models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='identity.facility'),
        ),
        migrations.AddField(
            model_name='snippet',
            name='practitioner',
            field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to='identity.practitioner'),
        ),
        migrations.AddConstraint(
            model_name='favourite',
            constraint=models.UniqueConstraint(fields=('practitioner', 'drug', 'dose_quantity', 'doses_a_day', 'days', 'instruction'), name='favourite_once'),
        ),
        migrations.AddConstraint(
            model_name='favourite',
            constraint=models.CheckConstraint(condition=models.Q(('days__gte', 1), ('dose_quantity__gt', 0), ('doses_a_day__gte', 1)), name='favourite_dose_positive'),
        ),
        migrations.AddIndex(
            model_name='lineset',
            index=models.Index(fields=['facility', 'shared'], name='line_set_shared'),
        ),
        migrations.AddConstraint(
            model_name='lineset',
            constraint=models.UniqueConstraint(fields=('practitioner', 'facility', 'name'), name='line_set_name_once'),
        ),
        migrations.AddConstraint(
            model_name='lineset',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('name', ''), _negated=True), models.Q(('lines', []), _negated=True)), name='line_set_has_name_and_lines'),
        ),
        migrations.AddConstraint(
            model_name='particulars',
            constraint=models.CheckConstraint(condition=models.Q(('course__in', ['', 'acute', 'long_term', 'cancer_pain'])), name='particulars_course_known'),
        ),
        migrations.AddConstraint(
            model_name='particulars',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('weight_kg__isnull', True), ('weight_on__isnull', True)), models.Q(('weight_kg__gte', 0.3), ('weight_kg__lte', 400), ('weight_on__isnull', False)), _connector='OR'), name='particulars_weight_has_a_day'),
        ),
        migrations.AddConstraint(
            model_name='particulars',
            constraint=models.CheckConstraint(condition=models.Q(('commitment_number', ''), ('commitment_on__isnull', False), _connector='OR'), name='particulars_commitment_has_a_day'),
        ),
        migrations.AddConstraint(
            model_name='particulars',
            constraint=models.UniqueConstraint(models.F('commune_number'), models.F('commune_on'), condition=models.Q(models.Q(('commune_number', ''), _negated=True), models.Q(('rules_version', ''), _negated=True)), name='particulars_confirmation_once'),
        ),
        migrations.AddConstraint(
            model_name='permit',
            constraint=models.CheckConstraint(condition=models.Q(('what__in', ['remote_controlled', 'beds'])), name='permit_known'),
        ),
        migrations.AddConstraint(
            model_name='permit',
            constraint=models.CheckConstraint(condition=models.Q(('because', ''), _negated=True), name='permit_has_a_reason'),
        ),
        migrations.AddConstraint(
            model_name='permit',
            constraint=models.CheckConstraint(condition=models.Q(('what', 'remote_controlled'), ('facility__isnull', False), _connector='OR'), name='permit_beds_of_a_facility'),
        ),
        migrations.AddConstraint(
            model_name='permit',
            constraint=models.CheckConstraint(condition=models.Q(('valid_to__isnull', True), ('valid_to__gte', models.F('valid_from')), _connector='OR'), name='permit_ends_after_begin'),
        ),
        migrations.AddConstraint(
            model_name='permit',
            constraint=django.contrib.postgres.constraints.ExclusionConstraint(expressions=[('facility', '='), ('what', '='), (models.Func('valid_from', 'valid_to', django.contrib.postgres.fields.ranges.RangeBoundary(inclusive_upper=True), function='daterange'), '&&')], name='permit_once_a_day'),
        ),
        migrations.AddConstraint(
            model_name='snippet',
            constraint=models.UniqueConstraint(fields=('practitioner', 'text'), name='snippet_once'),
        ),
        migrations.AddConstraint(
            model_name='snippet',
            constraint=models.CheckConstraint(condition=models.Q(('text', ''), _negated=True), name='snippet_says_something'),
        ),
    ]
