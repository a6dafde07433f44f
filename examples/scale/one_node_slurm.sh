#!/usr/bin/env bash
# one_node_slurm.sh FOLDER COMMAND..
# Runs a command beside a Slurm of one node, this machine, whose daemons (munged, slurmctld, slurmd of
# Debian's package slurm-wlm) live in FOLDER and listen on the loopback interface alone; they end with
# the command. To try job arrays without a cluster; as root.
#   examples/scale/one_node_slurm.sh /tmp/slurm sbatch --wait --array=1-8 examples/scale/slurm.sh ..
set -euo pipefail
(($# >= 2)) || { sed -n '2,6s/^# //p' "$0" >&2; exit 2; }
mkdir -p "$1"
folder=$(readlink -f "$1")
shift
mkdir -p "$folder"/{state,spool,munge}
chmod 700 "$folder/munge"

head -c 1024 /dev/urandom >"$folder/munge/key"
chmod 400 "$folder/munge/key"
socket=$folder/munge/socket
cat >"$folder/slurm.conf" <<CONF
ClusterName=one_node
SlurmctldHost=$(hostname -s)(127.0.0.1)
SlurmUser=$(id -un)
SlurmdUser=$(id -un)
AuthType=auth/munge
AuthInfo=socket=$socket
CredType=cred/munge
SlurmctldPort=16817
SlurmdPort=16818
CommunicationParameters=NoInAddrAny
StateSaveLocation=$folder/state
SlurmdSpoolDir=$folder/spool
SlurmctldPidFile=$folder/slurmctld.pid
SlurmdPidFile=$folder/slurmd.pid
SlurmctldLogFile=$folder/slurmctld.log
SlurmdLogFile=$folder/slurmd.log
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
SelectType=select/cons_tres
SelectTypeParameters=CR_Core
JobAcctGatherType=jobacct_gather/none
ReturnToService=2
SchedulerParameters=requeue_delay=0
MailProg=/bin/true
NodeName=$(hostname -s) NodeAddr=127.0.0.1 CPUs=$(nproc) State=UNKNOWN
PartitionName=all Nodes=ALL Default=YES MaxTime=INFINITE State=UP
CONF
export SLURM_CONF=$folder/slurm.conf

daemons=()
end_all() {
  for ((k = ${#daemons[@]} - 1; k >= 0; k--)); do kill "${daemons[k]}" 2>/dev/null || true; done
  wait
}
trap end_all EXIT
munged --foreground --force --key-file "$folder/munge/key" --socket "$socket" \
  --pid-file "$folder/munge/pid" --seed-file "$folder/munge/seed" \
  --log-file "$folder/munge/log" >"$folder/munged.out" 2>&1 &
daemons+=($!)
until [[ -S $socket ]]; do kill -0 "${daemons[0]}" || { cat "$folder/munged.out" >&2; exit 2; }; sleep 0.1; done
slurmctld -D >"$folder/slurmctld.out" 2>&1 &
daemons+=($!)
slurmd -D >"$folder/slurmd.out" 2>&1 &
daemons+=($!)
until [[ $(sinfo --noheader --format %T 2>/dev/null) == idle ]]; do
  for daemon in "${daemons[@]}"; do
    kill -0 "$daemon" || { cat "$folder"/*.out "$folder"/*.log >&2; exit 2; }
  done
  sleep 0.2
done
"$@"
