"""What people arrange for their own work: choices, ready-made answers, who has a task open."""
