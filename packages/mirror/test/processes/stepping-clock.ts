// Loaded into a mirror before its own modules. At SIGUSR2 the wall clock steps back by 100 s, as it does when
// it is corrected on a virtual machine.

const truth = Date.now.bind(Date);
let stepMs = 0;
Date.now = () => truth() - stepMs;

process.on('SIGUSR2', () => {
  stepMs += 100_000;
  process.stdout.write(`${JSON.stringify({ level: 'info', msg: 'The clock stepped back', stepMs })}\n`);
});
