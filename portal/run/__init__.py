"""What `make run` and `make test` supervise: embedded database, embedded broker, set-up."""
