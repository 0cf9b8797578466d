variable "image" {
  type        = string
  description = "The raw disk that npm run image made, unpacked."
}
variable "version" {
  type    = string
  default = "0.1.0"
}
variable "out" {
  type    = string
  default = "."
}
variable "proxmox_host" {
  type    = string
  default = "root@proxmox.invalid"
}
variable "proxmox_storage" {
  type    = string
  default = "local-lvm"
}
variable "proxmox_id" {
  type    = string
  default = "9001"
}
variable "aws_bucket" {
  type    = string
  default = "bucket-for-images"
}
variable "hcloud_location" {
  type    = string
  default = "nbg1"
}

locals {
  convert = "${path.root}/convert.sh"
  name    = "lango-${var.version}"
}

# Nothing is started: these only convert, and hand over.
source "null" "qemu" {
  communicator = "none"
}
source "null" "vmware" {
  communicator = "none"
}
source "null" "virtualbox" {
  communicator = "none"
}
source "null" "proxmox" {
  communicator = "none"
}
source "null" "aws" {
  communicator = "none"
}

# The rescue system lies in memory: the disk can be written whole.
source "hcloud" "lango" {
  image         = "debian-12"
  location      = var.hcloud_location
  server_type   = "cx22"
  rescue        = "linux64"
  ssh_username  = "root"
  snapshot_name = local.name
}

build {
  sources = ["source.null.qemu"]
  provisioner "shell-local" {
    inline = ["sh ${local.convert} qcow2 ${var.image} ${var.out}/${local.name}.qcow2"]
  }
}

build {
  sources = ["source.null.vmware", "source.null.virtualbox"]
  provisioner "shell-local" {
    inline = ["sh ${local.convert} ova ${var.image} ${var.out}/${local.name}.ova"]
  }
}

build {
  sources = ["source.null.proxmox"]
  provisioner "shell-local" {
    inline = [
      "sh ${local.convert} qcow2 ${var.image} ${var.out}/${local.name}.qcow2",
      "scp ${var.out}/${local.name}.qcow2 ${var.proxmox_host}:/var/tmp/${local.name}.qcow2",
      "ssh ${var.proxmox_host} 'qm create ${var.proxmox_id} --name lango --memory 1024 --cores 2 --bios ovmf --efidisk0 ${var.proxmox_storage}:1 --scsihw virtio-scsi-single --net0 virtio,bridge=vmbr0 --serial0 socket && qm importdisk ${var.proxmox_id} /var/tmp/${local.name}.qcow2 ${var.proxmox_storage} && qm set ${var.proxmox_id} --scsi0 ${var.proxmox_storage}:vm-${var.proxmox_id}-disk-1 --boot order=scsi0 && qm template ${var.proxmox_id} && rm /var/tmp/${local.name}.qcow2'",
    ]
  }
}

build {
  sources = ["source.null.aws"]
  provisioner "shell-local" {
    inline = [
      "aws s3 cp ${var.image} s3://${var.aws_bucket}/${local.name}.img",
      "sh ${path.root}/aws-register.sh ${var.aws_bucket} ${local.name}",
    ]
  }
}

build {
  sources = ["source.hcloud.lango"]
  provisioner "file" {
    source      = var.image
    destination = "/dev/shm/lango.img"
  }
  provisioner "shell" {
    inline = ["dd if=/dev/shm/lango.img of=/dev/sda bs=4M conv=fsync"]
  }
}
