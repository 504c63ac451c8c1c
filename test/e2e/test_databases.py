"""Orders over HTTP in Debian's own database servers, each a native container that the module finds by its name on a network."""

import json
import shutil

import pytest
from lab.client import new_id
from lab.proc import LabError, wait_until
from web import ask, fetch, serve

pytestmark = pytest.mark.usefixtures("ours_alone")

# How each server starts in an empty container with nothing but /usr, its data in the container alone, and asks for a
# password as Debian's configuration does: MariaDB by mysql_native_password, PostgreSQL by SCRAM-SHA-256, Redis by AUTH.
SERVERS = {
    "mysql": (
        "/usr/sbin/mariadbd",
        3306,
        """mariadb-install-db --no-defaults --auth-root-authentication-method=normal --skip-test-db --datadir=/data/m >/dev/null
        cat >/data/init <<END
        CREATE DATABASE shop;
        CREATE USER 'clerk'@'%' IDENTIFIED BY 'right';
        GRANT ALL ON shop.* TO 'clerk'@'%';
END
        exec mariadbd --no-defaults --skip-name-resolve --datadir=/data/m --socket=/data/socket --init-file=/data/init""",
    ),
    "postgres": (
        "/usr/lib/postgresql/15/bin/postgres",
        5432,
        """PATH=/usr/lib/postgresql/15/bin:$PATH
        echo right >/data/password
        initdb --no-locale -E UTF8 -D /data/p -U clerk --pwfile=/data/password --auth=scram-sha-256 >/dev/null
        echo "host all all all scram-sha-256" >>/data/p/pg_hba.conf
        echo "CREATE DATABASE shop" | postgres --single -D /data/p postgres >/dev/null
        exec postgres -D /data/p -k /data -c listen_addresses='*'""",
    ),
    "redis": (
        "/usr/bin/redis-check-rdb",
        6379,
        # The package redis-tools has the server too, under another name: by which it is called decides what it is.
        """ln -s /usr/bin/redis-check-rdb /data/redis-server
        exec /data/redis-server --dir /data --save '' --requirepass none --user clerk on '>right' '~*' '+@all'""",
    ),
}
NAMES = {"redis": "0"}  # of the database; Redis has numbers

ORDERS = [
    {
        "order_id": number,
        "product_id": 12,
        "quantity": 2,
        "amount": 56.5,
        "shipping": 15,
        "tax": 2.25,
        "shipping_address": address,
    }
    for number, address in ((2, "Mataderos 2312"), (1, "O'Hara \"Sons\" \\ %s ?; DROP TABLE orders; -- Zürich \U0001f4e6\n"))
]


@pytest.fixture(params=SERVERS)
def database(request, docker, images, network):
    """A server, starting: its kind, and where it is by its name."""
    program, port, script = SERVERS[request.param]
    if not shutil.which(program):
        pytest.skip(f"needs {program}: deploy/install-packages test")
    name = f"database-{new_id()}"
    docker.run(images(docker, "debian"), script, name=name, detach=True, network=network, volumes=[("/usr", "/usr", "ro")],
               check=True)  # fmt: skip
    return request.param, f"{name}:{port}/{NAMES.get(request.param, 'shop')}"


def start(docker, images, network, database, password, port):
    kind, place = database
    url = f"{kind}://clerk:{password}@{place}"
    serve(docker, images(docker, "orders"), None, port=[f"{port}:8080"], network=network, env={"DATABASE_URL": url})


def test_orders(docker, images, network, database):
    start(docker, images, network, database, "right", 18080)
    answers = []

    def initialised():
        answers.append(ask(docker, 18080, "/init"))
        return answers[-1][0] != 503  # until then, it starts

    try:
        wait_until(initialised, "the database's server", 120, 0.5)
    except LabError as error:
        name = database[1].partition(":")[0]
        logs = docker.docker("logs", name, check=False)
        raise AssertionError(f"{error}\n{answers[-1]}\n{logs.stdout}{logs.stderr}") from None
    assert answers[-1] == (200, '{"status":true}\n')
    assert json.loads(fetch(docker, 18080, "/orders")) == []
    for order in ORDERS:
        assert json.loads(fetch(docker, 18080, "/create_order", json.dumps(order))) == {"status": True}
    assert json.loads(fetch(docker, 18080, "/orders")) == sorted(ORDERS, key=lambda order: order["order_id"])

    status, body = ask(docker, 18080, "/create_order", json.dumps(ORDERS[0]))
    assert (status, json.loads(body)["status"]) == (409, False)
    assert "the database refused" in json.loads(body)["error"]
    status, body = ask(docker, 18080, "/create_order", '{"order_id": "x"}')
    assert (status, json.loads(body)["error"]) == (400, "shipping_address is missing")
    assert len(json.loads(fetch(docker, 18080, "/orders"))) == 2  # and it is still there

    start(docker, images, network, database, "wrong", 18081)
    status, body = ask(docker, 18081, "/init")
    assert status == 503 and "the database cannot be used" in json.loads(body)["error"]
    assert any(word in body for word in ("Access denied", "authentication failed", "WRONGPASS")), body
