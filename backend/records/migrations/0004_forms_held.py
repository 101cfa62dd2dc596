from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ('records', '0003_forms_said'),
    ]

    operations = [
        migrations.AddConstraint(
            model_name='encounter',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('form', ''), ('mode', 'in_person')), models.Q(('mode__in', ['video', 'phone']), ('form__in', ['direct_to_patient', 'via_receiving_facility', 'inter_facility_support', 'teleconsult_mdt'])), _connector='OR'), name='encounter_form_fits_mode'),
        ),
    ]
