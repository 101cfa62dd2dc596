"""Pages of the citizen: home, finding a doctor, taking a time, appointments, the health record, the profile."""
