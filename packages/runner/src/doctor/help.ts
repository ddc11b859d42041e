/** The answer of `penstock-run doctor --help`. */
export const DOCTOR_HELP = `penstock-run doctor --pid PID | --unit FILE | --compose FILE | --upstart FILE  [--needs SECONDS] [--json]
Who gets this service's stop signal, who stands between it and its supervisor, and who would send it KILL when.

  --pid PID        a running service: walks /proc up to its supervisor, and asks systemctl or docker where they are. As root, to see all
  --unit FILE      a systemd unit; drop-ins are not read
  --compose FILE   every service of a compose file
  --upstart FILE   a job of Upstart, /etc/init/NAME.conf
  --needs SECONDS  how long the service may take to stop; KILL before that is early. Default 30; Kafka: 300
  --json           for programs

Exit codes: 0 it would stop in peace; 1 it would be killed early, orphaned or never told, or something is plainly wrong;
125 the question cannot be answered.

  penstock-run doctor --pid $(pgrep -f kafka.Kafka) --needs 300
  penstock-run doctor --upstart /etc/init/kafka.conf
  penstock-run doctor --compose compose.yaml --json`;
