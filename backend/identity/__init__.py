"""Who people are: accounts, citizens, practitioners, facilities, roles, and who may act for whom.

Sign-in is django-allauth's; it is imported here and nowhere else.
"""
