"""The catalogue grows what the national one has: brands, registration numbers, validity, toxic drugs; lists are imported."""

import core.ids
import core.states
import django.contrib.postgres.constraints
import django.contrib.postgres.fields.ranges
import django.contrib.postgres.indexes
import django.utils.timezone
from django.contrib.postgres.operations import BtreeGistExtension, TrigramExtension
from django.db import migrations, models

# In order, so that two statements that bring the same words wait for each other and never in a ring.
WORDS = """
CREATE FUNCTION prescriptions_keep_words() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO prescriptions_drugword (word)
    SELECT DISTINCT found.word FROM fresh, regexp_split_to_table(fresh.search_text, ' ') AS found (word)
    WHERE found.word ~ '^[a-z]{4,120}$' ORDER BY 1
    ON CONFLICT DO NOTHING;
    RETURN NULL;
END $$;
CREATE TRIGGER drug_words_added AFTER INSERT ON prescriptions_drug
    REFERENCING NEW TABLE AS fresh FOR EACH STATEMENT EXECUTE FUNCTION prescriptions_keep_words();
CREATE TRIGGER drug_words_changed AFTER UPDATE ON prescriptions_drug
    REFERENCING NEW TABLE AS fresh FOR EACH STATEMENT EXECUTE FUNCTION prescriptions_keep_words();
UPDATE prescriptions_drug SET search_text = search_text;
"""
NO_WORDS = """
DROP TRIGGER drug_words_added ON prescriptions_drug;
DROP TRIGGER drug_words_changed ON prescriptions_drug;
DROP FUNCTION prescriptions_keep_words();
"""


