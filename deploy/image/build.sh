#!/usr/bin/env bash
# Builds deploy/image/Dockerfile without a daemon, on a Debian machine as root, from packages of Debian and PyPI alone.
# Leaves the image in the store of buildah, and as an archive in .image/avio.tar. Needs: buildah, mmdebstrap.
set -euo pipefail
cd "$(dirname "$0")/../.."

for tool in buildah mmdebstrap; do
  command -v "$tool" >/dev/null || { echo "$tool is missing: apt-get install buildah mmdebstrap runc" >&2; exit 1; }
done
mkdir -p .image
base=localhost/avio-python:bookworm
tag=${TAG:-localhost/avio:latest}
build=(buildah --storage-driver vfs)

if ! "${build[@]}" inspect --type image "$base" >/dev/null 2>&1; then
  mmdebstrap --quiet --variant=minbase --include=python3,python3-venv,ca-certificates \
    --dpkgopt='path-exclude=/usr/share/doc/*' --dpkgopt='path-exclude=/usr/share/man/*' bookworm .image/rootfs.tar
  container=$("${build[@]}" from scratch)
  "${build[@]}" add --quiet "$container" .image/rootfs.tar / >/dev/null
  "${build[@]}" commit --quiet "$container" "$base" >/dev/null
  "${build[@]}" rm "$container" >/dev/null
  rm -f .image/rootfs.tar
fi

# pip finds its index and its certificates as on this machine.
options=()
[ ! -e /etc/pip.conf ] || options+=(--volume /etc/pip.conf:/etc/pip.conf:ro)
[ ! -e /etc/ssl/certs/ca-certificates.crt ] || \
  options+=(--volume /etc/ssl/certs/ca-certificates.crt:/etc/ssl/certs/ca-certificates.crt:ro)
"${build[@]}" bud --quiet --isolation chroot --network host --format docker "${options[@]}" \
  --build-arg PYTHON="$base" \
  --build-arg VERSION="$(sed -n 's/^__version__ = "\(.*\)"$/\1/p' avio/__init__.py)" \
  --build-arg REVISION="$(git rev-parse HEAD 2>/dev/null || echo unknown)" \
  --tag "$tag" --file deploy/image/Dockerfile .
rm -f .image/avio.tar
"${build[@]}" push --quiet "$tag" "docker-archive:.image/avio.tar:$tag"
echo "$tag, and .image/avio.tar: $(du -h .image/avio.tar | cut -f1)"
