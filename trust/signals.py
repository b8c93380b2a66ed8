"""What trust tells the apps above, inside the transaction of the change."""

from django.dispatch import Signal

# A profile stands elsewhere now. Arguments: profile (locked), old, new, reason (a sentence).
standing_changed = Signal()

# Staff have upheld or dismissed a report. Arguments: report; tell its person report.outcome.
report_decided = Signal()

# An appeal was reversed: give back what was lost. Arguments: profile, appeal, lost (timedelta).
penalty_reversed = Signal()
