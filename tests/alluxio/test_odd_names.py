"""A directory that Alluxio can't list does not take its neighbours along, and a job never calls it done."""

import os
import uuid

from tests.alluxio.server_on_cluster import Stage
from tests.servers import alluxio


def test_a_preload_names_the_directory_that_alluxio_cannot_list_and_loads_all_others(
    stage: Stage, alluxio_cluster: alluxio.Cluster
) -> None:
    name = uuid.uuid4().hex
    alluxio_cluster.put({f"{name}/{directory}/f{number}": b"x" for directory in "amz" for number in range(5)})
    odd = alluxio_cluster.ufs / name / "m" / os.fsdecode(b"lat\xe9")
    odd.touch()

    job = stage.run("preload", f"/{name}")

    assert (job["status"], job["reason"]) == ("partial", "LEFT_OUT"), job["message"]
    counted = job["progress"]
    assert (counted["done"]["files"], counted["filesLeftOut"]) == (10, 1)
    assert "1 directory that can't be listed" in (job["message"] or "")
    assert f"/{name}/m: Alluxio can't list its bucket: NoSuchFileException" in stage.log(job)

    # And once the name is gone, all of it is there
    odd.unlink()
    again = stage.run("preload", f"/{name}")
    assert (again["status"], again["progress"]["done"]["files"]) == ("succeeded", 15)
