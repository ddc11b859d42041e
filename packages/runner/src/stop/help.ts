/** The answer of `penstock-run stop --help`. */
export const STOP_HELP = `penstock-run stop --pid-file FILE [OPTIONS]
Sends TERM to the process of FILE, which --pid-file of \`run\` wrote, and waits until it has ended.`;
