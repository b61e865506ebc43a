"""What happens at a point in time; APScheduler is known here alone."""
