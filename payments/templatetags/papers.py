"""Amounts of tables of money."""

from django import template

from core.money import Money

register = template.Library()


@register.filter
def dong(amount: int) -> str:
    """Write a number of đồng as an amount."""
    return str(Money(int(amount), "VND"))
