// Plain JavaScript that an old Node can read, so that it says what is missing instead of where it stumbled.
const needed = { major: 24, minor: 12 };
const { node: version } = process.versions;
const [major, minor] = version.split('.').map(Number);

if (major < needed.major || (major === needed.major && minor < needed.minor)) {
  process.stderr.write(
    `Penstock needs Node ${needed.major}.${needed.minor} or newer, ` +
      `and this is Node ${version} (${process.execPath}).\n` +
      'The checkout brings its own: start it with node_modules/.bin/node instead of node.\n',
  );
  // Nothing has started yet.
  // oxlint-disable-next-line unicorn/no-process-exit
  process.exit(2);
}
