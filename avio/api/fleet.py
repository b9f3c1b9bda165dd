"""What the fleet does: worker nodes and mounts, with the jobs on them."""

from typing import Any

from avio.api import serializers
from avio.api.auth import caller
from avio.api.blueprints import blueprint
from avio.api.fleet_responses import MountList, NodeList
from avio.api.requests import Nothing
from avio.api.services import services
from avio.rules.mounts import list_mounts
from avio.rules.nodes import list_nodes

fleet = blueprint("fleet")


@fleet.get("/nodes", responses={200: NodeList})
def nodes(query: Nothing) -> dict[str, Any]:
    """Return the worker nodes, with the caller's jobs there; for admins with all."""
    return {"nodes": [serializers.node_info(node, services().zone) for node in list_nodes(caller())]}


@fleet.get("/mounts", responses={200: MountList})
def mounts(query: Nothing) -> dict[str, Any]:
    """Return the mounts, whether they answer as far as is known, and the caller's jobs there; for admins all."""
    made = services()
    found = list_mounts(caller(), made.engine, made.health, made.settings.engine)
    return {"mounts": [serializers.mount_info(mount) for mount in found]}
