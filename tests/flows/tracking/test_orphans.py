"""A process is known again by host, id and beginning."""

import os
import socket
import subprocess
import sys

import psutil

from descent.flows.tracking.orphans import is_gone, this_command


def test_a_living_process_is_not_gone() -> None:
    assert not is_gone(this_command())
    assert this_command() == f"{socket.gethostname()} {os.getpid()} {psutil.Process().create_time():.2f}"


def test_an_ended_process_is_gone_and_so_is_one_whose_id_serves_another() -> None:
    ended = subprocess.Popen([sys.executable, "-c", ""])
    began = psutil.Process(ended.pid).create_time()
    ended.wait()
    assert is_gone(f"{socket.gethostname()} {ended.pid} {began:.2f}")
    assert is_gone(f"{socket.gethostname()} {os.getpid()} 12.00")


def test_nothing_is_said_of_other_hosts_or_of_runs_without_the_tag() -> None:
    assert not is_gone("elsewhere.example 1 1.00")
    assert not is_gone("")
