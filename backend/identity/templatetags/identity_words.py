"""Phone numbers as people say them."""

from django import template

from identity import phone

register = template.Library()
register.filter("spoken", phone.spoken)
register.filter("masked", phone.masked)
