#!/bin/sh
# aws-register.sh BUCKET NAME: an AMI of NAME.img in the bucket. It needs the role vmimport (VM Import/Export User Guide).
set -eu
bucket=$1 name=$2
task=$(aws ec2 import-snapshot --description "$name" --query ImportTaskId --output text \
  --disk-container "Format=RAW,UserBucket={S3Bucket=$bucket,S3Key=$name.img}")
while :; do
  set -- $(aws ec2 describe-import-snapshot-tasks --import-task-ids "$task" --output text \
    --query 'ImportSnapshotTasks[0].SnapshotTaskDetail.[Status,SnapshotId]')
  case $1 in
    completed) break ;;
    active) sleep 15 ;;
    *) echo "aws-register: the import ended as $1" >&2; exit 1 ;;
  esac
done
aws ec2 register-image --name "$name" --architecture x86_64 --boot-mode uefi --ena-support --virtualization-type hvm \
  --root-device-name /dev/xvda --block-device-mappings "DeviceName=/dev/xvda,Ebs={SnapshotId=$2,VolumeType=gp3,VolumeSize=8}"
