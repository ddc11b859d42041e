/** The answer of --help. The README says why. */
export const runHelp = `penstock-run [OPTIONS] -- COMMAND ARG...
Becomes COMMAND: same process, another user, nothing of root left.

  --user USER[:GROUP]      names, or UID:GID; a bare number is refused. Numbers too for
                           accounts like DOMAIN\\name or with letters beyond ASCII
  --groups A,B             supplementary groups; default: none
  --init-groups            those of the user's account
  --env NAME=VALUE         sets a variable; ps shows it
  --env-from FILE          NAME=VALUE lines, read before the drop: keep it root's, mode 600
  --keep-env 'PATTERN,..'  variables of the caller to keep, like 'PENSTOCK_*,JAVA_HOME'; without it only the
                           locale, TERM and what systemd hands over
  --chdir FOLDER           entered as the user
  --umask 027              default: the caller's
  --limit NAME=SOFT[:HARD] as prlimit(1), like nofile=65536; repeatable
  --no-new-privs=on|off    default on: no setuid program gives the service more rights
  --ambient-caps NAME,..   capabilities to keep: net_bind_service, net_raw, ipc_lock, sys_nice
  --keep-fd N,..           inherited descriptors not to close; numbers below 16 never pass (see the README)
  --pid-file FILE          PID and start time, for \`stop\`; in a folder that is root's alone
  --must-read PATH         refuse unless the user can read it; repeatable
  --allow-root             run as root, or in root's group
  --tty                    keep the controlling terminal
  --explain[=json]         do all but the start, and say what would be started or what is in the way

Exit codes: 125 refused or failed, 126 COMMAND cannot be executed, 127 it is not there;
otherwise the command's own.

  penstock-run --user kafka --limit nofile=100000 -- /opt/kafka/bin/kafka-server-start.sh server.properties
  penstock-run --user 65534:65534 --keep-env 'PENSTOCK_*' --pid-file /run/receiver.pid -- node main.ts
  penstock-run --user www-data --ambient-caps net_bind_service --explain -- caddy run

Other commands, each with its own --help:
  penstock-run stop        stops what --pid-file names, waits for its end, and kills nothing
  penstock-run doctor      who would get a service's stop signal, and who would kill it when`;
