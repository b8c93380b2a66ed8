from django.conf import settings
from django.test import SimpleTestCase

from portal.celery import app


class TimetableTests(SimpleTestCase):
    def test_everything_on_the_timetable_exists(self):
        app.loader.import_default_modules()
        for name, entry in settings.CELERY_BEAT_SCHEDULE.items():
            with self.subTest(name=name):
                self.assertIn(entry["task"], app.tasks)
