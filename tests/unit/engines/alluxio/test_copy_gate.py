"""Which copies into a bucket may begin: the first by each job worker and mount goes alone."""

from avio.engines.alluxio.clients.status import Address, Block, Location, Persistence, Status
from avio.engines.alluxio.save.copy_gate import CopyGate


def status(path: str, host: str = "a", mount_id: int = 1, ufs_path: str = "s3://bucket/x") -> Status:
    held = Block(1, 10, 0, (Location(Address(host, 1), 1, "MEM", "MEM"),))
    other = Block(2, 3, 10, (Location(Address("other", 1), 2, "MEM", "MEM"),))
    return Status(
        path,
        False,
        13,
        True,
        Persistence.NOT_PERSISTED,
        False,
        mount_id,
        ufs_path,
        (held, other),
        100,
        0,
        "",
        False,
    )


def test_the_first_of_a_job_worker_and_mount_goes_alone() -> None:
    gate = CopyGate()

    assert gate.may_begin(status("/1"))
    assert not gate.may_begin(status("/2"))
    assert gate.may_begin(status("/3", host="b"))
    assert gate.may_begin(status("/4", mount_id=2))
    assert not gate.may_begin(status("/5", mount_id=2))


def test_all_others_begin_once_it_has_ended() -> None:
    gate = CopyGate()
    gate.may_begin(status("/1"))

    gate.ended("/1")

    assert gate.may_begin(status("/2"))
    assert gate.may_begin(status("/3"))


def test_the_next_goes_alone_where_there_was_nothing_to_copy() -> None:
    gate = CopyGate()
    gate.may_begin(status("/1"))

    gate.passed("/1")

    assert gate.may_begin(status("/2"))
    assert not gate.may_begin(status("/3"))


def test_after_a_loss_one_goes_alone_again_however_many_were_lost() -> None:
    # Given copies that went together, and were lost together
    gate = CopyGate()
    lost = [status(f"/{no}") for no in range(4)]
    gate.may_begin(lost[0])
    gate.ended("/0")
    assert all(gate.may_begin(each) for each in lost)

    # Then one goes alone
    began = []
    for each in lost:
        gate.lost(each.path)
        began.append(gate.may_begin(each))
    assert began == [True, False, False, False]

    # And the others once it has ended
    gate.ended("/0")
    for each in lost[1:]:
        gate.lost(each.path)
        assert gate.may_begin(each)


def test_a_local_directory_has_no_client_to_be_opened() -> None:
    gate = CopyGate()

    assert gate.may_begin(status("/1", ufs_path="/local/x"))
    assert gate.may_begin(status("/2", ufs_path="/local/y"))
