"""Notifications: what is said to whom (message), how it is tried to reach them (attempt), and what they wish (preference).

A message is written once for each key and reader and is the inbox by itself. Carriers take it further: SMS, e-mail, push.
Nothing clinical leaves the house: these say that there is news, the inbox says which.
"""
