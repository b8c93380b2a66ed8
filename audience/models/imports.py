from django.db import models


class ImportRun(models.Model):
    """One file of people being loaded: how far it is, so that it goes on where it stopped.

    Moved on in the transaction of each batch; a run that is not finished was interrupted.
    """

    source = models.CharField(max_length=64)  # digest of the file; empty: a stream, never resumed
    name = models.CharField(max_length=200)
    started_at = models.DateTimeField()
    finished_at = models.DateTimeField(null=True)
    lines = models.BigIntegerField(default=0)  # the last one loaded
    added = models.BigIntegerField(default=0)
    known = models.BigIntegerField(default=0)
    rejected = models.BigIntegerField(default=0)

    class Meta:
        constraints = [
            # A file is loaded by one run at a time.
            models.UniqueConstraint(
                fields=["source"],
                condition=models.Q(finished_at=None) & ~models.Q(source=""),
                name="one_open_run_per_file",
            ),
        ]

    def __str__(self) -> str:
        return self.name


class ImportBatch(models.Model):
    """Lines of a run that are loaded; several workers may be out of order. Gone when it ends."""

    run = models.ForeignKey(ImportRun, models.CASCADE, related_name="batches")
    first = models.BigIntegerField()
    last = models.BigIntegerField()

    class Meta:
        constraints = [
            # Lines are loaded once.
            models.UniqueConstraint(fields=["run", "first"], name="one_import_batch"),
        ]

    def __str__(self) -> str:
        return f"{self.first}-{self.last}"


class ImportReject(models.Model):
    """A line that was not loaded, and why; kept until the next run of the same file."""

    run = models.ForeignKey(ImportRun, models.CASCADE, related_name="rejects")
    line = models.BigIntegerField()
    reason = models.CharField(max_length=200)

    class Meta:
        constraints = [
            # A line is rejected once, also when its batch is tried again.
            models.UniqueConstraint(fields=["run", "line"], name="one_reject_per_line"),
        ]

    def __str__(self) -> str:
        return f"{self.line}: {self.reason}"
