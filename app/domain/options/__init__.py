"""Shared lists of answers (categories, closure codes): shipped beside the forms, changed in the administration."""