class Migration(migrations.Migration):

    dependencies = [
        ('prescriptions', '0002_load_the_catalogue'),
    ]

    operations = [
        TrigramExtension(),
        BtreeGistExtension(),
        migrations.CreateModel(
            name='DrugImport',
            fields=[
                ('id', models.UUIDField(default=core.ids.new_id, editable=False, primary_key=True, serialize=False)),
                ('created_at', models.DateTimeField(default=django.utils.timezone.now, editable=False)),
                ('made_by', models.UUIDField(null=True)),
                ('file_name', models.CharField(max_length=200)),
                ('content', models.BinaryField()),
                ('list_on', models.DateField()),
                ('is_whole', models.BooleanField(default=False)),
                ('status', models.CharField(choices=[('checking', 'being checked'), ('checked', 'checked'), ('applying', 'being put in place'), ('applied', 'in place'), ('failed', 'could not be read')], default='checking', max_length=10)),
                ('rows', models.PositiveIntegerField(default=0)),
                ('rows_done', models.PositiveIntegerField(default=0)),
                ('good', models.PositiveIntegerField(default=0)),
                ('unchanged', models.PositiveIntegerField(default=0)),
                ('landed', models.PositiveIntegerField(default=0)),
                ('added', models.PositiveIntegerField(default=0)),
                ('without_atc', models.PositiveIntegerField(default=0)),
                ('bad_rows', models.PositiveIntegerField(default=0)),
                ('missing', models.PositiveIntegerField(default=0)),
                ('ended', models.PositiveIntegerField(default=0)),
                ('header', models.JSONField(default=list)),
                ('problems', models.JSONField(default=list)),
                ('refused', models.JSONField(default=list)),
                ('checked_at', models.DateTimeField(null=True)),
                ('applying_at', models.DateTimeField(null=True)),
                ('applied_at', models.DateTimeField(null=True)),
                ('failed_at', models.DateTimeField(null=True)),
            ],
            options={
                'verbose_name': 'list of medicines',
                'verbose_name_plural': 'lists of medicines',
            },
            bases=(models.Model, core.states.Stateful),
        ),
        migrations.CreateModel(
            name='DrugWord',
            fields=[
                ('word', models.CharField(db_collation='C', max_length=120, primary_key=True, serialize=False)),
            ],
            options={
                'indexes': [django.contrib.postgres.indexes.GinIndex(fastupdate=False, fields=['word'], name='drug_word_likeness', opclasses=['gin_trgm_ops'])],
            },
        ),
        migrations.RemoveConstraint(
            model_name='drug',
            name='drug_atc',
        ),
        migrations.RemoveConstraint(
            model_name='drug',
            name='drug_control_known',
        ),
        migrations.AddField(
            model_name='drug',
            name='brand',
            field=models.CharField(blank=True, max_length=200),
        ),
        migrations.AddField(
            model_name='drug',
            name='registration_number',
            field=models.CharField(blank=True, max_length=40),
        ),
        migrations.AddField(
            model_name='drug',
            name='valid_from',
            field=models.DateField(blank=True, null=True),
        ),
        migrations.AddField(
            model_name='drug',
            name='valid_to',
            field=models.DateField(blank=True, null=True),
        ),
        migrations.AlterField(
            model_name='drug',
            name='atc',
            field=models.CharField(blank=True, max_length=7),
        ),
        migrations.AlterField(
            model_name='drug',
            name='control',
            field=models.CharField(choices=[('ordinary', 'ordinary'), ('narcotic', 'narcotic'), ('psychotropic', 'psychotropic or precursor'), ('toxic', 'toxic')], default='ordinary', max_length=12),
        ),
        migrations.AlterField(
            model_name='drug',
            name='name_vi',
            field=models.CharField(max_length=300),
        ),
        migrations.AlterField(
            model_name='drug',
            name='search_text',
            field=models.CharField(db_collation='C', editable=False, max_length=1600),
        ),
        migrations.AlterField(
            model_name='drug',
            name='strength',
            field=models.CharField(max_length=200),
        ),
        # Each word after a space, and no plus signs: what prescriptions.ingredients.searched makes of the drugs so far.
        migrations.RunSQL(
            "UPDATE prescriptions_drug SET search_text = "
            "' ' || regexp_replace(btrim(replace(search_text, '+', ' ')), '([0-9])([a-z])|\\s+', '\\1 \\2', 'g')",
            migrations.RunSQL.noop,
        ),
        migrations.RunSQL(WORDS, NO_WORDS),
        migrations.AddIndex(
            model_name='drug',
            index=django.contrib.postgres.indexes.GinIndex(fastupdate=False, fields=['search_text'], name='drug_search_words', opclasses=['gin_trgm_ops']),
        ),
        migrations.AddIndex(
            model_name='drug',
            index=models.Index(fields=['registration_number'], name='drug_registration'),
        ),
        migrations.AddConstraint(
            model_name='drug',
            constraint=models.CheckConstraint(condition=models.Q(('atc', ''), ('atc__regex', '^[A-Z][0-9]{2}[A-Z]{2}([0-9]{2})?$'), ('atc__regex', '^[A-Z][0-9]{2}[A-Z]$'), _connector='OR'), name='drug_atc'),
        ),
        migrations.AddConstraint(
            model_name='drug',
            constraint=models.CheckConstraint(condition=models.Q(('control__in', ['ordinary', 'narcotic', 'psychotropic', 'toxic'])), name='drug_control_known'),
        ),
        migrations.AddConstraint(
            model_name='drug',
            constraint=models.CheckConstraint(condition=models.Q(('valid_from__isnull', True), ('valid_to__isnull', True), ('valid_to__gte', models.F('valid_from')), _connector='OR'), name='drug_ends_after_it_begins'),
        ),
        migrations.AddConstraint(
            model_name='drug',
            constraint=django.contrib.postgres.constraints.ExclusionConstraint(condition=models.Q(models.Q(('registration_number', ''), _negated=True), ('active', True)), expressions=[('registration_number', '='), (models.Func('valid_from', 'valid_to', django.contrib.postgres.fields.ranges.RangeBoundary(inclusive_lower=True, inclusive_upper=True), function='daterange', output_field=django.contrib.postgres.fields.ranges.DateRangeField()), '&&')], name='drug_registered_once_a_day'),
        ),
        migrations.AddConstraint(
            model_name='drugimport',
            constraint=models.CheckConstraint(condition=models.Q(('status__in', ['checking', 'checked', 'applying', 'applied', 'failed'])), name='drug_import_status'),
        ),
    ]
