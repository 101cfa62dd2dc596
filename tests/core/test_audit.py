"""The access log only appends, and only in words."""

from uuid import uuid4

import pytest
from django.db import DatabaseError, transaction

import audit
from audit.models import Line
from audit.queries import lines_about
from core.actor import Actor
from core.refs import Ref


@pytest.mark.django_db
def test_a_line_cannot_be_changed_or_removed():
    person = uuid4()
    audit.record(Actor.system("test"), "records.read", Ref("person", person), person_id=person)
    line = lines_about(person).get()
    with pytest.raises(DatabaseError), transaction.atomic():
        Line.objects.filter(pk=line.pk).update(name="nobody")
    with pytest.raises(DatabaseError), transaction.atomic():
        line.delete()
    assert lines_about(person).get().name == "test"


@pytest.mark.django_db
def test_an_action_without_plain_words_is_a_bug():
    with pytest.raises(LookupError):
        audit.record(Actor.system("test"), "kettle.boil", Ref("person", uuid4()))
