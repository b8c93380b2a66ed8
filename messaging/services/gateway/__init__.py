"""The operator's messengers: their members, what is handed to them, and what they tell us."""
