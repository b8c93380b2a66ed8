"""`make run` on what an earlier one left."""

import os
import re

import pytest

from portal.run import start
from portal.run.database import Database

embedded = pytest.mark.skipif(Database().is_replaced(), reason="needs the embedded database")


@embedded
def test_a_database_older_than_its_keys_is_kept_aside_and_a_new_one_made(
    tmp_path, monkeypatch, capsys
):
    monkeypatch.setattr(start, "VAR", tmp_path)
    keys, made = tmp_path / "secrets.json", int(Database().made_at())
    keys.touch()
    os.utime(keys, ns=(made - 1, made - 1))
    start.leave_what_other_keys_sealed()
    assert not capsys.readouterr().err, "made with these keys"

    os.utime(keys, ns=(made + 1, made + 1))
    with Database().as_owner() as connection:
        before = site_databases(connection)
        start.leave_what_other_keys_sealed()
        (aside,) = site_databases(connection) - before
        said = capsys.readouterr().err
        connection.execute(f"DROP DATABASE {aside}")
    assert re.search(rf"is kept as {aside}, and a new one is made", said)

    (tmp_path / "migrated").touch()
    start.leave_what_other_keys_sealed()
    assert not capsys.readouterr().err, "it works with these keys already"


def site_databases(connection) -> set[str]:
    rows = connection.execute("select datname from pg_database where datname like 'signet%'")
    return {name for (name,) in rows}
