"""Nodes of a Ray cluster on this machine; they end with this process, and no others do.

python ray_nodes.py: says the address of its first node, then for each line that it is sent the
process id of one more; ends with its input.
"""

from __future__ import annotations

import sys
from typing import Any

from ray.cluster_utils import Cluster

MEMORY = 100_000_000


def add(nodes: Cluster, cores: int, **more: Any) -> int:
    """The process id of what a node is, its raylet."""
    node = nodes.add_node(num_cpus=cores, object_store_memory=MEMORY, **more)
    [raylet] = node.all_processes["raylet"]
    return int(raylet.process.pid)


if __name__ == "__main__":
    nodes = Cluster()
    # Nobody looks at them or reads what they write, and there are as many as there are.
    add(nodes, 2, include_dashboard=False, include_log_monitor=False, no_monitor=True)
    print(nodes.address, flush=True)
    for _ in sys.stdin:
        print(add(nodes, 1), flush=True)
    for node in nodes.list_all_nodes():  # with what is left of those that were killed
        node.kill_all_processes(check_alive=False, allow_graceful=False, wait=True)
