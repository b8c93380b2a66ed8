"""Links and codes that lead to a chat or join an account."""
