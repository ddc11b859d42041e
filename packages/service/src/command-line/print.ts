/**
 * Writes to standard output. `status | head -1` closes the pipe before everything is written: that is no
 * failure.
 */
export function print(text: string): void {
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE') throw error;
  });
  process.stdout.write(text);
}
