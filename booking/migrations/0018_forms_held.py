from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ('booking', '0017_forms_said'),
    ]

    operations = [
        migrations.AddConstraint(
            model_name='appointment',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('form', ''), ('mode', 'in_person')), models.Q(('mode__in', ['video', 'phone']), ('form__in', ['direct_to_patient', 'via_receiving_facility', 'inter_facility_support', 'teleconsult_mdt'])), _connector='OR'), name='appointment_form'),
        ),
        migrations.AddConstraint(
            model_name='appointment',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('form__in', ('via_receiving_facility', 'inter_facility_support')), ('partner__isnull', False), ('partner_practitioner__isnull', False)), models.Q(models.Q(('form__in', ('via_receiving_facility', 'inter_facility_support')), _negated=True), ('partner__isnull', True), ('partner_practitioner__isnull', True)), _connector='OR'), name='appointment_partner'),
        ),
        migrations.AddConstraint(
            model_name='urgentask',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('form__in', ('via_receiving_facility', 'inter_facility_support')), ('partner__isnull', False), ('partner_practitioner__isnull', False)), models.Q(('form', 'direct_to_patient'), ('partner__isnull', True), ('partner_practitioner__isnull', True)), _connector='OR'), name='urgent_ask_partner'),
        ),
    ]
