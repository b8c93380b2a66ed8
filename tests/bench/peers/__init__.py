"""Other packages, run beside ours in an environment of their own; none of their code is here."""
