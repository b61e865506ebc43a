"""What is news, whom it concerns, and whether they may know of it: told a moment later, at no cost to a step."""
