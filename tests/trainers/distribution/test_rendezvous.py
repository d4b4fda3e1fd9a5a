"""Workers that meet: all or none, in bounded time, whoever is late, wrong or gone."""

import json
import socket
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest

import configs
from trainers.distribution import joining, rendezvous
from trainers.distribution.local_workers import free_addresses
from trainers.errors import PeerError


def never():
    return False


def meet_all(addresses, delays, seconds=20.0):
    """Let worker i come after `delays[i]` seconds; return how long it took each to go on.

    Seconds are counted from one start for all. Every worker but the chief must have kept one
    connection, to the chief, and the chief its other end: what one sends there, the other reads.
    """
    began = time.monotonic()

    def worker(index):
        time.sleep(delays[index])
        kept = rendezvous.meet(addresses, index, seconds, never)
        return time.monotonic() - began, kept

    with ThreadPoolExecutor(len(addresses)) as pool:
        times, kept = zip(*pool.map(worker, range(len(addresses))), strict=True)
    # By port alone, since a listener on IPv6 shows an IPv4 address in another form.
    ends = {connection.getpeername()[1]: connection for connection in kept[0].values()}
    assert len(ends) == len(addresses) - 1
    for connection in (connections[0] for connections in kept[1:]):
        connection.sendall(b"x")
        other = ends[connection.getsockname()[1]]
        assert other.recv(1) == b"x"
        connection.close()
        assert other.recv(1) == b""
        other.close()
    return times


@pytest.mark.parametrize("workers", [1, 2, 3, 8])
def test_workers_that_come_together_go_on_soon(workers):
    assert max(meet_all(free_addresses(workers), [0.0] * workers)) < 5


def test_workers_of_other_settings_refuse_each_other():
    """Each within seconds, whoever came first; seen to fail, and to train together, without the
    comparison of what they are to do."""
    addresses = free_addresses(2)

    def refused(index):
        time.sleep(index / 2)
        with pytest.raises(configs.ConfigError) as caught:
            rendezvous.meet(addresses, index, 20, never, f"work {index}")
        return str(caught.value)

    began = time.monotonic()
    with ThreadPoolExecutor(2) as pool:
        first, second = pool.map(refused, (0, 1))
    assert time.monotonic() - began < 10
    told = "was started with other settings; give all workers the same command line"
    assert first == f"worker 1 ({addresses[1]}) {told}"
    assert second == f"worker 0 ({addresses[0]}) {told}"


def test_work_of_a_worker_is_all_but_what_its_machine_says():
    """Seen to fail where the seed is left out, or the folder of the data is not."""
    config = configs.recipe("mlp", seed=1)
    moved = replace(config, dataset=replace(config.dataset, data_dir="/data"), imports=("mine",))
    assert joining._work(moved) == joining._work(config)
    assert joining._work(replace(config, seed=2)) != joining._work(config)


def side_by_side(check, cases):
    """Check cases that mostly wait, all at once; fail as the first of them that does."""
    with ThreadPoolExecutor(len(cases)) as pool:
        for checked in [pool.submit(check, case) for case in cases]:
            checked.result()


def test_nobody_goes_on_before_the_latest():
    def check(late):
        delays = [0.0, 0.0, 0.0]
        delays[late] = 1.0
        times = meet_all(free_addresses(3), delays)
        assert min(times) >= 1, late
        assert max(times) < 6, late

    side_by_side(check, [0, 1, 2])


def test_ports_are_free_afterwards():
    addresses = free_addresses(2)
    for _ in range(3):
        meet_all(addresses, [0.0, 0.0])
    for address in addresses:
        socket.create_server(rendezvous.split(address)).close()


@pytest.mark.skipif(not socket.has_dualstack_ipv6(), reason="no IPv6 here")
def test_workers_meet_over_either_version_of_the_protocol():
    ports = [rendezvous.split(a)[1] for a in free_addresses(2)]
    try:
        meet_all([f"[::1]:{ports[0]}", f"127.0.0.1:{ports[1]}"], [0.0, 0.0], 5)
    except PeerError:
        pytest.skip("no IPv6 address here")


def answering(address, answer):
    """Send `answer` to whoever connects to an address; return a function that ends this."""
    server = socket.create_server(rendezvous.split(address))
    server.settimeout(0.05)
    ended = threading.Event()

    def serve():
        while not ended.is_set():
            try:
                connection, _ = server.accept()
            except TimeoutError:
                continue
            with connection:
                connection.recv(20)
                connection.sendall(answer)
        server.close()

    thread = threading.Thread(target=serve)
    thread.start()
    return lambda: (ended.set(), thread.join())


def test_one_that_was_seen_and_then_stays_silent_is_named():
    addresses = free_addresses(2)
    end = answering(addresses[1], json.dumps([1, False, addresses]).encode())
    try:
        with pytest.raises(PeerError, match=r"^worker 1 \(\S+\) did not start within 0\.5 s"):
            rendezvous.meet(addresses, 0, 0.5, never)
    finally:
        end()


