/** The answer of `penstock-run stop --help`. */
export const stopHelp = `penstock-run stop --pid-file FILE [OPTIONS]
Sends TERM to the one process that FILE names, and waits until it has ended. \`run --pid-file\` wrote FILE.

  --pid-file FILE   refused when anybody but root (or you) could have written it, or when another process
                    has the PID by now
  --timeout 300     seconds to wait for the end, and again for --ready
  --kill-after S    send KILL after S seconds, below --timeout; without it nothing is ever killed
  --ready URL       afterwards wait for the service that the supervisor starts anew: until URL answers 2xx

Exit codes: 0 it has ended (and is ready again); 1 it still runs after --timeout, and was not killed;
  2 it ended by KILL; 3 there was nothing to stop; 4 it has ended, but --ready did not answer in time;
  125 refused or failed, nothing was sent.

  penstock-run stop --pid-file /run/kafka-1.pid --timeout 300
  penstock-run stop --pid-file /run/receiver-a.pid --ready http://127.0.0.1:8081/readyz`;
