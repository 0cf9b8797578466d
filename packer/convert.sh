#!/bin/sh
# convert.sh qcow2|ova IMAGE OUT: the raw disk in another form.
set -eu
form=$1 image=$2 out=$3
here=$(dirname "$(readlink -f "$0")")
case $form in
  qcow2) qemu-img convert -f raw -O qcow2 -c "$image" "$out" ;;
  ova)
    folder=$(mktemp -d)
    trap 'rm -rf "$folder"' EXIT
    disk=$folder/lango-disk1.vmdk
    qemu-img convert -f raw -O vmdk -o subformat=streamOptimized "$image" "$disk"
    sed "s/@DISK_BYTES@/$(stat -c %s "$disk")/; s/@CAPACITY_BYTES@/$(stat -c %s "$image")/" "$here/lango.ovf.in" >"$folder/lango.ovf"
    (cd "$folder" && sha256sum --tag lango.ovf lango-disk1.vmdk | sed 's/^SHA256 (\(.*\)) = /SHA256(\1)= /' >lango.mf)
    # The descriptor comes first (DMTF DSP0243, 5.1).
    tar -cf "$out" --format=ustar --owner=0 --group=0 -C "$folder" lango.ovf lango.mf lango-disk1.vmdk
    ;;
  *) echo "convert.sh: qcow2 or ova, not '$form'" >&2; exit 2 ;;
esac
