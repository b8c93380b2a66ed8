"""A business's side of its conversations: the shared inbox and the contacts."""
