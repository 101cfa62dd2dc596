"""Files of a visit, before they are rows: cleaning.py writes a stranger's bytes anew, apart.py does so in a process of its own,
store.py keeps them sealed, addresses.py signs where they can be fetched for a minute.
"""
