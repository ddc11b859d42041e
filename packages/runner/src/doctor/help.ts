/** The answer of `penstock-run doctor --help`. */
export const doctorHelp = `penstock-run doctor --pid PID | --unit FILE | --compose FILE | --upstart FILE |
                    --supervisord FILE | --init FILE | --run FILE  [--needs SECONDS] [--json]
Who gets this service's stop signal, who stands between it and its supervisor, and who would kill it when.

  --pid PID           a running service: walks /proc up to its supervisor, and asks systemctl or docker where
                      they are. As root, to see everything
  --unit FILE         a systemd unit, with the drop-ins in FILE.d
  --compose FILE      every service of a compose file; .env beside it is read
  --upstart FILE      a job of Upstart, /etc/init/NAME.conf
  --supervisord FILE  every program of a configuration of supervisord
  --init FILE         an init script of SysV or OpenRC, as far as its stop can be read
  --run FILE          the run script of a service folder of runit, s6 or daemontools
  --needs SECONDS     how long the service may take to stop; KILL before that is early. Default 30; Kafka: 300
  --json              for programs

Below the findings stands what they rest on: read in the file, assumed, or measured on the living process.

Exit codes: 0 it would stop in peace; 1 it would be killed early, orphaned or never told, or something is
plainly wrong; 2 nothing is known to be wrong, but something could not be read, and "settle" says what would
tell; 125 the question cannot be answered.

  penstock-run doctor --pid $(pgrep -f kafka.Kafka) --needs 300
  penstock-run doctor --upstart /etc/init/kafka.conf
  penstock-run doctor --compose compose.yaml --json`;
