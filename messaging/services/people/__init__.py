"""A person's side: chats, answers, blocks, reports, push, and what is kept of them."""
