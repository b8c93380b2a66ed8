"""Files in a bucket: a real S3 server on this machine, spoken to by its protocol."""

import boto3
from django.core.files.storage import storages
from django.test import override_settings
from moto.server import ThreadedMotoServer

from messaging.models import Media
from messaging.tests.test_media import MediaCase, picture

KEYS = {"access_key": "here", "secret_key": "hush", "region_name": "eu-central-1"}


class BucketTests(MediaCase):
    def setUp(self) -> None:
        server = ThreadedMotoServer("127.0.0.1", 0, verbose=False)
        server.start()
        self.addCleanup(server.stop)
        host, port = server.get_host_and_port()
        self.endpoint = f"http://{host}:{port}"
        self.s3 = boto3.client(
            "s3",
            endpoint_url=self.endpoint,
            aws_access_key_id="here",
            aws_secret_access_key="hush",
            region_name="eu-central-1",
        )
        self.s3.create_bucket(
            Bucket="uploads", CreateBucketConfiguration={"LocationConstraint": "eu-central-1"}
        )
        options = KEYS | {"bucket_name": "uploads", "endpoint_url": self.endpoint}
        backend = {"BACKEND": "storages.backends.s3.S3Storage", "OPTIONS": options}
        settings = override_settings(
            STORAGES={"default": backend, "staticfiles": storages.backends["staticfiles"]}
        )
        settings.enable()
        self.addCleanup(settings.disable)

    def test_a_file_is_kept_shown_in_parts_and_deleted_there(self):
        status, said = self.upload(picture())
        self.assertEqual(status, 200)
        media = Media.objects.get(pk=int(said["id"]))
        kept = self.s3.get_object(Bucket="uploads", Key=media.stored_as)["Body"].read()

        path = self.call("GET", f"/v23.0/{media.pk}")[1]["url"].split("/", 3)[3]
        shown = self.client.get(f"/{path}")
        self.assertEqual(shown.getvalue(), kept)
        self.assertEqual(shown["Content-Length"], str(media.size))
        part = self.client.get(f"/{path}", headers={"Range": "bytes=2-5"})
        self.assertEqual((part.status_code, part.content), (206, kept[2:6]))

        self.assertEqual(self.call("DELETE", f"/v23.0/{media.pk}")[0], 200)
        self.assertNotIn("Contents", self.s3.list_objects_v2(Bucket="uploads"))
        self.assertEqual(self.client.get(f"/{path}").status_code, 404)
