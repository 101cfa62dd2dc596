"""Price lists, invoices with their items, receipts, electronic invoices and links to pay by."""

import core.ids
import core.states
import django.contrib.postgres.constraints
import django.contrib.postgres.fields.ranges
import django.db.models.deletion
import django.db.models.expressions
import django.utils.timezone
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('identity', '0009_approved_pilots'),
        ('payments', '0006_reasons_of_gateways'),
    ]

    operations = [
        migrations.CreateModel(
            name='Receipt',
            fields=[
                ('id', models.UUIDField(default=core.ids.new_id, editable=False, primary_key=True, serialize=False)),
                ('created_at', models.DateTimeField(default=django.utils.timezone.now, editable=False)),
                ('kind', models.CharField(choices=[('receipt', 'receipt'), ('payout', 'refund slip')], max_length=8)),
                ('year', models.PositiveSmallIntegerField()),
                ('sequence', models.PositiveIntegerField()),
                ('number', models.CharField(max_length=20)),
                ('code', models.CharField(max_length=16, unique=True)),
                ('amount', models.BigIntegerField()),
                ('currency', models.CharField(default='VND', max_length=3)),
                ('payer_name', models.CharField(max_length=160)),
                ('payer_address', models.CharField(blank=True, max_length=200)),
                ('description', models.CharField(max_length=200)),
                ('method', models.CharField(max_length=20)),
                ('moved_at', models.DateTimeField()),
                ('facility', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='identity.facility')),
                ('payer', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='identity.person')),
                ('payment', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='receipts', to='payments.payment')),
                ('refund', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='payments.refund')),
            ],
        ),
        migrations.CreateModel(
            name='Invoice',
            fields=[
                ('id', models.UUIDField(default=core.ids.new_id, editable=False, primary_key=True, serialize=False)),
                ('created_at', models.DateTimeField(default=django.utils.timezone.now, editable=False)),
                ('kind', models.CharField(choices=[('bill', 'invoice'), ('credit', 'credit note')], default='bill', max_length=6)),
                ('status', models.CharField(choices=[('draft', 'being written'), ('issued', 'to be paid'), ('settled', 'settled'), ('adjusted', 'adjusted'), ('replaced', 'replaced')], default='draft', max_length=8)),
                ('subject', models.CharField(max_length=80)),
                ('year', models.PositiveSmallIntegerField(null=True)),
                ('sequence', models.PositiveIntegerField(null=True)),
                ('number', models.CharField(blank=True, max_length=20)),
                ('form', models.CharField(blank=True, max_length=24)),
                ('visited_on', models.DateField()),
                ('card', models.CharField(blank=True, max_length=15)),
                ('visit_object', models.CharField(blank=True, max_length=5)),
                ('split_reason', models.CharField(blank=True, max_length=60)),
                ('total_amount', models.BigIntegerField(default=0)),
                ('discount_amount', models.BigIntegerField(default=0)),
                ('insurance_amount', models.BigIntegerField(default=0)),
                ('copay_amount', models.BigIntegerField(default=0)),
                ('own_amount', models.BigIntegerField(default=0)),
                ('other_amount', models.BigIntegerField(default=0)),
                ('currency', models.CharField(default='VND', max_length=3)),
                ('buyer_name', models.CharField(blank=True, max_length=160)),
                ('buyer_tax_code', models.CharField(blank=True, max_length=14)),
                ('buyer_address', models.CharField(blank=True, max_length=200)),
                ('buyer_national_id', models.CharField(blank=True, max_length=12)),
                ('buyer_email', models.CharField(blank=True, max_length=120)),
                ('reason', models.CharField(blank=True, max_length=200)),
                ('issued_at', models.DateTimeField(null=True)),
                ('settled_at', models.DateTimeField(null=True)),
                ('adjusted_at', models.DateTimeField(null=True)),
                ('replaced_at', models.DateTimeField(null=True)),
                ('adjusts', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='credits', to='payments.invoice')),
                ('facility', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='identity.facility')),
                ('payer', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='identity.person')),
                ('person', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='identity.person')),
                ('refund', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='payments.refund')),
                ('replaces', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='replacements', to='payments.invoice')),
            ],
            bases=(core.states.Stateful, models.Model),
        ),
        migrations.CreateModel(
            name='EInvoice',
            fields=[
                ('id', models.UUIDField(default=core.ids.new_id, editable=False, primary_key=True, serialize=False)),
                ('created_at', models.DateTimeField(default=django.utils.timezone.now, editable=False)),
                ('day', models.DateField(null=True)),
                ('number_of_day', models.PositiveSmallIntegerField(default=0)),
                ('status', models.CharField(choices=[('draft', 'to be sent'), ('issued', 'issued'), ('adjusted', 'adjusted'), ('replaced', 'replaced')], default='draft', max_length=8)),
                ('provider', models.CharField(max_length=20)),
                ('content', models.JSONField(default=dict)),
                ('reference', models.CharField(blank=True, max_length=80)),
                ('tax_code', models.CharField(blank=True, max_length=40)),
                ('tries', models.PositiveSmallIntegerField(default=0)),
                ('issued_at', models.DateTimeField(null=True)),
                ('adjusted_at', models.DateTimeField(null=True)),
                ('replaced_at', models.DateTimeField(null=True)),
                ('facility', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='identity.facility')),
                ('invoice', models.OneToOneField(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='einvoice', to='payments.invoice')),
            ],
            options={
                'verbose_name': 'e-invoice',
            },
            bases=(core.states.Stateful, models.Model),
        ),
        migrations.CreateModel(
            name='CountedPayment',
            fields=[
                ('id', models.UUIDField(default=core.ids.new_id, editable=False, primary_key=True, serialize=False)),
                ('created_at', models.DateTimeField(default=django.utils.timezone.now, editable=False)),
                ('amount', models.BigIntegerField()),
                ('payment', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='payments.payment')),
                ('invoice', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='payments', to='payments.invoice')),
            ],
        ),
        migrations.CreateModel(
            name='PayLink',
            fields=[
                ('id', models.UUIDField(default=core.ids.new_id, editable=False, primary_key=True, serialize=False)),
                ('created_at', models.DateTimeField(default=django.utils.timezone.now, editable=False)),
                ('token_hash', models.CharField(max_length=64, unique=True)),
                ('made_by', models.UUIDField(null=True)),
                ('expires_at', models.DateTimeField()),
                ('revoked_at', models.DateTimeField(null=True)),
                ('starts', models.PositiveSmallIntegerField(default=0)),
                ('counted_at', models.DateTimeField(null=True)),
                ('payment', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='links', to='payments.payment')),
            ],
        ),
        migrations.CreateModel(
            name='PriceItem',
            fields=[
                ('id', models.UUIDField(default=core.ids.new_id, editable=False, primary_key=True, serialize=False)),
                ('created_at', models.DateTimeField(default=django.utils.timezone.now, editable=False)),
                ('code', models.CharField(max_length=30)),
                ('name_vi', models.CharField(max_length=200)),
                ('name_en', models.CharField(blank=True, max_length=200)),
                ('sort_name', models.CharField(editable=False, max_length=200)),
                ('unit', models.CharField(default='lần', max_length=20)),
                ('category', models.CharField(choices=[('insured', 'paid by health insurance'), ('budget', 'paid by the state budget'), ('uninsured', 'not paid by health insurance'), ('on_request', 'on request')], max_length=10)),
                ('amount', models.BigIntegerField()),
                ('currency', models.CharField(default='VND', max_length=3)),
                ('in_scope', models.BooleanField(default=False)),
                ('components', models.JSONField(blank=True, default=dict)),
                ('mode', models.CharField(blank=True, max_length=9)),
                ('visit_type', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to='identity.visittype')),
            ],
            options={
                'ordering': ['code'],
            },
        ),
        migrations.CreateModel(
            name='ChargedItem',
            fields=[
                ('id', models.UUIDField(default=core.ids.new_id, editable=False, primary_key=True, serialize=False)),
                ('created_at', models.DateTimeField(default=django.utils.timezone.now, editable=False)),
                ('subject', models.CharField(max_length=80)),
                ('list_version', models.PositiveIntegerField(null=True)),
                ('code', models.CharField(blank=True, max_length=30)),
                ('name_vi', models.CharField(max_length=200)),
                ('name_en', models.CharField(blank=True, max_length=200)),
                ('unit', models.CharField(default='lần', max_length=20)),
                ('category', models.CharField(choices=[('insured', 'paid by health insurance'), ('budget', 'paid by the state budget'), ('uninsured', 'not paid by health insurance'), ('on_request', 'on request')], default='uninsured', max_length=10)),
                ('in_scope', models.BooleanField(default=False)),
                ('quantity', models.PositiveIntegerField(default=1)),
                ('unit_amount', models.BigIntegerField()),
                ('base_amount', models.BigIntegerField()),
                ('discount_amount', models.BigIntegerField(default=0)),
                ('discount_reason', models.CharField(blank=True, max_length=200)),
                ('insurance_amount', models.BigIntegerField(default=0)),
                ('copay_amount', models.BigIntegerField(default=0)),
                ('own_amount', models.BigIntegerField()),
                ('other_amount', models.BigIntegerField(default=0)),
                ('currency', models.CharField(default='VND', max_length=3)),
                ('charged_by', models.UUIDField(null=True)),
                ('facility', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='identity.facility')),
                ('person', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='identity.person')),
                ('invoice', models.ForeignKey(null=True, on_delete=django.db.models.deletion.CASCADE, related_name='items', to='payments.invoice')),
                ('item', models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to='payments.priceitem')),
            ],
            options={
                'ordering': ['created_at', 'id'],
            },
        ),
        migrations.CreateModel(
            name='PriceList',
            fields=[
                ('id', models.UUIDField(default=core.ids.new_id, editable=False, primary_key=True, serialize=False)),
                ('created_at', models.DateTimeField(default=django.utils.timezone.now, editable=False)),
                ('version', models.PositiveIntegerField()),
                ('name', models.CharField(max_length=120)),
                ('during', django.contrib.postgres.fields.ranges.DateRangeField()),
                ('published_at', models.DateTimeField(null=True)),
                ('facility', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='identity.facility')),
            ],
        ),
        migrations.AddField(
            model_name='priceitem',
            name='price_list',
            field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='items', to='payments.pricelist'),
        ),
        migrations.CreateModel(
            name='Summed',
            fields=[
                ('receipt', models.OneToOneField(on_delete=django.db.models.deletion.PROTECT, primary_key=True, related_name='+', serialize=False, to='payments.receipt')),
            ],
            options={
                'verbose_name_plural': 'summed',
            },
        ),
        migrations.CreateModel(
            name='Series',
            fields=[
                ('id', models.BigAutoField(primary_key=True, serialize=False)),
                ('kind', models.CharField(max_length=8)),
                ('year', models.PositiveSmallIntegerField()),
                ('last', models.PositiveIntegerField()),
                ('facility', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='identity.facility')),
            ],
            options={
                'verbose_name_plural': 'series',
            },
        ),
        migrations.AddIndex(
            model_name='invoice',
            index=models.Index(fields=['facility', '-issued_at'], name='invoice_facility'),
        ),
        migrations.AddIndex(
            model_name='invoice',
            index=models.Index(fields=['payer', '-issued_at'], name='invoice_payer'),
        ),
        migrations.AddIndex(
            model_name='invoice',
            index=models.Index(fields=['subject'], name='invoice_subject'),
        ),
        migrations.AddConstraint(
            model_name='invoice',
            constraint=models.CheckConstraint(condition=models.Q(('status__in', ['draft', 'issued', 'settled', 'adjusted', 'replaced'])), name='invoice_status_known'),
        ),
        migrations.AddConstraint(
            model_name='invoice',
            constraint=models.CheckConstraint(condition=models.Q(('kind__in', ['bill', 'credit'])), name='invoice_kind_known'),
        ),
        migrations.AddConstraint(
            model_name='invoice',
            constraint=models.CheckConstraint(condition=models.Q(('total_amount', django.db.models.expressions.CombinedExpression(django.db.models.expressions.CombinedExpression(django.db.models.expressions.CombinedExpression(models.F('insurance_amount'), '+', models.F('copay_amount')), '+', models.F('own_amount')), '+', models.F('other_amount')))), name='invoice_parts_sum'),
        ),
        migrations.AddConstraint(
            model_name='invoice',
            constraint=models.CheckConstraint(condition=models.Q(('copay_amount__gte', 0), ('discount_amount__gte', 0), ('insurance_amount__gte', 0), ('other_amount__gte', 0), ('own_amount__gte', 0)), name='invoice_parts_not_negative'),
        ),
        migrations.AddConstraint(
            model_name='invoice',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('issued_at__isnull', True), ('number', ''), ('status', 'draft')), models.Q(models.Q(('status', 'draft'), _negated=True), models.Q(('number', ''), _negated=True), ('issued_at__isnull', False)), _connector='OR'), name='invoice_numbered_when_issued'),
        ),
        migrations.AddConstraint(
            model_name='invoice',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('adjusts__isnull', False), ('kind', 'credit')), models.Q(('adjusts__isnull', True), ('kind', 'bill')), _connector='OR'), name='invoice_credit_adjusts'),
        ),
        migrations.AddConstraint(
            model_name='invoice',
            constraint=models.UniqueConstraint(fields=('facility', 'year', 'sequence'), name='invoice_number_once'),
        ),
        migrations.AddConstraint(
            model_name='invoice',
            constraint=models.UniqueConstraint(fields=('refund',), name='invoice_refund_once'),
        ),
        migrations.AddConstraint(
            model_name='invoice',
            constraint=models.UniqueConstraint(fields=('replaces',), name='invoice_replaced_once'),
        ),
        migrations.AddIndex(
            model_name='einvoice',
            index=models.Index(condition=models.Q(('status', 'draft')), fields=['created_at'], name='einvoice_to_send'),
        ),
        migrations.AddConstraint(
            model_name='einvoice',
            constraint=models.CheckConstraint(condition=models.Q(('status__in', ['draft', 'issued', 'adjusted', 'replaced'])), name='einvoice_status_known'),
        ),
        migrations.AddConstraint(
            model_name='einvoice',
            constraint=models.CheckConstraint(condition=models.Q(('status', 'draft'), models.Q(('tax_code', ''), _negated=True), _connector='OR'), name='einvoice_issued_has_code'),
        ),
        migrations.AddConstraint(
            model_name='einvoice',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('day__isnull', True), ('invoice__isnull', False)), models.Q(('day__isnull', False), ('invoice__isnull', True)), _connector='OR'), name='einvoice_of_one_or_of_a_day'),
        ),
        migrations.AddConstraint(
            model_name='einvoice',
            constraint=models.UniqueConstraint(condition=models.Q(('day__isnull', False)), fields=('facility', 'day', 'number_of_day'), name='einvoice_day_once'),
        ),
        migrations.AddIndex(
            model_name='countedpayment',
            index=models.Index(fields=['payment'], name='counted_payment'),
        ),
        migrations.AddConstraint(
            model_name='countedpayment',
            constraint=models.UniqueConstraint(fields=('invoice', 'payment'), name='counted_once'),
        ),
        migrations.AddConstraint(
            model_name='countedpayment',
            constraint=models.CheckConstraint(condition=models.Q(('amount__gt', 0)), name='counted_amount_positive'),
        ),
        migrations.AddIndex(
            model_name='paylink',
            index=models.Index(fields=['payment'], name='pay_link_payment'),
        ),
        migrations.AddIndex(
            model_name='chargeditem',
            index=models.Index(fields=['subject'], name='charged_item_subject'),
        ),
        migrations.AddConstraint(
            model_name='chargeditem',
            constraint=models.CheckConstraint(condition=models.Q(('quantity__gt', 0), ('unit_amount__gte', 0)), name='charged_item_amounts'),
        ),
        migrations.AddConstraint(
            model_name='chargeditem',
            constraint=models.CheckConstraint(condition=models.Q(('base_amount', django.db.models.expressions.CombinedExpression(models.F('quantity'), '*', models.F('unit_amount')))), name='charged_item_base'),
        ),
        migrations.AddConstraint(
            model_name='chargeditem',
            constraint=models.CheckConstraint(condition=models.Q(('base_amount', django.db.models.expressions.CombinedExpression(django.db.models.expressions.CombinedExpression(django.db.models.expressions.CombinedExpression(django.db.models.expressions.CombinedExpression(models.F('discount_amount'), '+', models.F('insurance_amount')), '+', models.F('copay_amount')), '+', models.F('own_amount')), '+', models.F('other_amount')))), name='charged_item_parts_sum'),
        ),
        migrations.AddConstraint(
            model_name='chargeditem',
            constraint=models.CheckConstraint(condition=models.Q(('copay_amount__gte', 0), ('discount_amount__gte', 0), ('insurance_amount__gte', 0), ('other_amount__gte', 0), ('own_amount__gte', 0)), name='charged_item_parts_not_negative'),
        ),
        migrations.AddConstraint(
            model_name='chargeditem',
            constraint=models.CheckConstraint(condition=models.Q(('discount_amount', 0), models.Q(('discount_reason', ''), _negated=True), _connector='OR'), name='charged_item_discount_has_reason'),
        ),
        migrations.AddConstraint(
            model_name='pricelist',
            constraint=models.UniqueConstraint(fields=('facility', 'version'), name='price_list_version_once'),
        ),
        migrations.AddConstraint(
            model_name='pricelist',
            constraint=models.CheckConstraint(condition=models.Q(('during__isempty', False), ('during__lower_inf', False)), name='price_list_has_first_day'),
        ),
        migrations.AddConstraint(
            model_name='pricelist',
            constraint=django.contrib.postgres.constraints.ExclusionConstraint(condition=models.Q(('published_at__isnull', False)), expressions=[('facility', '='), ('during', '&&')], name='price_list_one_a_day'),
        ),
        migrations.AddConstraint(
            model_name='priceitem',
            constraint=models.UniqueConstraint(fields=('price_list', 'code'), name='price_item_code_once'),
        ),
        migrations.AddConstraint(
            model_name='priceitem',
            constraint=models.CheckConstraint(condition=models.Q(('amount__gte', 0)), name='price_item_amount_not_negative'),
        ),
        migrations.AddConstraint(
            model_name='priceitem',
            constraint=models.CheckConstraint(condition=models.Q(('category__in', ['insured', 'budget', 'uninsured', 'on_request'])), name='price_item_category_known'),
        ),
        migrations.AddConstraint(
            model_name='priceitem',
            constraint=models.CheckConstraint(condition=models.Q(('in_scope', False), ('category', 'insured'), _connector='OR'), name='price_item_in_scope_is_insured'),
        ),
        migrations.AddField(
            model_name='summed',
            name='summary',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='receipts', to='payments.einvoice'),
        ),
        migrations.AddIndex(
            model_name='receipt',
            index=models.Index(fields=['facility', '-created_at'], name='receipt_facility'),
        ),
        migrations.AddIndex(
            model_name='receipt',
            index=models.Index(fields=['payer', '-created_at'], name='receipt_payer'),
        ),
        migrations.AddConstraint(
            model_name='receipt',
            constraint=models.CheckConstraint(condition=models.Q(('amount__gt', 0)), name='receipt_amount_positive'),
        ),
        migrations.AddConstraint(
            model_name='receipt',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('kind', 'receipt'), ('refund__isnull', True)), models.Q(('kind', 'payout'), ('refund__isnull', False)), _connector='OR'), name='receipt_kind_known'),
        ),
        migrations.AddConstraint(
            model_name='receipt',
            constraint=models.UniqueConstraint(fields=('facility', 'kind', 'year', 'sequence'), name='receipt_number_once'),
        ),
        migrations.AddConstraint(
            model_name='receipt',
            constraint=models.UniqueConstraint(condition=models.Q(('kind', 'receipt')), fields=('payment',), name='receipt_payment_once'),
        ),
        migrations.AddConstraint(
            model_name='receipt',
            constraint=models.UniqueConstraint(fields=('refund',), name='receipt_refund_once'),
        ),
        migrations.AddConstraint(
            model_name='series',
            constraint=models.UniqueConstraint(fields=('facility', 'kind', 'year'), name='series_once'),
        ),
    ]
