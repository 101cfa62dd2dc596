"""Stories that cross apps, each told top to bottom in one file. No tables, no rules: those belong to the apps."""