def test_one_that_was_seen_and_then_died_is_named():
    addresses = free_addresses(2)
    end = answering(addresses[1], json.dumps([1, False, addresses]).encode())
    threading.Timer(0.3, end).start()
    with pytest.raises(PeerError, match=r"^worker 1 \(\S+\) did not start within 1 s"):
        rendezvous.meet(addresses, 0, 1, never)


def test_one_that_has_heard_that_all_are_there_may_go_on_first():
    addresses = free_addresses(2)
    end = answering(addresses[1], json.dumps([1, False, addresses]).encode())

    def hear_and_leave():
        while not ((answer := rendezvous._ask(addresses[0], 1)) and answer[1]):
            time.sleep(0.01)
        end()
        return rendezvous._keep(addresses[0], 1)

    with ThreadPoolExecutor(1) as pool:
        heard = pool.submit(hear_and_leave)
        for connection in [*rendezvous.meet(addresses, 0, 5, never).values(), heard.result()]:
            connection.close()


def test_one_that_died_before_it_kept_a_connection_is_named():
    addresses = free_addresses(2)
    end = answering(addresses[1], json.dumps([1, True, addresses]).encode())
    try:
        with pytest.raises(PeerError, match=r"^worker 1 \(\S+\) did not start within 0\.5 s"):
            rendezvous.meet(addresses, 0, 0.5, never)
        answer = json.dumps([0, True, addresses]).encode()
        other_end = answering(addresses[0], answer)
        end()
        with pytest.raises(PeerError, match=r"^worker 0 \(\S+\) did not start within 0\.5 s"):
            rendezvous.meet(addresses, 1, 0.5, never)
        other_end()
    finally:
        end()


def test_another_program_on_a_workers_address_is_no_worker():
    def check(answer):
        addresses = free_addresses(2)
        end = answering(addresses[1], answer)
        try:
            with pytest.raises(PeerError, match=r"^worker 1 \(\S+\) did not start"):
                rendezvous.meet(addresses, 0, 0.3, never)
        finally:
            end()

    side_by_side(check, [b"", b"SSH-2.0", b"\xff\x00", b"3", b"{}", b"[1]", b"[" * 9999])


def test_another_programs_question_disturbs_nobody():
    def check(asked):
        addresses = free_addresses(2)

        def disturb():
            end = time.monotonic() + 1
            while time.monotonic() < end:
                try:
                    with socket.create_connection(rendezvous.split(addresses[0]), timeout=1) as one:
                        one.sendall(asked)
                except OSError:
                    time.sleep(0.01)

        with ThreadPoolExecutor(1) as pool:
            disturbing = pool.submit(disturb)
            assert max(meet_all(addresses, [0.2, 0.2])) < 10, asked
            disturbing.result()

    cases = [b"", b"GET / HTTP/1.1\r\n\r\n", b"\xff\xff\n", b"9" * 100, b"7 keep\n"]
    side_by_side(check, cases)


@pytest.mark.parametrize("wrong", ["index", "addresses"])
def test_worker_with_another_list_or_place_is_refused(wrong):
    addresses = free_addresses(2)
    answer = [0, False, addresses] if wrong == "index" else [1, False, [addresses[0], "b:1"]]
    end = answering(addresses[1], json.dumps(answer).encode())
    try:
        with pytest.raises(configs.ConfigError) as caught:
            rendezvous.meet(addresses, 0, 5, never)
    finally:
        end()
    assert str(caught.value) == (
        f"{addresses[1]} answers as worker {answer[0]} of {answer[2]}; give all workers the same "
        "list and each its own index"
    )


@pytest.mark.parametrize("family", [socket.AF_INET, socket.AF_INET6])
def test_port_in_use_is_told_at_once(family):
    if family == socket.AF_INET6 and not socket.has_dualstack_ipv6():
        pytest.skip("no IPv6 here")
    addresses = free_addresses(2)
    port = rendezvous.split(addresses[1])[1]
    with (
        socket.create_server(("", port), family=family),
        pytest.raises(configs.ConfigError) as caught,
    ):
        rendezvous.meet(addresses, 1, 1, never)
    assert str(caught.value) == (
        f"worker 1 cannot listen on {addresses[1]} (Address already in use); free the port, or "
        "give the worker another"
    )


def test_unknown_host_name_is_a_mistake_once_its_time_is_over():
    own = free_addresses(1)[0]
    with pytest.raises(configs.ConfigError) as caught:
        rendezvous.meet([own, "no-such-host.invalid:5000"], 0, 0.2, never)
    assert str(caught.value) == (
        "the host name 'no-such-host.invalid' of no-such-host.invalid:5000 is unknown; correct "
        "the list of workers"
    )
