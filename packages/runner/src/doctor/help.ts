/** The answer of `penstock-run doctor --help`. */
export const DOCTOR_HELP = `penstock-run doctor [--pid PID | --unit FILE | --compose FILE | --upstart FILE]
Who would receive this service's stop signal, who stands between it and its supervisor, and who would send SIGKILL when.`;
