"""HTTP doors of booking: free times, one appointment, schedules. The collection of appointments is a journey's."""
